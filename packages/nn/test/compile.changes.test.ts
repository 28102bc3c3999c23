// What changes around a compiled step, and what its losses refuse: as without compiling.
import { Generator, manualSeed, type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import { thrownBy } from "../../tensor/test/thrown.ts";
import {
  bce,
  clipGradNorm,
  crossEntropy,
  Dropout,
  Linear,
  Module,
  mse,
  parameter,
  ReLU,
  Sequential,
  SGD,
} from "../src/index.ts";

const labels = (...values: number[]): Tensor => tensor(values, { dtype: "int32" });
const x = tensor([
  [1, -2],
  [0.5, 3],
  [2, 1],
]);

/** Trains two models, eagerly and compiled; `change` happens to both before the call of that number. */
function trains(change: (i: number, model: Sequential, optimizer: SGD) => void): void {
  const side = () => {
    manualSeed(1);
    const model = new Sequential(new Linear(2, 4), new ReLU(), new Dropout({ p: 0.3 }), new Linear(4, 3));
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.5 });
    const step = (x: Tensor, y: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.forward(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    };
    return { model, optimizer, step };
  };
  const [eager, other] = [side(), side()];
  const compiled = compile(other.step);
  for (let i = 0; i < 8; i++) {
    const losses = [eager, other].map((world) => {
      change(i, world.model, world.optimizer);
      manualSeed(i);
      return (world === eager ? eager.step : compiled)(x, labels(0, 1, 2)).item();
    });
    expect(losses[1]).toBeCloseTo(losses[0] as number, 6);
    const [a, b] = [eager.model.stateDict(), other.model.stateDict()];
    for (const [name, w] of Object.entries(a)) {
      for (const [k, value] of w.data.entries()) expect(b[name]?.data[k]).toBeCloseTo(value, 6);
    }
  }
}

describe("a compiled step is traced again", () => {
  it("when layers go from training to evaluation and back", () => {
    trains((i, model) => (i % 3 === 2 ? model.eval() : model.train()));
  });

  it("when parameters are frozen and thawed", () => {
    trains((i, model) => {
      for (const p of (model[0] as Linear).parameters()) p.requiresGrad = i < 2 || i > 5;
    });
  });

  it("when a parameter is replaced", () => {
    trains((i, model) => {
      if (i === 3) (model[3] as Linear).weight = parameter(tensor([...Array(3)].map((_, k) => [k, -k, 1, 0.5])));
    });
  });

  it("when a layer in the middle is replaced", () => {
    trains((i, model) => {
      if (i === 4) Object.assign(model, { 1: new Sequential(new ReLU(), new Dropout({ p: 0.9 })) });
    });
  });

  it("when a module's own number changes, but not when nothing does", () => {
    class Scaled extends Module {
      temperature = 1;
      inner = new Linear(2, 3, { generator: new Generator(1) });
      override forward(x: Tensor): Tensor {
        traced++;
        return this.inner.forward(x).div(this.temperature);
      }
    }
    let traced = 0;
    const model = new Scaled();
    const predict = compile((x: Tensor) => model.forward(x));
    for (const temperature of [1, 1, 2, 2, 1, 1]) {
      model.temperature = temperature;
      expect(predict(x).data).toEqual(model.inner.forward(x).div(temperature).data);
    }
    expect(traced).toBe(2);
  });

  it("not at every call, where a module keeps its result: that is an error", () => {
    class Keeps extends Module {
      last: Tensor | null = null;
      override forward(x: Tensor): Tensor {
        this.last = x.mul(2);
        return this.last;
      }
    }
    const model = new Keeps();
    expect(thrownBy(() => compile((x: Tensor) => model.forward(x))(x))).toBe(
      "TraceError: compile: Keeps.last is set to a result, which has no value yet; return it from the step, or assign it to a tensor made outside",
    );
    expect(model.last).toBeNull();
  });
});

