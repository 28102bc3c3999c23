import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { grad, matmul, type NestedArray, Tensor, tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import {
  Adagrad,
  Adam,
  AdamW,
  CosineAnnealingLR,
  clipGradNorm,
  crossEntropy,
  type Optimizer,
  type PlateauOptions,
  parameter,
  ReduceLROnPlateau,
  RMSprop,
  SGD,
} from "../src/index.ts";
import { expectClose, flat } from "./compare.ts";

const optimizers = { SGD, Adam, AdamW, RMSprop, Adagrad };

type Model = "linear" | "mlp";
interface Run {
  model: Model;
  optimizer: keyof typeof optimizers;
  options: object;
  biases?: object;
  clip?: { maxNorm: number; normType?: number | "inf" };
  schedule?: ["CosineAnnealingLR", { tMax: number }] | ["ReduceLROnPlateau", PlateauOptions];
  losses: number[];
  norms?: number[];
  snapshots: Record<string, number[]>;
}
interface Fixture {
  x: number[][];
  y: number[];
  models: Record<Model, Record<string, NestedArray>>;
  runs: Run[];
  hessians: { model: Model; vectors: NestedArray[]; products: NestedArray[] }[];
}

// What generate_optim.py wrote: 60 steps of PyTorch 1.13 in float64.
const path = new URL("./fixtures/optimizers.json.gz", import.meta.url);
const { x, y, models, runs, hessians }: Fixture = JSON.parse(gunzipSync(readFileSync(path)).toString());

const f64 = (data: NestedArray): Tensor => tensor(data, { dtype: "float64" });
const [inputs, labels] = [f64(x), tensor(y, { dtype: "int32" })];
const tight = { rtol: 1e-9, atol: 1e-13 };

/** The cross-entropy of a model whose parameters these are: linear for two of them, with a tanh layer for four. */
function lossOf([w0, b0, w1, b1]: Tensor[]): Tensor {
  const linear = (x: Tensor, w?: Tensor, b?: Tensor): Tensor =>
    matmul(x, w as Tensor, { transposeB: true }).add(b as Tensor);
  const first = linear(inputs, w0, b0);
  return crossEntropy(w1 === undefined ? first : linear(first.tanh(), w1, b1), labels);
}

const startOf = (model: Model): Tensor[] => Object.values(models[model]).map((data) => parameter(f64(data)));

function makeOptimizer({ optimizer, options, biases }: Run, parameters: Tensor[]): Optimizer {
  const [even, odd] = [0, 1].map((rest) => parameters.filter((_, i) => i % 2 === rest)) as [Tensor[], Tensor[]];
  const groups = [{ params: even }, { params: odd, ...biases }];
  return new optimizers[optimizer](biases === undefined ? parameters : groups, options);
}

function makeSchedule({ schedule }: Run, optimizer: Optimizer): (loss: Tensor) => void {
  if (schedule === undefined) return () => {};
  if (schedule[0] === "ReduceLROnPlateau") {
    const plateau = new ReduceLROnPlateau(optimizer, schedule[1]);
    return (loss) => plateau.step(loss);
  }
  const cosine = new CosineAnnealingLR(optimizer, schedule[1]);
  return () => cosine.step();
}

const title = ({ model, optimizer, losses, snapshots, norms, ...rest }: Run): string =>
  `${model}: ${optimizer} ${JSON.stringify(rest)}`;

describe("60 steps follow PyTorch 1.13", () => {
  it.each(runs.map((run) => [title(run), run] as const))("%s", (_, run) => {
    const parameters = startOf(run.model);
    const optimizer = makeOptimizer(run, parameters);
    const schedule = makeSchedule(run, optimizer);
    const [losses, norms]: number[][] = [[], []];
    for (let step = 1; step <= 60; step++) {
      optimizer.zeroGrad();
      const loss = lossOf(parameters);
      loss.backward();
      if (run.clip !== undefined) {
        const { maxNorm, normType } = run.clip;
        const order = normType === "inf" ? Number.POSITIVE_INFINITY : normType;
        norms?.push(clipGradNorm(parameters, maxNorm, { normType: order }).item());
      }
      optimizer.step();
      losses?.push(loss.item());
      schedule(loss);
      const snapshot = run.snapshots[step];
      if (snapshot !== undefined) expectClose(parameters.flatMap(flat), snapshot, tight);
    }
    expectClose(losses as number[], run.losses, tight);
    expectClose(norms as number[], run.norms ?? [], tight);
  });

  it("covers every optimizer and both models", () => {
    expect(new Set(runs.map(({ optimizer }) => optimizer))).toEqual(new Set(Object.keys(optimizers)));
    expect(new Set(runs.map(({ model }) => model)).size).toBe(2);
    for (const { snapshots } of runs) expect(Object.keys(snapshots)).toEqual(["1", "2", "3", "10", "30", "60"]);
  });
});

describe("resuming", () => {
  const plain = runs.filter(({ clip, schedule }) => clip === undefined && schedule === undefined);
  it.each(plain.map((run) => [title(run), run] as const))("goes on digit for digit: %s", (_, run) => {
    const train = (parameters: Tensor[], optimizer: Optimizer, steps: number): void => {
      for (let step = 0; step < steps; step++) {
        optimizer.zeroGrad();
        lossOf(parameters).backward();
        optimizer.step();
      }
    };
    const whole = startOf(run.model);
    const first = makeOptimizer(run, whole);
    train(whole, first, 4);
    const [saved, weights] = [first.stateDict(), whole.map((p) => p.detach().clone())];
    const groups = JSON.stringify(saved.paramGroups);
    train(whole, first, 4);

    const resumed = weights.map(parameter);
    const second = makeOptimizer(run, resumed);
    second.lr = 7; // the rate comes back with the rest
    second.loadStateDict({ state: saved.state, paramGroups: JSON.parse(groups) });
    train(resumed, second, 4);
    expect(resumed.map(flat)).toEqual(whole.map(flat));
    expect(second.stateDict()).toEqual(first.stateDict());
  });
});

describe("Hessian-vector products follow PyTorch 1.13", () => {
  it.each(hessians.map((row, i) => [`${row.model} ${i}`, row] as const))("%s", (_, { model, vectors, products }) => {
    const parameters = startOf(model);
    const argnums = parameters.map((_, i) => i);
    const loss = (...ps: Tensor[]): Tensor => lossOf(ps);
    // H·v = ∇⟨∇L, v⟩
    const alongV = (...ps: Tensor[]): Tensor => {
      const slopes = grad(loss, { argnums })(...ps).map((g, i) => g.mul(f64(vectors[i] as NestedArray)).sum());
      return slopes.reduce((a, b) => a.add(b));
    };
    const found = grad(alongV, { argnums })(...parameters);
    for (const [i, product] of products.entries()) expectClose(found[i] as Tensor, product, tight);
  });

  it("come out the same by backward with createGraph", () => {
    const { vectors, products } = hessians.find(({ model }) => model === "mlp") as Fixture["hessians"][number];
    const parameters = startOf("mlp");
    lossOf(parameters).backward(undefined, { createGraph: true });
    const slopes = parameters.map(({ grad }, i) => (grad as Tensor).mul(f64(vectors[i] as NestedArray)).sum());
    for (const p of parameters) p.grad = null;
    slopes.reduce((a, b) => a.add(b)).backward();
    for (const [i, p] of parameters.entries()) {
      expect(p.grad).toBeInstanceOf(Tensor);
      expectClose(p.grad as Tensor, products[i] as NestedArray, tight);
    }
  });
});
