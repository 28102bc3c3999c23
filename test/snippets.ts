// The code blocks of the documents: found, and run. For snippets.test.ts, and for scripts/print-snippets.ts.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

export const root: string = resolve(import.meta.dirname, "..");

const markdown = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder))
        .filter((file) => file.endsWith(".md"))
        .map((file) => join(folder, file))
    : [];

/** The documents that hold blocks of TypeScript, by their paths from the root. */
export const documents = (): string[] =>
  [
    ...markdown("."),
    ...markdown("docs"),
    ...markdown("docs/cookbook"),
    "packages/tensor/README.md",
    "packages/nn/README.md",
  ].filter((document) => readFileSync(join(root, document), "utf8").includes("```ts\n"));

/** A block of TypeScript in a document. */
export interface Snippet {
  readonly code: string;
  /** The line of the document on which the code begins. */
  readonly line: number;
  /** The source file that it is an excerpt of, as its first line says (`// packages/…`); else it is a program. */
  readonly source: string | undefined;
  /** What the text block that follows at once says that the program prints, if there is one, and where that begins. */
  readonly printed: string | undefined;
  readonly printedAt: number;
}

const block = /^( *)```ts\n([\s\S]*?)^\1```$(\n\n?^```text\n)?/gm;

export function snippetsOf(document: string): Snippet[] {
  return [...document.matchAll(block)].map((match): Snippet => {
    const [whole, indent = "", indented = "", opening] = match;
    const written = indented.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const source = /^\/\/ ((?:packages|examples|docs)\/\S+\.ts)\n/.exec(written);
    const printedAt = match.index + whole.length;
    return {
      code: source === null ? written : written.slice(source[0].length),
      line: document.slice(0, match.index).split("\n").length + 1,
      source: source?.[1],
      printed: opening === undefined ? undefined : /[\s\S]*?(?=^```$)/m.exec(document.slice(printedAt))?.[0],
      printedAt,
    };
  });
}

/**
 * Runs a program in the root of this workspace, where it finds files, and returns what it prints. `packages`: the folder
 * from which the packages are found, if not from there.
 */
export function runProgram(code: string, packages?: string): string {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "snippet-"));
  try {
    // In one file, which starts five times as fast as the hundred that it is made of.
    buildSync({
      stdin: { contents: code, loader: "ts", resolveDir: packages ?? folder },
      outfile: join(folder, "snippet.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "silent",
    });
    return execFileSync(process.execPath, [join(folder, "snippet.mjs")], { cwd: root, encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
