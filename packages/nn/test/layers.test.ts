import {
  DTypeError,
  Generator,
  grad,
  IndexError,
  manualSeed,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it } from "vitest";
import {
  Dropout,
  Embedding,
  Flatten,
  GELU,
  LayerNorm,
  LeakyReLU,
  Linear,
  Sequential,
  SGD,
  SiLU,
} from "../src/index.ts";
import { expectClose, expectError } from "./compare.ts";

const ints = (...data: number[]): Tensor => tensor(data, { dtype: "int32" });

describe("Embedding", () => {
  it("is a row for each index, of any shape", () => {
    const layer = new Embedding(4, 3);
    expect(layer.forward(ints(2, 0, 2)).toArray()).toEqual(layer.weight.indexSelect(0, [2, 0, 2]).toArray());
    expect(layer.forward(zeros([2, 5], { dtype: "int32" })).shape).toEqual([2, 5, 3]);
    expect(layer.forward(tensor(1, { dtype: "int32" })).shape).toEqual([3]);
    expect(Object.keys(layer.stateDict())).toEqual(["weight"]);
  });

  it("starts as N(0, 1), the same for the same seed, in the dtype asked for", () => {
    const layer = new Embedding(200, 50, { generator: new Generator(1) });
    expect(layer.weight.mean().item()).toBeCloseTo(0, 1);
    expect(layer.weight.std().item()).toBeCloseTo(1, 1);
    expect(new Embedding(200, 50, { generator: new Generator(1) }).weight.data).toEqual(layer.weight.data);
    expect(new Embedding(2, 2, { dtype: "float64" }).weight.dtype).toBe("float64");
  });

  it("adds up the gradients of an index that comes twice", () => {
    const layer = new Embedding(3, 2);
    layer
      .forward(ints(1, 1, 0))
      .sum()
      .backward();
    expect(layer.weight.grad?.toArray()).toEqual([
      [1, 1],
      [2, 2],
      [0, 0],
    ]);
  });

  it.each([1, -2])("keeps the padding row (%i) at 0: it starts so and gets no gradient", (paddingIdx) => {
    const layer = new Embedding(3, 2, { paddingIdx });
    const indices = tensor([[1, 0], [1, 2]], { dtype: "int32" }); // biome-ignore format: a matrix
    expect(layer.forward(indices).toArray()).toEqual([
      [[0, 0], layer.weight.slice(0).toArray()],
      [[0, 0], layer.weight.slice(2).toArray()],
    ]);
    layer.forward(indices).add(1).square().sum().backward();
    expect(layer.weight.grad?.slice(1).toArray()).toEqual([0, 0]);
    expect(layer.weight.grad?.slice(0).toArray()).not.toEqual([0, 0]);
    new SGD([layer.weight], { lr: 0.1 }).step();
    expect(layer.weight.slice(1).toArray()).toEqual([0, 0]);
    expect(layer.weight.isLeaf && layer.weight.requiresGrad).toBe(true);
    // As in PyTorch the row itself is used: loaded weights may hold anything there.
    layer.loadStateDict({ weight: ones([3, 2]) });
    expect(layer.forward(ints(1)).toArray()).toEqual([[1, 1]]);
  });

  it("says what does not fit", () => {
    const layer = new Embedding(3, 2);
    expectError(() => layer.forward(ints(3)), IndexError, /index 3 is out of range/);
    expectError(() => layer.forward(ints(-1)), IndexError, /index -1 is out of range/);
    expectError(() => layer.forward(tensor([0.5])), DTypeError, /indices must be int32/);
    expectError(() => new Embedding(0, 2), ValueError, /^Embedding: numEmbeddings must be a positive integer, got 0/);
    expectError(() => new Embedding(2, -1), ValueError, /^Embedding: embeddingDim must be a positive integer, got -1/);
    for (const paddingIdx of [3, -4, 0.5, Number.NaN]) {
      expectError(
        () => new Embedding(3, 2, { paddingIdx }),
        IndexError,
        new RegExp(`^Embedding: paddingIdx ${paddingIdx} is outside the 3 rows$`),
      );
    }
  });
});

describe("Dropout", () => {
  const x = ones([100, 100]);

  it("drops a share p and scales the rest by 1/(1 − p), so that the mean stays", () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const y = new Dropout({ p, generator: new Generator(3) }).forward(x);
      const kept = [...y.data].filter((v) => v !== 0);
      expect(new Set(kept)).toEqual(new Set([Math.fround(1 / Math.fround(1 - p))]));
      expect(Math.abs(kept.length / 10_000 - (1 - p))).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 10_000));
    }
  });

  it("draws anew at each call, the same for the same seed, half by default", () => {
    const layer = new Dropout({ generator: new Generator(4) });
    const [first, second] = [layer.forward(x), layer.forward(x)];
    expect(second.data).not.toEqual(first.data);
    expect(first.mean().item()).toBeCloseTo(1, 1);
    const again = new Dropout({ generator: new Generator(4) });
    expect([again.forward(x).data, again.forward(x).data]).toEqual([first.data, second.data]);
    manualSeed(5);
    const global = new Dropout().forward(x);
    manualSeed(5);
    expect(new Dropout().forward(x).data).toEqual(global.data);
  });

  it("is x itself in evaluation, and draws nothing then", () => {
    const generator = new Generator(6);
    const layer = new Dropout({ generator }).eval();
    expect(layer.forward(x)).toBe(x);
    expect(generator.next()).toBe(new Generator(6).next());
    const model = new Sequential(new Linear(100, 100), layer).train();
    expect(model.forward(x).eq(0).any().item()).toBe(1);
  });

  it("takes p = 0 and p = 1, without NaN", () => {
    expect(new Dropout({ p: 0 }).forward(x).data).toEqual(x.data);
    expect(new Dropout({ p: 1 }).forward(x).data).toEqual(zeros([100, 100]).data);
  });

  it("passes to its gradient what it passed on", () => {
    let y = x;
    const gradient = grad((t) => {
      y = new Dropout({ generator: new Generator(7) }).forward(t);
      return y.sum();
    })(x);
    expect(gradient.data).toEqual(y.data);
  });

  it("refuses chances that are none, and integers", () => {
    for (const p of [-0.1, 1.1, Number.NaN]) {
      expectError(() => new Dropout({ p }), ValueError, new RegExp(`^Dropout: p must be between 0 and 1, got ${p}$`));
    }
    expectError(() => new Dropout().forward(ints(1)), DTypeError, /^Dropout: x must be float32 or float64, got int32/);
  });
});

