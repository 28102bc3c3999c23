import { GradError, matmul, type Tensor, tensor, ValueError, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { Adam, AdamW, crossEntropy, type Optimizer, parameter, SGD } from "../src/index.ts";
import { expectClose, expectError, fixture } from "./compare.ts";

type Parameters = Record<"weight" | "bias", number[][]>;
interface Fixture {
  x: number[][];
  y: number[];
  start: Parameters;
  runs: {
    optimizer: "SGD" | "Adam" | "AdamW";
    options: Record<string, number | boolean | number[]>;
    losses: number[];
    snapshots: Record<string, Parameters>;
  }[];
}

const optimizers = { SGD, Adam, AdamW };
const { x, y, start, runs } = fixture<Fixture>("optimizers.json");
const f64 = (data: number[][]): Tensor => tensor(data, { dtype: "float64" });

const make = (name: keyof typeof optimizers, parameters: Tensor[], options: object): Optimizer =>
  new optimizers[name](parameters, options);

describe("optimizers follow PyTorch 1.13 for 20 steps, in float64", () => {
  it.each(runs.map((run) => [`${run.optimizer} ${JSON.stringify(run.options)}`, run] as const))("%s", (_, run) => {
    const weight = parameter(f64(start.weight));
    const bias = parameter(f64(start.bias));
    const options = Object.fromEntries(
      Object.entries(run.options).map(([key, value]) => [key === "weight_decay" ? "weightDecay" : key, value]),
    );
    const optimizer = make(run.optimizer, [weight, bias], options);
    const labels = tensor(y, { dtype: "int32" });
    for (let step = 1; step <= 20; step++) {
      optimizer.zeroGrad();
      const loss = crossEntropy(matmul(f64(x), weight, { transposeB: true }).add(bias), labels);
      loss.backward();
      optimizer.step();
      expectClose(loss, run.losses[step - 1] as number, { rtol: 1e-9 });
      const snapshot = run.snapshots[step];
      if (snapshot === undefined) continue;
      expectClose(weight, snapshot.weight, { rtol: 1e-9 });
      expectClose(bias, snapshot.bias, { rtol: 1e-9 });
    }
  });
});

/** One step on ½p², whose gradient is p. */
function stepOn(p: Tensor, optimizer: Pick<Optimizer, "zeroGrad" | "step">): void {
  optimizer.zeroGrad();
  p.square().mul(0.5).sum().backward();
  optimizer.step();
}

describe("optimizers", () => {
  it("takes the learning rate that is set between steps", () => {
    const p = parameter(tensor([1, -2]));
    const optimizer = new SGD([p], { lr: 0.5 });
    stepOn(p, optimizer);
    expect(p.toArray()).toEqual([0.5, -1]);
    optimizer.lr = 0;
    stepOn(p, optimizer);
    expect(p.toArray()).toEqual([0.5, -1]);
    expect(optimizer.lr).toBe(0);
  });

  it("leaves parameters without a gradient alone, and counts their steps apart", () => {
    const [used, late] = [parameter(tensor(1)), parameter(tensor(1))];
    const optimizer = new Adam([used, late], { lr: 0.1 });
    stepOn(used, optimizer);
    expect(late.item()).toBe(1);
    // Adam's first step is lr·sign(g), whenever it comes: a shared step count would make it smaller.
    stepOn(late, optimizer);
    expect(late.item()).toBeCloseTo(0.9, 6);
  });

  it("keeps the bias correction exact in float32", () => {
    // 1 − 0.999 in float32 is off by 5e-5: the first step would be too.
    const p = parameter(tensor(3));
    stepOn(p, new Adam([p], { lr: 0.125, eps: 0 }));
    expect(p.item()).toBeCloseTo(2.875, 6);
  });

  it("zeroGrad forgets the gradients, so they do not add up", () => {
    const p = parameter(tensor(4));
    const optimizer = new SGD([p]);
    p.square().backward();
    expect(p.grad?.item()).toBe(8);
    optimizer.zeroGrad();
    expect(p.grad).toBeNull();
    optimizer.step();
    expect(p.item()).toBe(4);
  });

  it("records nothing", () => {
    const p = parameter(tensor(4));
    stepOn(p, new AdamW([p]));
    expect(p.isLeaf && p.requiresGrad).toBe(true);
    expect(p.grad?.requiresGrad).toBe(false);
  });

  it("refuses what it cannot train with", () => {
    const p = parameter(zeros([2]));
    expectError(() => new SGD([]), ValueError, /^SGD: no parameters/);
    expectError(() => new AdamW([p, p]), ValueError, /^AdamW: parameter 1 is given twice/);
    expectError(() => new Adam([p.mul(2)]), GradError, /^Adam: parameter 0 is a computed tensor/);
    expectError(() => new SGD([p], { lr: -1 }), ValueError, /^SGD: lr must be a finite number ≥ 0, got -1$/);
    expectError(() => new SGD([p], { lr: Number.NaN }), ValueError, /lr .* got NaN/);
    expectError(() => new SGD([p], { momentum: -0.1 }), ValueError, /momentum/);
    expectError(() => new SGD([p], { weightDecay: -0.1 }), ValueError, /weightDecay/);
    expectError(() => new SGD([p], { nesterov: true }), ValueError, /nesterov needs momentum > 0/);
    expectError(() => new SGD([p], { nesterov: true, momentum: 0.9, dampening: 0.1 }), ValueError, /dampening 0/);
    expectError(
      () => new AdamW([p], { betas: [0.9, 1] }),
      ValueError,
      /^AdamW: betas\[1\] must be in \[0, 1\), got 1$/,
    );
    expectError(() => new Adam([p], { eps: -1e-8 }), ValueError, /^Adam: eps/);
    const optimizer = new Adam([p]);
    expectError(() => (optimizer.lr = Number.POSITIVE_INFINITY), ValueError, /^Adam: lr .* got Infinity$/);
    expect(optimizer.lr).toBe(1e-3);
  });
});
