/** `npm run benchmark-tables`: writes the tables of README and docs/benchmarks.md anew, after bench/RESULTS.md changed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readResults } from "./results.ts";
import { withTables } from "./tables.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const results = readResults(read("bench/RESULTS.md"));
for (const file of ["README.md", "docs/benchmarks.md"]) {
  const old = read(file);
  const text = withTables(old, results);
  if (text !== old) writeFileSync(join(root, file), text);
  console.log(`${file}: ${text === old ? "as it was" : "written"}`);
}
