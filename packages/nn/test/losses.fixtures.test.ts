import { type Tensor, type TensorLike, tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import {
  bce,
  bceWithLogits,
  crossEntropy,
  huber,
  klDiv,
  l1,
  mse,
  nll,
  type Reduction,
  smoothL1,
} from "../src/index.ts";
import { expectClose, fixture, type Numbers, numbers } from "./compare.ts";

interface Case {
  loss: keyof typeof losses;
  input: string;
  target: string;
  options: { reduction?: Reduction } & Record<string, string | number | boolean>;
  value: Numbers;
  grad: Numbers;
  targetGrad?: Numbers;
}

const losses = { crossEntropy, nll, bce, bceWithLogits, mse, klDiv, l1, smoothL1, huber };

interface Fixture {
  tensors: Record<string, Numbers>;
  shapes: Record<string, number[]>;
  cases: Case[];
}
const { tensors, shapes, cases } = fixture<Fixture>("losses.json.gz");

const named = (name: string): Tensor =>
  tensor(numbers(tensors[name] as Numbers), {
    dtype: /^(classes|ignored|partly)\./.test(name) ? "int32" : "float64",
    shape: shapes[name],
  });

/** PyTorch's option names in camelCase, with the tensors that they name. */
const optionsOf = (options: Case["options"]): { reduction?: Reduction; weight?: TensorLike } =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === "string" && value in tensors ? named(value) : value,
    ]),
  ) as { reduction?: Reduction };

describe("losses agree with PyTorch 1.13, values and gradients, in float64", () => {
  it("has the cases that generate.py crosses", () => {
    const counts = Object.keys(losses).map((loss) => [loss, cases.filter((c) => c.loss === loss).length]);
    expect(Object.fromEntries(counts)).toEqual({
      crossEntropy: 319,
      nll: 85,
      bce: 13,
      bceWithLogits: 25,
      klDiv: 29,
      mse: 10,
      l1: 16,
      smoothL1: 43,
      huber: 34,
    });
  });

  it.each(cases.map((c) => [`${c.loss}(${c.input}, ${c.target}, ${JSON.stringify(c.options)})`, c] as const))(
    "%s",
    (_, c) => {
      const input = named(c.input);
      const target = named(c.target);
      input.requiresGrad = true;
      if (c.targetGrad !== undefined) target.requiresGrad = true;
      const loss: (x: Tensor, y: Tensor, options: { reduction?: Reduction }) => Tensor = losses[c.loss];

      const value = loss(input, target, optionsOf(c.options));
      expectClose(value, numbers(c.value));

      const ct = c.options.reduction === "none" ? numbers(tensors[`ct.${value.size}`] as Numbers) : 1;
      value.backward(tensor(ct, { dtype: "float64", shape: value.shape }));
      expectClose(input.grad as Tensor, numbers(c.grad));
      if (c.targetGrad !== undefined) expectClose(target.grad as Tensor, numbers(c.targetGrad));
    },
  );
});
