/** Everything that VitePress reads: the reference, the documents, the page, the files for programs that read. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { collect } from "./collect.ts";
import { collected, contents, referenceFolder, root } from "./contents.ts";
import { llms } from "./llms.ts";

const script = (name: string, ...args: string[]): void => {
  execFileSync("npm", ["run", "--silent", name, ...(args.length > 0 ? ["--", ...args] : [])], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
};

/** The documents, and the files that are made of them. */
export function collectAll(): void {
  collect();
  const files = join(collected, "public");
  for (const [name, text] of Object.entries(llms(contents()))) {
    mkdirSync(dirname(join(files, name)), { recursive: true });
    writeFileSync(join(files, name), text);
  }
}

/** All of it, from the start. */
export function prepare(): void {
  rmSync(collected, { recursive: true, force: true });
  script("reference", referenceFolder);
  // The page changes seldom, and takes seconds: what CI has just built and tested is taken as it is.
  if (process.env.SITE_PAGE !== "built" || !existsSync(join(root, "out/page/index.html"))) script("page:build");
  collectAll();
  cpSync(join(root, "out/page"), join(collected, "public/page"), { recursive: true });
}
