import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, test } from "vitest";

// Every TypeScript block in the documents runs as a program; a text block that follows it at once is what it prints.
// A block that shows a part of a source file instead names it in its first line (`// packages/…`) and must be in it.
const root = resolve(import.meta.dirname, "..");
const markdown = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder))
        .filter((file) => file.endsWith(".md"))
        .map((file) => join(folder, file))
    : [];
const named = [...markdown("."), ...markdown("docs"), "packages/tensor/README.md", "packages/nn/README.md"];
const documents = named.filter((document) => readFileSync(join(root, document), "utf8").includes("```ts\n"));

const block = /^( *)```ts\n([\s\S]*?)^\1```$(?:\n\n?^```text\n([\s\S]*?)^```$)?/gm;
const squeeze = (code: string): string => code.replace(/\s+/g, " ");

describe.each(documents)("%s", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  for (const [, indent = "", indented = "", printed] of text.matchAll(block)) {
    const line = text.slice(0, text.indexOf(indented)).split("\n").length;
    const code = indented.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const source = /^\/\/ (packages\/\S+\.ts|examples\/\S+\.ts)\n/.exec(code);
    if (source !== null) {
      test(`the excerpt at line ${line} is in ${source[1]}`, () => {
        const whole = squeeze(readFileSync(join(root, source[1] as string), "utf8"));
        expect(whole).toContain(squeeze(code.slice(source[0].length)).trim());
      });
    } else {
      test(`the program at line ${line} runs${printed === undefined ? "" : " and prints what follows"}`, () => {
        const output = runProgram(code);
        if (printed !== undefined) expect(output.trimEnd()).toBe(printed.trimEnd());
      });
    }
  }
});

/** Runs a program as a file of this workspace, so that it finds the packages, and returns what it prints. */
function runProgram(code: string): string {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "snippet-"));
  try {
    // In one file, which starts five times as fast as the hundred that it is made of.
    buildSync({
      stdin: { contents: code, loader: "ts", resolveDir: folder },
      outfile: join(folder, "snippet.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "silent",
    });
    return execFileSync(process.execPath, ["snippet.mjs"], { cwd: folder, encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
