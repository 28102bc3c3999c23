import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readResults, readTime } from "../scripts/benchmarks/results.ts";
import { tables, withTables } from "../scripts/benchmarks/tables.ts";

// The measured numbers stand in bench/RESULTS.md alone; `npm run benchmark-tables` writes them into the documents.
const root = resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const written = read("bench/RESULTS.md");
const results = readResults(written);

describe.each([
  ["README.md", ["summary"]],
  ["docs/benchmarks.md", Object.keys(tables)],
])("%s", (file, names) => {
  it("has the tables", () => {
    const marked = [...read(file).matchAll(/<!-- benchmarks: (\w+) -->/g)].map(([, name]) => name);
    expect(marked.sort()).toEqual([...names].sort());
  });

  it("has the numbers of bench/RESULTS.md (else: npm run benchmark-tables)", () => {
    expect(withTables(read(file), results)).toBe(read(file));
  });
});

it("reads the time and the ratio of a cell", () => {
  expect(readTime("53.9 ms (53.6–54) = 39.8 GF/s **1×**")).toEqual({ median: "53.9 ms", ratio: "1×" });
  expect(readTime("–")).toBeUndefined();
});

it("notices a number that changed", () => {
  const cell = results.times.rows.get("jax-js jit")?.get("W2") ?? "";
  expect(cell).toMatch(/ ms /);
  const other = readResults(written.replace(cell, "777 ms (776–778) **88×**"));
  expect(withTables(read("README.md"), other)).toContain("| 777\u00a0ms |");
});

it("refuses results that lack a peer or a table", () => {
  expect(() =>
    withTables(read("README.md"), readResults(written.replaceAll("| jax-js jit ", "| jax-js-jit "))),
  ).toThrow(/no jax-js jit of W1/);
  expect(() => readResults(written.replace("cold start: import", "start"))).toThrow(/no table has the columns/);
});
