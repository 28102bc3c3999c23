// The programs of docs/onnx.md that need ONNX Runtime, which the main suite does not have.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runProgram, snippetsOf } from "../../test/snippets.ts";
import type { Part } from "./report.ts";

const block = /^```js\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm;

export async function programs(part: Part): Promise<void> {
  const document = readFileSync(join(root, "docs/onnx.md"), "utf8");
  const [writesFile] = snippetsOf(document);
  runProgram(writesFile?.code ?? ""); // the file that the first program opens
  const folder = join(root, "interop/out");
  mkdirSync(folder, { recursive: true });
  for (const [i, [, code = "", printed = ""]] of [...document.matchAll(block)].entries()) {
    part.check(`program ${i}`, () => {
      const file = join(folder, `program-${i}.mjs`);
      writeFileSync(file, code);
      const tsx = import.meta.resolve("tsx");
      const output = execFileSync(process.execPath, ["--import", tsx, file], { cwd: root, encoding: "utf8" });
      if (output.trimEnd() !== printed.trimEnd()) throw new Error(`prints\n${output}`);
    });
  }
}