describe("LayerNorm", () => {
  const x = randn([4, 3, 5], { generator: new Generator(8), dtype: "float64" })
    .mul(3)
    .add(7);

  it("gives each row mean 0 and variance 1, over one axis or several", () => {
    for (const [shape, dims] of [
      [5, [2]],
      [
        [3, 5],
        [1, 2],
      ],
    ] as const) {
      const y = new LayerNorm(shape, { dtype: "float64", eps: 0 }).forward(x);
      expectClose(y.mean(dims), y.mean(dims).mul(0), { atol: 1e-12 });
      expectClose(y.var(dims, { correction: 0 }), ones(y.mean(dims).shape));
    }
  });

  it("learns a scale and a shift, which start at 1 and 0; or none", () => {
    const layer = new LayerNorm([3, 5]);
    expect(layer.namedParameters().map(([name, p]) => [name, p.shape])).toEqual([
      ["weight", [3, 5]],
      ["bias", [3, 5]],
    ]);
    expect(layer.weight?.data).toEqual(ones([3, 5]).data);
    expect(layer.bias?.data).toEqual(zeros([3, 5]).data);
    expect(new LayerNorm(5, { elementwiseAffine: false }).parameters()).toEqual([]);
    const fixed = new LayerNorm(5, { elementwiseAffine: false }).forward(x);
    const learned = new LayerNorm(5, { dtype: "float64" });
    learned.loadStateDict({ weight: tensor([1, 2, 3, 4, 5]), bias: tensor([5, 4, 3, 2, 1]) });
    expectClose(learned.forward(x), fixed.mul([1, 2, 3, 4, 5]).add([5, 4, 3, 2, 1]));
    expect(learned.weight?.dtype).toBe("float64");
  });

  it("does not divide by 0 for a constant row", () => {
    expectClose(new LayerNorm(3).forward(tensor([[2, 2, 2]])), [0, 0, 0]);
    expectClose(new LayerNorm(2, { eps: 1 }).forward(tensor([[1, -1]])), [Math.SQRT1_2, -Math.SQRT1_2], { rtol: 1e-6 });
  });

  it("is right to the second order, in its parameters too", () => {
    const layer = new LayerNorm(5);
    gradcheck(
      (t, weight, bias) => {
        Object.assign(layer, { weight, bias });
        return layer.forward(t);
      },
      [x.slice([0, 1]), ones([5]), zeros([5])],
      { order: 2 },
    );
  });

  it("says what does not fit", () => {
    expectError(() => new LayerNorm(4).forward(x), ShapeError, /^layerNorm: /);
    expectError(
      () => new LayerNorm([3, 0]),
      ValueError,
      /^LayerNorm: normalizedShape must be a positive integer, got 0/,
    );
    expectError(() => new LayerNorm([]).forward(x), ShapeError, /^layerNorm: .* must be normalizedShape \[\]$/);
  });
});

describe("activations and Flatten", () => {
  it("are the ops of their names, with their options", () => {
    const x = tensor([-2, -0.5, 0, 0.5, 2], { dtype: "float64" });
    // PyTorch's
    const byErf = [-0.04550026389635842, -0.15426876936299344, 0, 0.34573123063700656, 1.9544997361036416];
    const byTanh = [-0.04540230591222494, -0.15428599017485606, 0, 0.34571400982514394, 1.954597694087775];
    expectClose(new GELU().forward(x), byErf);
    expectClose(new GELU({ approximate: "tanh" }).forward(x), byTanh);
    expectClose(new SiLU().forward(x), x.mul(x.sigmoid()));
    expectClose(new LeakyReLU().forward(x), [-0.02, -0.005, 0, 0.5, 2]);
    expectClose(new LeakyReLU({ negativeSlope: 0.2 }).forward(x), [-0.4, -0.1, 0, 0.5, 2]);
  });

  it("Flatten keeps the batch axis unless told otherwise", () => {
    const x = zeros([2, 3, 4, 5]);
    expect(new Flatten().forward(x).shape).toEqual([2, 60]);
    expect(new Flatten({ startDim: 0 }).forward(x).shape).toEqual([120]);
    expect(new Flatten({ endDim: 2 }).forward(x).shape).toEqual([2, 12, 5]);
    expect(new Flatten({ startDim: -2 }).forward(x).shape).toEqual([2, 3, 20]);
    expect(new Flatten().forward(zeros([0, 3, 2])).shape).toEqual([0, 6]);
  });
});
