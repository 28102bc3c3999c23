/**
 * `npm run reference:check`: what the docstrings of the public API lack, name by name; words that follow choose among
 * names (`npm run reference:check -- nn Linear`). With `--owed`, writes the lists of names that are still owed anew.
 */
import { writeFileSync } from "node:fs";
import { findProblems } from "./check.ts";
import { owedFiles } from "./owed.ts";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const problems = await findProblems();
const chosen = [...problems].filter(([label]) => words.every((word) => label.includes(word)));
for (const [label, list] of chosen) console.log(`${label}: ${list.join("; ")}`);
console.log(`${chosen.length} names lack something`);
if (process.argv.includes("--owed")) {
  for (const [name, file] of owedFiles) {
    const labels = [...problems.keys()].filter((label) => label.split(/[ /]/)[1] === name);
    writeFileSync(
      file,
      labels
        .sort()
        .map((label) => `${label}\n`)
        .join(""),
    );
  }
}
