import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

// "Small" is a promise, so it is counted: lines of code, without blank lines and comments.
const root = resolve(import.meta.dirname, "..");
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes("node_modules"))
    .map((file) => join(root, folder, file));
const isCode = (line: string): boolean => !/^\s*(\/\/|\/?\*|$)/.test(line);
const linesOfCode = (file: string): number => readFileSync(file, "utf8").split("\n").filter(isCode).length;
const total = (list: readonly string[]): number => list.map(linesOfCode).reduce((sum, n) => sum + n, 0);

const source = "packages/tensor/src";
const engine = files(source);
const kit = files("packages/nn/src");

/** The parts of the engine, each file being of the first whose pattern fits, and how many lines of code each may have. */
const parts: readonly [name: string, pattern: RegExp, limit: number][] = [
  ["testing, which is not counted", /^testing\//, Infinity],
  ["the export to PyTorch, likewise; a quarter of it is Python around the ops", /^torch\//, 880],
  ["the export to ONNX, and what both begin with, likewise", /^(export|onnx)\//, 1_545],
  ["compile", /^compile\//, 2_650],
  ["backend/wasm", /^backend\/wasm\//, 1_612],
  ["backend/js and the choice between both", /^backend\//, 575],
  ["functions, which cost nothing where they are not imported", /^functions\//, 1_265],
  ["transforms, which cost nothing likewise", /^(transforms|checkpoint)\.ts$/, 170],
  ["the eager core: tensors, ops, backprop", /./, 2_590],
];
const limitOfAll = 11_190;

test("the engine has no more lines of code than it may, part by part", () => {
  const partOf = (file: string): number =>
    parts.findIndex(([, pattern]) => pattern.test(relative(join(root, source), file)));
  const lines = parts.map((_, i) => total(engine.filter((file) => partOf(file) === i)));
  const [testing = 0, ...counted] = lines;
  const all = counted.reduce((sum, n) => sum + n, 0);
  const row = (n: number, limit: number, name: string): string =>
    `${n.toString().padStart(6)} of ${limit === Infinity ? "any" : limit}: ${name}${n > limit ? "  ← TOO MANY" : ""}`;
  const table = [
    ...parts.map(([name, , limit], i) => row(lines[i] as number, limit, name)),
    row(all, limitOfAll, "all"),
  ];
  expect(all + testing, "every file is in one part").toBe(total(engine));
  expect(Math.min(...lines), "no part is empty").toBeGreaterThan(0);
  if (table.some((line) => line.endsWith("TOO MANY"))) expect.fail(`lines of code:\n${table.join("\n")}`);
});

// A fifth are checks of options, arguments and saved states at run time: nothing misspelt is silent. A parameter with a
// docstring, which editors show, has a line of its own.
test("the kit has under 3,025 lines of code", () => {
  expect(total(kit)).toBeLessThan(3025);
});

// Docstrings are the reference, which is no reason to cut a file in two: an op keeps its example beside its rule.
test("no source file has more than 300 lines, comments included, but not docstrings of several lines", () => {
  const tooLong = [...engine, ...kit, ...files("examples/multinomial-logistic/src")].filter((file) => {
    const text = readFileSync(file, "utf8").replace(/^ *\/\*\*\n( *\*.*\n)*? *\*\/\n/gm, "");
    return text.trimEnd().split("\n").length > 300;
  });
  expect(tooLong).toEqual([]);
});
