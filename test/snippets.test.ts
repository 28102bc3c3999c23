import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { documents, root, runProgram, snippetsOf } from "./snippets.ts";

// Every TypeScript block in the documents runs as a program; a text block that follows it at once is what it prints.
// A block that shows a part of a source file instead names it in its first line (`// packages/…`) and must be in it.
const squeeze = (code: string): string => code.replace(/\s+/g, " ");

describe.each(documents())("%s", (document) => {
  for (const { code, line, source, printed } of snippetsOf(readFileSync(join(root, document), "utf8"))) {
    if (source !== undefined) {
      test(`the excerpt at line ${line} is in ${source}`, () => {
        expect(squeeze(readFileSync(join(root, source), "utf8"))).toContain(squeeze(code).trim());
      });
    } else {
      test(`the program at line ${line} runs${printed === undefined ? "" : " and prints what follows"}`, () => {
        const output = runProgram(code);
        if (printed !== undefined) expect(output.trimEnd()).toBe(printed.trimEnd());
      });
    }
  }
});
