import { Generator, ShapeError, type Tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { init, parameter } from "../src/index.ts";
import { expectError } from "./compare.ts";

const weight = (): Tensor => parameter(zeros([200, 300])); // fanOut 200, fanIn 300
const generator = (): Generator => new Generator(11);

describe("initialisers have PyTorch's spreads", () => {
  // Each with the standard deviation that its formula gives: a/√3 for U(±a).
  const table: [string, Tensor, number][] = [
    ["uniform", init.uniform(weight(), { a: -2, b: 1, generator: generator() }), 3 / Math.sqrt(12)],
    ["normal", init.normal(weight(), { std: 0.3, generator: generator() }), 0.3],
    ["xavierUniform", init.xavierUniform(weight(), { generator: generator() }), Math.sqrt(2 / 500)],
    ["xavierNormal", init.xavierNormal(weight(), { gain: 2, generator: generator() }), 2 * Math.sqrt(2 / 500)],
    ["kaimingUniform", init.kaimingUniform(weight(), { generator: generator() }), Math.sqrt(2 / 300)],
    ["kaimingUniform a", init.kaimingUniform(weight(), { a: 2, generator: generator() }), Math.sqrt(2 / 5 / 300)],
    ["kaimingNormal", init.kaimingNormal(weight(), { generator: generator() }), Math.sqrt(2 / 300)],
    [
      "kaimingNormal fanOut",
      init.kaimingNormal(weight(), { mode: "fanOut", generator: generator() }),
      Math.sqrt(2 / 200),
    ],
    [
      "kaimingNormal tanh",
      init.kaimingNormal(weight(), { nonlinearity: "tanh", generator: generator() }),
      5 / 3 / Math.sqrt(300),
    ],
  ];
  it.each(table)("%s", (_, x, std) => {
    expect(x.std().item() / std).toBeCloseTo(1, 2);
    expect(x.isLeaf && x.requiresGrad).toBe(true);
  });

  it("uniform ones stay within their bounds", () => {
    const x = init.xavierUniform(weight(), { generator: generator() });
    const bound = Math.sqrt(6 / 500);
    expect(x.abs().amax().item()).toBeLessThanOrEqual(bound);
    expect(x.abs().amax().item()).toBeGreaterThan(0.999 * bound);
    expect(init.uniform(weight(), { generator: generator() }).amin().item()).toBeGreaterThanOrEqual(0);
  });

  it("normal ones have the mean that is asked for", () => {
    expect(init.normal(weight(), { mean: 5, generator: generator() }).mean().item()).toBeCloseTo(5, 1);
  });

  it("constant ones are in place, and return their tensor", () => {
    const x = weight();
    expect(init.ones(x)).toBe(x);
    expect(x.sum().item()).toBe(60000);
    init.constant(x, 0.5);
    expect(x.sum().item()).toBe(30000);
    init.zeros(x);
    expect(x.abs().sum().item()).toBe(0);
  });

  it("a kernel's receptive field counts into both fans", () => {
    const x = init.kaimingNormal(parameter(zeros([16, 32, 5, 5])), { generator: generator() });
    expect(x.std().item() / Math.sqrt(2 / (32 * 25))).toBeCloseTo(1, 1);
    expectError(
      () => init.xavierNormal(zeros([3])),
      ShapeError,
      /^xavierNormal: needs a weight of shape \[out, in, …\], got \[3\]/,
    );
  });

  it("gains are PyTorch's", () => {
    const gains = (["linear", "sigmoid", "tanh", "relu", "selu"] as const).map((n) => init.calculateGain(n));
    expect(gains).toEqual([1, 1, 5 / 3, Math.SQRT2, 0.75]);
    expect(init.calculateGain("leakyRelu")).toBeCloseTo(Math.sqrt(2 / 1.0001), 12);
    expect(init.calculateGain("leakyRelu", { slope: 1 })).toBe(1);
  });
});
