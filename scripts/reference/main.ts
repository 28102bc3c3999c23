/**
 * `npm run reference:check`: what the docstrings of the public API lack, name by name; words that follow choose among
 * names (`npm run reference:check -- nn Linear`).
 */
import { findProblems } from "./check.ts";

const words = process.argv.slice(2);
const chosen = [...(await findProblems())].filter(([label]) => words.every((word) => label.includes(word)));
for (const [label, list] of chosen) console.log(`${label}: ${list.join("; ")}`);
console.log(`${chosen.length} names lack something`);
