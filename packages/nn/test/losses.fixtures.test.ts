import { type Tensor, type TensorLike, tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { bce, bceWithLogits, crossEntropy, klDiv, mse, nll, type Reduction } from "../src/index.ts";
import { expectClose, fixture, type Numbers, numbers } from "./compare.ts";

interface Case {
  loss: keyof typeof losses;
  input: string;
  target: string;
  options: { reduction: Reduction } & Record<string, string | number | boolean>;
  value: Numbers;
  grad: Numbers;
  targetGrad?: Numbers;
}

const losses = { crossEntropy, nll, bce, bceWithLogits, mse, klDiv };
const { tensors, cases } = fixture<{ tensors: Record<string, Numbers>; cases: Case[] }>("losses.json");

const named = (name: string): Tensor =>
  tensor(numbers(tensors[name] as Numbers), { dtype: /^(classes|ignored)\./.test(name) ? "int32" : "float64" });

/** PyTorch's option names in camelCase, with the tensors that they name. */
const optionsOf = (options: Case["options"]): { reduction: Reduction; weight?: TensorLike } =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === "string" && value in tensors ? named(value) : value,
    ]),
  ) as { reduction: Reduction };

describe("losses agree with PyTorch 1.13, values and gradients, in float64", () => {
  it("has the cases that generate.py crosses", () => {
    expect(cases.length).toBe(72 + 36 + 36 + 6 + 6 + 12 + 3 + 8);
  });

  it.each(cases.map((c) => [`${c.loss}(${c.input}, ${c.target}, ${JSON.stringify(c.options)})`, c] as const))(
    "%s",
    (_, c) => {
      const input = named(c.input);
      const target = named(c.target);
      input.requiresGrad = true;
      if (c.targetGrad !== undefined) target.requiresGrad = true;
      const loss: (x: Tensor, y: Tensor, options: { reduction: Reduction }) => Tensor = losses[c.loss];

      const value = loss(input, target, optionsOf(c.options));
      expectClose(value, numbers(c.value));

      const ct = c.options.reduction === "none" ? numbers(tensors[`ct.${value.size}`] as Numbers) : 1;
      value.backward(tensor(ct, { dtype: "float64" }));
      expectClose(input.grad as Tensor, numbers(c.grad));
      if (c.targetGrad !== undefined) expectClose(target.grad as Tensor, numbers(c.targetGrad));
    },
  );
});
