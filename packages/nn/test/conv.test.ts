import { Generator, grad, type NestedArray, type Tensor, tensor, vjp, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { expectClose, fixture, js, messages } from "./compare.ts";

// What PyTorch's layers gave: fixtures/generate_conv.py.

interface Fixture {
  layers: {
    layer: string;
    args: unknown[];
    options: object;
    x: NestedArray;
    state: Record<string, NestedArray>;
    out: NestedArray;
    cotangent: NestedArray;
    grads: Record<string, NestedArray>;
  }[];
  training: {
    x: NestedArray;
    y: number[];
    start: Record<string, NestedArray>;
    losses: number[];
    end: Record<string, NestedArray>;
  };
}
const { layers, training } = fixture<Fixture>("conv.json.gz");

const all = { ...nn } as unknown as Record<string, unknown>;
const f64 = (data: NestedArray): Tensor => tensor(data, { dtype: "float64" });
const stateOf = (state: Record<string, NestedArray>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(state).map(([name, data]) => [name, f64(data)]));

describe("layers of convolution and pooling", () => {
  for (const [i, { layer, args, options, ...expected }] of layers.entries()) {
    it(`${i}: ${layer} is PyTorch's, for ${JSON.stringify([...args, options])}`, () => {
      const own = Object.keys(expected.state).length > 0 ? { ...options, dtype: "float64" } : options;
      const given = layer === "AdaptiveAvgPool2d" ? args : [...args, own];
      const Layer = all[layer] as new (...args: unknown[]) => nn.Module;
      const module = new Layer(...given);
      expect(Object.keys(module.stateDict())).toEqual(Object.keys(expected.state));
      module.loadStateDict(stateOf(expected.state));
      const x = f64(expected.x);
      x.requiresGrad = true;
      const out = module.forward(x);
      expectClose(out, f64(expected.out));
      expect(out.shape).toEqual(f64(expected.out).shape);
      out.backward(f64(expected.cotangent));
      const grads = { x: x.grad, ...Object.fromEntries(module.namedParameters().map(([name, p]) => [name, p.grad])) };
      expect(Object.keys(grads)).toEqual(Object.keys(expected.grads));
      for (const [name, g] of Object.entries(expected.grads)) expectClose(grads[name as "x"] as Tensor, g);
    });
  }

  it("start as PyTorch's: uniform in ±1/√fanIn, anew for each seed", () => {
    const draw = (seed: number): nn.Conv2d => new nn.Conv2d(8, 64, 5, { groups: 2, generator: new Generator(seed) });
    const { weight, bias } = draw(1);
    for (const x of [weight, bias as Tensor]) {
      const bound = 1 / Math.sqrt(4 * 25);
      expect(x.abs().amax().item()).toBeLessThanOrEqual(Math.fround(bound));
      expect(x.abs().amax().item()).toBeGreaterThan(bound * 0.9);
      expect(Math.abs(x.mean().item())).toBeLessThan(bound / 4);
    }
    expect(draw(1).weight.data).toEqual(weight.data);
    expect(draw(2).weight.data).not.toEqual(weight.data);
    // Of a transposed convolution PyTorch counts the outputs of one input: 64 / 4 · 9.
    const transposed = new nn.ConvTranspose2d(4, 64, 3, { groups: 4, generator: new Generator(1) });
    expect(transposed.weight.shape).toEqual([4, 16, 3, 3]);
    for (const x of [transposed.weight, transposed.bias as Tensor]) {
      expect(x.abs().amax().item()).toBeLessThanOrEqual(Math.fround(1 / 12));
      expect(x.abs().amax().item()).toBeGreaterThan(0.9 / 12);
    }
  });

  it("print what they are", () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1 }),
      new nn.Conv1d(2, 4, [5], { stride: [2], bias: false }),
      new nn.ConvTranspose2d(2, 4, [3, 2], { outputPadding: [1, 0], stride: 2 }),
      new nn.MaxPool2d(2),
      new nn.AvgPool1d(3, { stride: 2, ceilMode: true }),
      new nn.AdaptiveAvgPool2d(1),
    );
    expect(String(model)).toMatchInlineSnapshot(`
      "Sequential(
        (0): Conv2d(1, 8, kernelSize=[3, 3], stride=1, padding=1)
        (1): Conv1d(2, 4, kernelSize=[5], stride=[2], bias=false)
        (2): ConvTranspose2d(2, 4, kernelSize=[3, 2], stride=2, outputPadding=[1, 0])
        (3): MaxPool2d(kernelSize=[2, 2])
        (4): AvgPool1d(kernelSize=[3], stride=2, ceilMode=true)
        (5): AdaptiveAvgPool2d(outputSize=1)
      )"
    `);
  });

  it("show their shapes in a summary", () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1 }),
      new nn.MaxPool2d(2),
      new nn.ConvTranspose2d(8, 4, 2, { stride: 2, groups: 2 }),
      new nn.AdaptiveAvgPool2d([1, null]),
      new nn.Flatten(),
    );
    expect(`\n${nn.summary(model, [32, 1, 28, 28])}\n`).toMatchInlineSnapshot(`
      "
      layer                   output           parameters
      Sequential              [32, 112]
        0: Conv2d             [32, 8, 28, 28]          80
        1: MaxPool2d          [32, 8, 14, 14]
        2: ConvTranspose2d    [32, 4, 28, 28]          68
        3: AdaptiveAvgPool2d  [32, 4, 1, 28]
        4: Flatten            [32, 112]
      148 parameters: 148 trainable, 0 frozen
      "
    `);
  });

  it("say what is wrong with a setting when they are made, and with an input where it comes to them", () => {
    expect(
      messages(
        () => new nn.Conv2d(0, 1, 3),
        () => new nn.Conv2d(1, 2.5, 3),
        () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
        () => new nn.Conv2d(1, 1, [3, 3, 3]),
        () => new nn.Conv2d(1, 1, 0),
        () => new nn.Conv2d(1, 1, 3, { stride: 0 }),
        () => new nn.Conv1d(1, 1, 3, { dilation: [1, 2] }),
        () => new nn.Conv1d(1, 1, 3, { padding: -1 }),
        () => new nn.Conv2d(1, 1, 3, { paddingMode: js("reflect") }),
        () => new nn.Conv2d(1, 1, 3, js({ outputPadding: 1 })),
        () => new nn.Conv2d(1, 1, 3, js(1)),
        () => new nn.ConvTranspose2d(1, 1, 3, { outputPadding: 0.5 }),
        () => new nn.ConvTranspose2d(1, 1, 3, { padding: js("same") }).forward(zeros([1, 4, 4])),
        () => new nn.MaxPool2d(js(undefined)),
        () => new nn.MaxPool1d(2, { stride: Number.NaN }),
        () => new nn.MaxPool1d(2, js({ countIncludePad: true })),
        () => new nn.AvgPool1d(2, js({ divisorOverride: 2 })),
        () => new nn.AvgPool2d(2, { divisorOverride: 0 }).forward(zeros([1, 4, 4])),
        () => new nn.AdaptiveAvgPool2d(0),
        () => new nn.AdaptiveAvgPool2d([1, 2, 3]).forward(zeros([1, 4, 4])),
        () => new nn.Sequential(new nn.ReLU(), new nn.Conv2d(3, 4, 3)).forward(zeros([2, 1, 8, 8])),
        () => new nn.Sequential(new nn.MaxPool2d(3)).forward(zeros([1, 1, 2, 2])),
      ),
    ).toMatchInlineSnapshot(`
      [
        "Conv2d: inChannels must be a positive integer, got 0",
        "Conv2d: outChannels must be a positive integer, got 2.5",
        "Conv2d: 3 and 4 channels must be multiples of groups, 2",
        "Conv2d: kernelSize must be a number or one for each of 2 axes, got an array of 3",
        "Conv2d: kernelSize must be an integer ≥ 1, got 0",
        "Conv2d: stride must be an integer ≥ 1, got 0",
        "Conv1d: dilation must be a number, got an array of 2",
        "Conv1d: padding must be an integer ≥ 0, got -1",
        "Conv2d: paddingMode must be "zeros", got "reflect"",
        "Conv2d: no option "outputPadding"; there are stride, padding, dilation, groups, bias, paddingMode, dtype, generator",
        "Conv2d: options are an object; got 1; did you mean new Conv2d(…, { groups: 1 })?",
        "ConvTranspose2d: outputPadding must be an integer ≥ 0, got 0.5",
        "convTranspose2d: padding must be a number or one for each of 2 axes, got "same"",
        "MaxPool2d: kernelSize must be a number or one for each of 2 axes, got undefined",
        "MaxPool1d: stride must be an integer ≥ 1, got NaN",
        "MaxPool1d: no option "countIncludePad"; there are stride, padding, dilation, ceilMode",
        "AvgPool1d: no option "divisorOverride"; there are stride, padding, ceilMode, countIncludePad",
        "avgPool2d: divisorOverride must be an integer other than 0, got 0",
        "AdaptiveAvgPool2d: outputSize must be a positive integer, got 0",
        "adaptiveAvgPool2d: outputSize must be a number or one for each of 2 axes, got an array of 3",
        "Sequential[1] (Conv2d): conv2d: [2, 1, 8, 8] with weight [4, 3, 3, 3]: x has 1 channels, weight takes 3",
        "Sequential[0] (MaxPool2d): maxPool2d: a window over 3 entries does not fit axis 2 of [1, 1, 2, 2], size 2",
      ]
    `);
  });
});

