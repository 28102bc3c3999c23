/** Pages in a Chromium: plain, bundled, with a worker, under a policy, isolated. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { bundlers } from "./bundles.ts";
import { entriesOf } from "./entries.ts";
import { type Check, says } from "./run.ts";

/** A page: its script, what its server says of it, and whether it finds packages by an import map. */
interface Page {
  readonly script: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly head?: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** What docs/install.md asks of a page for threads. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const policy = (rules: string): Record<string, string> => ({
  "Content-Security-Policy": `default-src 'self'; ${rules}`,
});

function importMap(project: string): string {
  const imports = Object.fromEntries(entriesOf(project).map(([name, file]) => [name, `/${file}`]));
  return `<script type="importmap">${JSON.stringify({ imports })}</script>`;
}

function serve(project: string, pages: ReadonlyMap<string, Page>): Promise<Server> {
  const server = createServer(({ url = "/", headers: { referer = "" } }, response) => {
    const page = pages.get(url);
    const from = page ?? pages.get(referer === "" ? "" : new URL(referer).pathname);
    const file = join(project, url);
    if (page === undefined && !existsSync(file)) return response.writeHead(404).end();
    const kind = types[page === undefined ? extname(file) : ".html"] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": kind, ...from?.headers });
    const { head = "", script = "" } = page ?? {};
    const body = `<script type="module" src="${script}"></script>`;
    return response.end(page ? `<!doctype html><meta charset="utf-8">${head}<body>${body}</body>` : readFileSync(file));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

export function launch(): Promise<Browser> {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) {
    throw new Error("no Chromium found: install it (apt install chromium), or set CHROMIUM to its path");
  }
  // Without the sandbox it also starts as root, in a container; the pages are our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** What the page at a path says in the end. */
async function visit(browser: Browser, address: string): Promise<string> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} was not loaded`));
  try {
    await page.goto(address);
    const said = page.waitForFunction(() => document.body?.dataset.text, undefined, { timeout: 60_000 });
    return String(await (await said).jsonValue());
  } catch (error) {
    throw complaints.length === 0 ? error : new Error(complaints.join("; "));
  } finally {
    await page.close();
  }
}

/** The checks, and what ends the browser and the server after them. */
export async function pageChecks(project: string): Promise<[Check[], () => Promise<void>]> {
  const pages = new Map<string, Page>();
  const server = await serve(project, pages);
  const browser = await launch();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const at = (path: string, page: Page, pattern = /^trains, /): Promise<string> => {
    pages.set(path, page);
    return says(pattern, visit(browser, origin + path));
  };
  const bundled = Object.entries(bundlers).map(([name, bundle]): Check => {
    const run = async (): Promise<string> => {
      await bundle(project, "page.mjs", `dist-${name}`);
      return at(`/${name}`, { script: `/dist-${name}/main.js` });
    };
    return [`a page built by ${name}`, run];
  });
  const workers = (["Vite", "webpack"] as const).map((name): Check => {
    const run = async (): Promise<string> => {
      await bundlers[name]?.(project, "in-worker.mjs", `worker-${name}`);
      return at(`/worker-${name}`, { script: `/worker-${name}/main.js` });
    };
    return [`a module worker built by ${name}`, run];
  });
  const { esbuild } = bundlers;
  let built: Promise<void> | undefined;
  /** The page that asks for threads, under these headers. */
  const threads = (name: string, headers: Page["headers"], pattern: RegExp): Check => {
    const run = async (): Promise<string> => {
      built ??= esbuild?.(project, "threads.mjs", "dist-threads");
      await built;
      return at(`/${name.replaceAll(" ", "-")}`, { script: "/dist-threads/main.js", headers }, pattern);
    };
    return [`a page ${name}`, run];
  };
  const wasm = "script-src 'self' 'wasm-unsafe-eval'";
  const plain = { script: "/page.mjs", head: importMap(project) };
  const checks: Check[] = [
    ["a plain page with an import map", () => at("/plain", plain)],
    ...bundled,
    ...workers,
    threads("that asks for threads and is not isolated", {}, /^trains, .*workers: 0$/),
    threads("that is isolated", isolation, /^trains, .*workers: [1-9]\d*, isolated$/),
    threads(
      "isolated with worker-src blob:",
      { ...isolation, ...policy(`${wasm}; worker-src blob:`) },
      /workers: [1-9]/,
    ),
    threads("isolated without worker-src blob:", { ...isolation, ...policy(wasm) }, /^trains, .*isolated$/),
    threads("without wasm-unsafe-eval", policy("script-src 'self'"), /^trains, .*workers: 0$/),
  ];
  const close = async (): Promise<void> => {
    await browser.close();
    server.close();
  };
  return [checks, close];
}
