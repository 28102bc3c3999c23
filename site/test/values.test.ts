/** Examples of the reference show the values of the statements that end in a comment. */
import { expect, it } from "vitest";
import { showValues, written } from "../playground/values.ts";

it("shows expressions and variables at the top that end in a comment, and nothing else", () => {
  const code = [
    'import { tensor } from "@tendril/tensor"; // the engine',
    "const x: Tensor = tensor([1, 2]); // tensor([1., 2.])",
    "const y = 1;",
    "// a line of its own",
    "x.sum(); // tensor(3.)",
    "f(() => {",
    "  inner(); // not at the top",
    "});",
    "x.mul(",
    "  2,",
    ") as Tensor // tensor([2., 4.])",
    "",
  ].join("\n");
  expect(showValues(code, "show").split("\n")).toEqual([
    'import { tensor } from "@tendril/tensor"; // the engine',
    "const x: Tensor = tensor([1, 2]);; await show(async () => x); // tensor([1., 2.])",
    "const y = 1;",
    "// a line of its own",
    "await show(async () => (x.sum())); // tensor(3.)",
    "f(() => {",
    "  inner(); // not at the top",
    "});",
    "await show(async () => (x.mul(",
    "  2,",
    ") as Tensor)) // tensor([2., 4.])",
    "",
  ]);
});

it("writes values as the comments do", () => {
  const values = [[1, "a", [true]], {}, { a: [1], b: null }, new Error("no")];
  expect(values.map(written)).toEqual(["[1, a, [true]]", "{}", "{ a: [1], b: null }", "Error: no"]);
});
