/**
 * Runs the programs of the documents that are named (`npm run snippets -- docs/inside-compile.md`), and writes what they
 * print into the text blocks that follow them, after a change to what they show.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { root, runProgram, snippetsOf } from "../test/snippets.ts";

if (process.argv.length < 3) throw new Error("print-snippets: name the documents, such as docs/inside-compile.md");

for (const document of process.argv.slice(2)) {
  const path = resolve(root, document);
  let text = readFileSync(path, "utf8");
  let changed = 0;
  // From the last to the first, so that the positions of those that are to come stay.
  for (const { code, line, source, printed, printedAt } of snippetsOf(text).reverse()) {
    if (source !== undefined || printed === undefined) continue;
    try {
      const output = `${runProgram(code).trimEnd()}\n`;
      if (output.trimEnd() === printed.trimEnd()) continue;
      text = text.slice(0, printedAt) + output + text.slice(printedAt + printed.length);
      changed++;
    } catch {
      console.error(`${document}:${line}: the program fails, as it says above; what follows it stays`);
      process.exitCode = 1;
    }
  }
  writeFileSync(path, text);
  console.log(`${document}: ${changed} outputs changed`);
}
