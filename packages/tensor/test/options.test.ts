import {
  checkOptions,
  describeValue,
  ensure,
  explain,
  Generator,
  IndexError,
  tensor,
  ValueError,
  zeros,
} from "@tendril/tensor";
import { expect, it } from "vitest";

const kinds = { keepdim: "boolean", p: "number", mode: ["min", "max"], generator: Generator, mask: "any" } as const;
const check = (options: unknown) => () => checkOptions("op", options, kinds);

it.each([
  undefined,
  {},
  { keepdim: true, p: Number.NaN, mode: "max", generator: new Generator(0), mask: null },
  { keepdim: undefined },
  Object.assign(Object.create(null), { p: 1 }),
])("takes options that there are, of their kinds: %o", (options) => {
  expect(check(options)).not.toThrow();
});

it.each([
  [{ keepDim: true }, 'op: no option "keepDim"; did you mean "keepdim"?'],
  [{ keep_dim: true }, 'op: no option "keep_dim"; did you mean "keepdim"?'],
  [{ modes: "min" }, 'op: no option "modes"; did you mean "mode"?'],
  [{ lr: 1 }, 'op: no option "lr"; there are keepdim, p, mode, generator, mask'],
  [{ toString: 1 }, 'op: no option "toString"; there are keepdim, p, mode, generator, mask'],
  [JSON.parse('{"__proto__": 1}'), 'op: no option "__proto__"; there are keepdim, p, mode, generator, mask'],
  [{ keepdim: 1 }, "op: keepdim must be a boolean, got 1"],
  [{ keepdim: null }, "op: keepdim must be a boolean, got null"],
  [{ p: "0.5" }, 'op: p must be a number, got "0.5"'],
  [{ mode: "mid" }, 'op: mode must be "min" or "max", got "mid"'],
  [{ generator: Math.random }, "op: generator must be a Generator, got a function random"],
  [true, "op: options are an object, { keepdim, p, mode, generator, mask }; got true"],
  [null, "op: options are an object, { keepdim, p, mode, generator, mask }; got null"],
  [[1, 2], "op: options are an object, { keepdim, p, mode, generator, mask }; got an array of 2"],
  [zeros([2]), "op: options are an object, { keepdim, p, mode, generator, mask }; got a tensor [2]"],
])("throws for %o", (options, message) => {
  expect(check(options)).toThrow(ValueError);
  expect(check(options)).toThrow(new ValueError(message));
});

it("describes what came", () => {
  const values = [1, "a", 1n, null, undefined, [], [1], {}, { a: 1 }, new Map(), tensor(1), () => 1, "x".repeat(50)];
  expect(values.map(describeValue)).toEqual([
    "1",
    '"a"',
    "the bigint 1n",
    "null",
    "undefined",
    "an empty array",
    "an array of 1",
    "an object {  }",
    "an object { a }",
    "a Map",
    "a tensor []",
    "a function",
    `"${"x".repeat(40)}…"`,
  ]);
});

it("explain passes results on, and makes another error of one", () => {
  expect(
    explain(
      () => 1,
      (cause) => cause,
    ),
  ).toBe(1);
  const wrong = () => zeros([2]).gather(0, tensor([2], { dtype: "int32" }));
  const better = (cause: unknown) => new ValueError(`better, for ${cause instanceof IndexError}`);
  expect(() => explain(wrong, better)).toThrow(new ValueError("better, for true"));
});

it("ensure throws where something does not hold", () => {
  const negative = () => new ValueError("negative");
  expect(ensure([true, true], negative)).toBe(undefined);
  expect(ensure(zeros([0], { dtype: "bool" }), negative)).toBe(undefined);
  expect(() => ensure(tensor([1, -1]).ge(0), negative)).toThrow(new ValueError("negative"));
});
