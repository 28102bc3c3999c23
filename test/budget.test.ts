import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

// "Small" is a promise, so it is counted: lines of code, without blank lines and comments.
const root = resolve(import.meta.dirname, "..");
const files = (folder: string, leaveOut = /^$/): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !leaveOut.test(file) && !file.includes("node_modules"))
    .map((file) => join(root, folder, file));
const isCode = (line: string): boolean => !/^\s*(\/\/|\/?\*|$)/.test(line);
const linesOfCode = (file: string): number => readFileSync(file, "utf8").split("\n").filter(isCode).length;
const total = (list: readonly string[]): number => list.map(linesOfCode).reduce((sum, n) => sum + n, 0);

const engine = files("packages/tensor/src", /^(backend|testing|compile)/);
const kit = files("packages/nn/src");

// A fifth of each are checks of options, arguments and saved states at run time: nothing misspelt is silent.
test("the eager engine, without its backends and the compiler, has under 2,500 lines of code, the kit under 2,200", () => {
  expect(total(engine)).toBeLessThan(2500);
  expect(total(kit)).toBeLessThan(2200);
});

test("no source file has more than 400 lines, comments included", () => {
  const all = [...files("packages/tensor/src"), ...kit, ...files("examples/multinomial-logistic/src")];
  expect(all.filter((file) => readFileSync(file, "utf8").split("\n").length > 401)).toEqual([]);
});
