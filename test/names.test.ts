import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import * as nn from "../packages/nn/src/index.ts";
import { compile } from "../packages/tensor/src/compile/index.ts";
import * as tensor from "../packages/tensor/src/index.ts";
import * as onnx from "../packages/tensor/src/onnx/index.ts";
import * as testing from "../packages/tensor/src/testing/index.ts";
import * as torch from "../packages/tensor/src/torch/index.ts";

// docs/names.md: what stands in Tendril's column is there, in the form in which it stands, and all that is exported is named.
const exported: Record<string, unknown> = { ...tensor, ...testing, ...onnx, ...torch, ...nn, compile };
const model = new nn.Linear(1, 1);
const examples: Record<string, object> = {
  x: tensor.tensor([1]),
  model,
  optimizer: new nn.SGD(model.parameters(), { lr: 1 }),
  step: compile((x: tensor.Tensor) => x),
  init: nn.init,
};

const rows = readFileSync(join(resolve(import.meta.dirname, ".."), "docs/names.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
  .map((line) => line.split(" | "));
const names = rows.flatMap((row) => [...(row[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""));

const isMethod = (name: string): boolean =>
  typeof Object.getOwnPropertyDescriptor(tensor.Tensor.prototype, name)?.value === "function";
const isExported = (name: string): boolean => Object.hasOwn(exported, name);

/** What is wrong with a name, or nothing. */
function problemOf(name: string): string | undefined {
  const [object = "", property] = name.split(".");
  if (property === undefined) {
    if (!isExported(object)) return `${name} is not exported`;
    return isMethod(object) ? `${name} is a method, too: write \`.${name}\`` : undefined;
  }
  if (object === "") {
    if (!isMethod(property)) return `${name} is no method`;
    return isExported(property) ? undefined : `${property} is no function: write \`x.${property}\``;
  }
  const example = examples[object];
  if (example === undefined || !(property in example)) return `there is no ${name}`;
  return object === "x" && isExported(property) && isMethod(property) ? `write \`.${property}\`` : undefined;
}

test("each name in Tendril's column of docs/names.md is there, as function, method or both", () => {
  expect(rows.length).toBeGreaterThan(100);
  expect([...new Set(rows.map((row) => row.length))]).toEqual([4]);
  expect(names.map(problemOf).filter((problem) => problem !== undefined)).toEqual([]);
});

test("all that the packages export, and every method of a tensor, is in docs/names.md", () => {
  const named = new Set(names.map((name) => name.split(".").at(-1)));
  const methods = Object.getOwnPropertyNames(tensor.Tensor.prototype).filter((name) => name !== "constructor");
  const initialisers = Object.keys(nn.init);
  const all = [...Object.keys(exported).filter((name) => name !== "init"), ...methods, ...initialisers];
  expect(all.filter((name) => !named.has(name))).toEqual([]);
});