describe("a network of them", () => {
  const make = (): nn.Sequential =>
    new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1, dtype: "float64" }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(4, 6, 3, { padding: 1, groups: 2, dtype: "float64" }),
      new nn.ReLU(),
      new nn.MaxPool2d(2, { stride: 1, padding: 1 }),
      new nn.AvgPool2d(2),
      new nn.Flatten(),
      new nn.Linear(24, 3, { dtype: "float64" }),
    );
  const [x, y] = [f64(training.x), tensor(training.y, { dtype: "int32" })];

  it.each(["eager", "compiled"])("trains as PyTorch's does, %s", (how) => {
    const model = make();
    model.loadStateDict(stateOf(training.start));
    const optimizer = new nn.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const train = (x: Tensor, y: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(x), y);
      loss.backward();
      optimizer.step();
      return loss.detach();
    };
    const step = how === "compiled" ? compile(train) : train;
    const close = { rtol: 1e-9, atol: 1e-12 };
    expectClose(
      training.losses.map(() => step(x, y).item()),
      training.losses,
      close,
    );
    expect(Object.keys(model.stateDict())).toEqual(Object.keys(training.end));
    for (const [name, value] of Object.entries(model.stateDict()))
      expectClose(value, f64(training.end[name] ?? []), close);
  });

  it("has the same products of its Hessian with a vector compiled, and as differences have them", () => {
    const model = make();
    model.loadStateDict(stateOf(training.start));
    const loss = (x: Tensor): Tensor => nn.crossEntropy(model.forward(x), y);
    const product = (x: Tensor, v: Tensor): Tensor => vjp((x) => grad(loss)(x), x)[1](v)[0] as Tensor;
    const v = x.cos();
    const [eager, compiled] = [product(x, v), compile(product)(x, v)];
    expect(eager.abs().amax().item()).toBeGreaterThan(1e-5);
    expectClose(compiled, eager, { rtol: 1e-11, atol: 1e-17 });
    // Away from kinks a product is how the gradient changes along the vector.
    const [eps, g] = [1e-6, grad(loss)];
    const difference = g(x.add(v.mul(eps)))
      .sub(g(x.sub(v.mul(eps))))
      .div(2 * eps);
    expectClose(eager, difference, { rtol: 1e-5, atol: 1e-10 });
  });
});
