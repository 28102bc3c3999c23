import { Generator, isGradEnabled, randn, ShapeError, type Tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { Dropout, Embedding, Flatten, Linear, Module, ReLU, Sequential, summary } from "../src/index.ts";
import { expectError } from "./compare.ts";

/** Two towers over one shared layer, in an array; one part that forward passes by. */
class Towers extends Module {
  shared = new Linear(4, 4, { bias: false });
  towers: Module[] = [new Sequential(new Linear(4, 1200), new ReLU()), new Linear(4, 2)];
  again = this.shared;
  spare = new Linear(1, 1);
  calls: boolean[] = [];
  override forward(x: Tensor): Tensor {
    this.calls.push(this.training, isGradEnabled());
    const [wide, narrow] = this.towers as [Module, Module];
    wide.forward(this.shared.forward(x));
    return narrow.forward(this.again.forward(x));
  }
}

describe("summary", () => {
  it("tells layers, shapes and parameters of a Sequential", () => {
    const model = new Sequential(new Linear(2, 8), new ReLU(), new Dropout(), new Linear(8, 3));
    expect(`\n${summary(model, [5, 2])}\n`).toMatchInlineSnapshot(`
      "
      layer         output  parameters
      Sequential    [5, 3]
        0: Linear   [5, 8]          24
        1: ReLU     [5, 8]
        2: Dropout  [5, 8]
        3: Linear   [5, 3]          27
      51 parameters: 51 trainable, 0 frozen
      "
    `);
  });

  it("tells nested modules of one's own, shared and frozen parameters, and parts that do not run", () => {
    const model = new Towers();
    for (const p of model.towers[1]?.parameters() ?? []) p.requiresGrad = false;
    expect(`\n${summary(model, [1, 4])}\n`).toMatchInlineSnapshot(`
      "
      layer                   output     parameters
      Towers                  [1, 2]
        shared: Linear        [1, 4]             16
        towers.0: Sequential  [1, 1200]
          0: Linear           [1, 1200]        6000
          1: ReLU             [1, 1200]
        towers.1: Linear      [1, 2]             10
        again: Linear         [1, 4]
        spare: Linear         not run             2
      6028 parameters: 6018 trainable, 10 frozen
      "
    `);
    expect(model.calls).toEqual([false, false]);
  });

  it("takes a dtype, for models that start from indices", () => {
    const model = new Sequential(new Embedding(10, 3), new Flatten(), new Linear(6, 1));
    expect(summary(model, [4, 2], { dtype: "int32" })).toContain("0: Embedding  [4, 2, 3]");
  });

  it("leaves the model as it was: mode of each part, gradients, methods, and what is still to be drawn", () => {
    const generator = new Generator(1);
    const model = new Sequential(new Linear(2, 2), new Dropout({ generator }), new ReLU());
    model[0]?.eval();
    const own = (x: Tensor): Tensor => x.mul(2);
    const part = model[2] as ReLU;
    part.forward = own;
    model
      .forward(randn([1, 2]))
      .sum()
      .backward();
    const [state, gradients] = [model.stateDict(), model.parameters().map((p) => p.grad)];
    const next = new Generator(1);
    for (let i = 0; i < 2; i++) next.next();
    summary(model, [3, 2]);
    expect(generator.next()).toBe(next.next());
    expect([...model].map((m) => m.training)).toEqual([false, true, true]);
    expect(model.parameters().map((p) => p.grad)).toEqual(gradients);
    expect(model.stateDict()).toEqual(state);
    expect(part.forward).toBe(own);
    expect(Object.keys(part)).toEqual(["training", "forward"]);
    expect(Object.hasOwn(model, "forward") || Object.hasOwn(model[0] as Module, "forward")).toBe(false);
  });

  it("leaves the model as it was also when it fails", () => {
    const model = new Sequential(new Linear(2, 2), new Linear(3, 2));
    expectError(
      () => summary(model, [1, 2]),
      ShapeError,
      /^Sequential\[1\] \(Linear\): input \[1, 2\] must end in inFeatures = 3/,
    );
    expect([...model].map((m) => Object.hasOwn(m, "forward"))).toEqual([false, false]);
    expect([model, ...model].map((m) => m.training)).toEqual([true, true, true]);
  });
});
