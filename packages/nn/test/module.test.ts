import { Generator, randn, ShapeError, type Tensor, tensor, ValueError, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { Linear, LogSoftmax, Module, parameter, ReLU, Sequential, SGD, Sigmoid, Softmax, Tanh } from "../src/index.ts";
import { expectClose, expectError } from "./compare.ts";

/** A module with one of everything. */
class Zoo extends Module {
  scale = parameter(tensor([2, 3]));
  offset = tensor([1, 1]);
  first = new Linear(2, 2);
  blocks = [new Linear(2, 3, { bias: false }), new ReLU()];
  name = "zoo";
  readonly #scratch = parameter(tensor(1));
  override forward(x: Tensor): Tensor {
    return this.first.forward(x.mul(this.scale).add(this.offset)).mul(this.#scratch);
  }
}

const zooPaths = ["scale", "first.weight", "first.bias", "blocks.0.weight"];

describe("Module", () => {
  it("finds parameters in the order of definition, by path; buffers and private fields are none", () => {
    const zoo = new Zoo();
    expect(zoo.namedParameters().map(([name]) => name)).toEqual(zooPaths);
    expect(zoo.parameters()[1]).toBe(zoo.first.weight);
    expect(Object.keys(zoo.stateDict())).toEqual(["scale", "offset", ...zooPaths.slice(1)]);
  });

  it("keeps a frozen parameter, which then gets no gradient", () => {
    const zoo = new Zoo();
    zoo.first.weight.requiresGrad = false;
    expect(zoo.namedParameters().map(([name]) => name)).toEqual(zooPaths);
    zoo
      .forward(tensor([[1, 2]]))
      .sum()
      .backward();
    expect(zoo.first.weight.grad).toBeNull();
    expect(zoo.first.bias?.grad?.toArray()).toEqual([1, 1]);
    zoo.zeroGrad();
    expect(zoo.first.bias?.grad).toBeNull();
  });

  it("counts a shared parameter once, and saves it under both names", () => {
    const encoder = new Linear(3, 3);
    const decoder = new Linear(3, 3);
    decoder.weight = encoder.weight;
    const tied = new Sequential(encoder, decoder, encoder);
    expect(tied.namedParameters().map(([name]) => name)).toEqual(["0.weight", "0.bias", "1.bias"]);
    expect(Object.keys(tied.stateDict())).toHaveLength(6);
    tied.loadStateDict(tied.stateDict());
  });

  it("parameter copies its data, and is a leaf", () => {
    const source = tensor([1, 2]);
    const p = parameter(source);
    p.sum().backward();
    new SGD([p], { lr: 1 }).step();
    expect(p.toArray()).toEqual([0, 1]);
    expect(source.toArray()).toEqual([1, 2]);
    expect(parameter(p.mul(2)).isLeaf).toBe(true);
  });

  it("switches all parts between training and evaluation", () => {
    const zoo = new Zoo();
    const parts = [zoo, zoo.first, ...zoo.blocks];
    expect(zoo.eval()).toBe(zoo);
    expect(parts.map((m) => m.training)).toEqual([false, false, false, false]);
    zoo.train();
    expect(parts.map((m) => m.training)).toEqual([true, true, true, true]);
    expect(zoo.train(false)).toBe(zoo);
    expect(parts.map((m) => m.training)).toEqual([false, false, false, false]);
    expectError(() => zoo.train(0 as never), ValueError, /^train: mode must be true or false, got 0$/);
  });

  it("saves copies, and loads them into the same tensors", () => {
    const zoo = new Zoo();
    const saved = zoo.stateDict();
    const before = zoo.scale.toArray();
    new SGD([zoo.scale], { lr: 0.5 });
    zoo.loadStateDict({ ...saved, scale: tensor([7, 8], { dtype: "float64" }) });
    expect(zoo.scale.toArray()).toEqual([7, 8]);
    expect(zoo.scale.dtype).toBe("float32");
    expect(zoo.scale.requiresGrad).toBe(true);
    expect(saved.scale?.toArray()).toEqual(before);
    const other = new Zoo();
    other.loadStateDict(zoo.stateDict());
    const x = randn([4, 2]);
    expect(other.forward(x).data).toEqual(zoo.forward(x).data);
  });

  it("loads nothing when anything does not fit, and names all that does not", () => {
    const zoo = new Zoo();
    const { offset: _, ...rest } = zoo.stateDict();
    const bad = { ...rest, scale: zeros([3]), "first.bias": zeros([2]), extra: zeros([1]), toString: zeros([1]) };
    expectError(
      () => zoo.loadStateDict(bad),
      ValueError,
      /^loadStateDict: missing offset; unexpected extra, toString; scale must be \[2\], got \[3\]; nothing was loaded$/,
    );
    expect(zoo.first.bias?.toArray()).not.toEqual([0, 0]);
    expectError(
      () => zoo.loadStateDict({ scale: zeros([3]) }, { strict: false }),
      ShapeError,
      /scale must be \[2\], got \[3\]/,
    );
    zoo.loadStateDict({ "first.bias": zeros([2]), extra: zeros([1]) }, { strict: false });
    expect(zoo.first.bias?.toArray()).toEqual([0, 0]);
  });
});

describe("layers", () => {
  it("Linear is x·Wᵀ + b, for rows, single rows and batches of rows", () => {
    const layer = new Linear(2, 3);
    layer.loadStateDict({
      weight: tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      bias: tensor([10, 20, 30]),
    });
    expect(
      layer
        .forward(
          tensor([
            [1, 1],
            [0, 2],
          ]),
        )
        .toArray(),
    ).toEqual([
      [13, 27, 41],
      [14, 28, 42],
    ]);
    expect(layer.forward(tensor([1, 1])).toArray()).toEqual([13, 27, 41]);
    expect(layer.forward(zeros([4, 5, 2])).shape).toEqual([4, 5, 3]);
    expect(new Linear(2, 3, { bias: false }).namedParameters().map(([name]) => name)).toEqual(["weight"]);
  });

  it("Linear starts uniform in ±1/√inFeatures, the same for the same seed", () => {
    const layer = new Linear(100, 50, { generator: new Generator(5) });
    const [weight, bias] = [layer.weight, layer.bias as Tensor];
    expect(weight.abs().amax().item()).toBeLessThanOrEqual(0.1);
    expect(weight.abs().amax().item()).toBeGreaterThan(0.099);
    expect(bias.abs().amax().item()).toBeLessThanOrEqual(0.1);
    expect(bias.abs().amax().item()).toBeGreaterThan(0.08);
    expect(weight.std().item()).toBeCloseTo(0.1 / Math.sqrt(3), 3); // of U(±a): a/√3
    const again = new Linear(100, 50, { generator: new Generator(5) });
    expect(again.weight.data).toEqual(weight.data);
    expect(again.bias?.data).toEqual(bias.data);
    expect(new Linear(2, 2, { dtype: "float64" }).weight.dtype).toBe("float64");
  });

  it("Linear says what does not fit", () => {
    expectError(
      () => new Linear(2, 3).forward(zeros([4, 3])),
      ShapeError,
      /^Linear: input \[4, 3\] must end in inFeatures = 2/,
    );
    expectError(() => new Linear(2, 3).forward(tensor(1)), ShapeError, /^Linear: input \[\] must end/);
    expectError(() => new Linear(0, 3), ValueError, /^Linear: inFeatures must be a positive integer, got 0$/);
    expectError(() => new Linear(2, 1.5), ValueError, /outFeatures .* got 1.5/);
  });

  it("activations are the ops of their names", () => {
    const x = randn([2, 3]);
    expect(new ReLU().forward(x).data).toEqual(x.relu().data);
    expect(new Sigmoid().forward(x).data).toEqual(x.sigmoid().data);
    expect(new Tanh().forward(x).data).toEqual(x.tanh().data);
    expect(new Softmax().forward(x).data).toEqual(x.softmax(-1).data);
    expect(new Softmax({ dim: 0 }).forward(x).data).toEqual(x.softmax(0).data);
    expect(new LogSoftmax({ dim: 0 }).forward(x).data).toEqual(x.logSoftmax(0).data);
  });

  it("Sequential applies its layers in order, and is a list of them", () => {
    const [first, second] = [new Linear(2, 4), new Linear(4, 3)];
    const model = new Sequential(first, new Tanh(), second);
    const x = randn([5, 2]);
    expectClose(model.forward(x), second.forward(first.forward(x).tanh()), { rtol: 0, atol: 0 });
    expect(model.namedParameters().map(([name]) => name)).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    expect(model[0]).toBe(first);
    expect([...model]).toHaveLength(model.length);
    expect(new Sequential().forward(x)).toBe(x);
  });
});
