/** Serves the built site as a plain host of files does, under the path that it was built for. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { built } from "../build/contents.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".woff2": "font/woff2",
};

/** The path that the built pages ask for their files under. */
export function baseOfBuilt(): string {
  const front = join(built, "index.html");
  if (!existsSync(front)) throw new Error("the site is not built: npm run docs");
  const base = /(?:src|href)="([^"]*)assets\//.exec(readFileSync(front, "utf8"))?.[1];
  if (base === undefined) throw new Error("out/site/index.html asks for no files");
  return base;
}

export async function serve(): Promise<{ address: string; close(): void }> {
  const base = baseOfBuilt();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const below = path.startsWith(base) ? normalize(path.slice(base.length)) : "..";
    let file = join(built, below);
    if (!below.startsWith("..") && existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
    if (below.startsWith("..") || !existsSync(file)) {
      response.writeHead(404).end("not found");
      return;
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}${base}`, close: () => server.close() };
}