it("gradients of several compiled batches add up for an optimizer outside", () => {
  const side = () => {
    const model = new Linear(2, 3, { generator: new Generator(2) });
    return { model, optimizer: new SGD(model.parameters(), { lr: 0.5 }) };
  };
  const [eager, other] = [side(), side()];
  const accumulate =
    ({ model }: ReturnType<typeof side>) =>
    (x: Tensor, y: Tensor) => {
      crossEntropy(model.forward(x), y).div(2).backward();
    };
  const [f, g] = [accumulate(eager), compile(accumulate(other))];
  for (let step = 0; step < 3; step++) {
    for (const world of [eager, other]) {
      world.optimizer.zeroGrad();
      for (const y of [labels(0, 1, 2), labels(2, 1, 0)]) (world === eager ? f : g)(x, y);
      world.optimizer.step();
    }
    for (const [i, p] of eager.model.parameters().entries()) {
      const q = other.model.parameters()[i] as Tensor;
      for (const [k, value] of p.data.entries()) expect(q.data[k]).toBeCloseTo(value, 6);
    }
  }
});

describe("what losses refuse, they refuse compiled, in the same words", () => {
  const z = tensor([
    [1, 2, 3],
    [3, 2, 1],
  ]);
  const cases: [name: string, f: (...args: Tensor[]) => Tensor, good: Tensor[], bad: Tensor[]][] = [
    ["a class out of range", (z, y) => crossEntropy(z as Tensor, y as Tensor), [z, labels(0, 2)], [z, labels(5, 0)]],
    [
      "a class out of range, weighed, smoothed, some ignored",
      (z, y) =>
        crossEntropy(z as Tensor, y as Tensor, { weight: [1, 2, 3], labelSmoothing: 0.1, ignoreIndex: 1 }),
      [z, labels(1, 2)],
      [z, labels(1, -3)],
    ],
    [
      "targets that are no probabilities",
      (z, t) => crossEntropy(z as Tensor, t as Tensor, { checkTargets: true }),
      [z, tensor([[0, 1, 0], [0.5, 0.25, 0.25]])],
      [z, tensor([[0, 1, 0], [0.5, 0.25, 0.5]])],
    ],
    ["a probability above 1", (p, y) => bce(p as Tensor, y as Tensor), [tensor([0.5, 1]), tensor([0, 1])], [tensor([0.5, 1.5]), tensor([0, 1])]],
    ["a target below 0", (p, y) => bce(p as Tensor, y as Tensor), [tensor([0.5, 1]), tensor([0, 1])], [tensor([0.5, 1]), tensor([0, -1])]],
    ["NaN", (p, y) => bce(p as Tensor, y as Tensor), [tensor([0.5, 1]), tensor([0, 1])], [tensor([0.5, Number.NaN]), tensor([0, 1])]],
  ]; // biome-ignore format: one case, one line

  it.each(cases)("%s", (_, f, good, bad) => {
    const step = compile(f);
    const value = f(...good).item();
    for (let i = 0; i < 2; i++) {
      expect(step(...good).item()).toBeCloseTo(value, 6);
      const eager = thrownBy(() => f(...bad));
      expect(eager).toMatch(/^(ValueError|IndexError): (crossEntropy|bce): /);
      expect(thrownBy(() => step(...bad))).toBe(eager);
    }
  });

  it("gradients that are not finite, with everything as it was", () => {
    const model = new Linear(2, 1, { generator: new Generator(3) });
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const f = (x: Tensor): Tensor => {
      optimizer.zeroGrad();
      mse(model.forward(x), x.sum(1, { keepdim: true })).backward();
      const norm = clipGradNorm(model.parameters(), 1, { errorIfNonfinite: true });
      optimizer.step();
      return norm;
    };
    const step = compile(f);
    step(x);
    const before = [...model.weight.data];
    const wild = x.mul(Number.POSITIVE_INFINITY);
    const compiled = thrownBy(() => step(wild));
    expect(compiled).toMatch(/^ValueError: clipGradNorm: the norm of the gradients is (NaN|Infinity)/);
    expect([...model.weight.data]).toEqual(before);
    expect(thrownBy(() => f(wild))).toBe(compiled);
  });
});
