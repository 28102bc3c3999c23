import { full, GradError, type Tensor, tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { Adagrad, Adam, AdamW, clipGradNorm, type Optimizer, parameter, RMSprop, SGD } from "../src/index.ts";
import { expectClose, expectError, refusal } from "./compare.ts";

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
    expectError(() => new Adam([p.mul(2)]), GradError, /^Adam: parameter 0 is a computed tensor; pass the leaves/);
    const betas = [0.9, 1] as const;
    const js = (options: object): object => options; // what only JavaScript lets pass
    expect(
      [
        () => new SGD([]),
        () => new SGD([{ params: [] }]),
        () => new AdamW([p, p]),
        () => new AdamW([{ params: [p] }, { params: [p] }]),
        () => new Adam([1 as unknown as Tensor]),
        () => new Adam([p, { params: [] } as unknown as Tensor]),
        () => new SGD([p], { lr: -1 }),
        () => new SGD([{ params: [p], lr: Number.NaN }], { lr: 1 }),
        () => new SGD([p], { momentum: -0.1 }),
        () => new SGD([{ params: [p], weightDecay: -0.1 }]),
        () => new SGD([p], { nesterov: true }),
        () => new SGD([{ params: [p], nesterov: true, momentum: 0.9, dampening: 0.1 }]),
        () => new SGD([p], js({ learningRate: 0.1 })),
        () => new AdamW([p], { betas }),
        () => new Adam([p], { eps: -1e-8 }),
        () => new RMSprop([p], { alpha: -1 }),
        () => new Adagrad([p], { initialAccumulatorValue: Number.POSITIVE_INFINITY }),
      ].map(refusal),
    ).toMatchInlineSnapshot(`
      [
        "SGD: no parameters to train; pass model.parameters()",
        "SGD: no parameters to train; pass model.parameters()",
        "AdamW: parameter 1 is given twice; pass each once",
        "AdamW: parameter 1 is given twice; pass each once",
        "Adam: parameter 0 must be a tensor, got 1; pass model.parameters()",
        "Adam: parameter 1 must be a tensor, got an object { params }; pass model.parameters()",
        "SGD: lr must be a finite number ≥ 0, got -1",
        "SGD: lr must be a finite number ≥ 0, got NaN",
        "SGD: momentum must be a finite number ≥ 0, got -0.1",
        "SGD: weightDecay must be a finite number ≥ 0, got -0.1",
        "SGD: nesterov needs momentum > 0 and dampening 0, got 0 and 0",
        "SGD: nesterov needs momentum > 0 and dampening 0, got 0.9 and 0.1",
        "SGD: no option "learningRate"; there are lr, momentum, dampening, nesterov, weightDecay, maximize",
        "AdamW: betas[1] must be in [0, 1), got 1",
        "Adam: eps must be a finite number ≥ 0, got -1e-8",
        "RMSprop: alpha must be a finite number ≥ 0, got -1",
        "Adagrad: initialAccumulatorValue must be a finite number ≥ 0, got Infinity",
      ]
    `);
  });

  it("keeps its learning rate when a wrong one is set", () => {
    const optimizer = new Adam([parameter(zeros([2]))]);
    expect(refusal(() => (optimizer.lr = Number.POSITIVE_INFINITY))).toBe(
      "Adam: lr must be a finite number ≥ 0, got Infinity",
    );
    expect(optimizer.lr).toBe(1e-3);
  });

  it("takes an option that is undefined as left out", () => {
    const optimizer = new Adam([{ params: [parameter(zeros([2]))], eps: undefined }], { lr: undefined, eps: 0.5 });
    expect(optimizer.lr).toBe(1e-3);
    expect(optimizer.paramGroups[0]?.options.eps).toBe(0.5);
  });

  it("maximize climbs", () => {
    const p = parameter(tensor([1, -2]));
    stepOn(p, new SGD([p], { lr: 0.5, maximize: true }));
    expect(p.toArray()).toEqual([1.5, -3]);
  });

  it("stays in float32, to the rounding of one operation", () => {
    const p = parameter(tensor([1, 3]));
    stepOn(p, new SGD([p], { lr: 0.1, momentum: 0.9 }));
    expect(p.dtype).toBe("float32");
    expectClose(p, [0.9, 2.7], { rtol: 1.2e-7 });
  });
});

describe("parameter groups", () => {
  const make = (): [Tensor, Tensor, SGD] => {
    const [a, b] = [parameter(tensor([1])), parameter(tensor([1]))];
    return [a, b, new SGD([{ params: [a] }, { params: new Set([b]), lr: 0.25, weightDecay: 1 }], { lr: 0.5 })];
  };

  it("have options of their own, and the others' where they leave them out", () => {
    const [a, b, optimizer] = make();
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.5, 0.25]);
    expect(optimizer.paramGroups.map(({ options }) => options.weightDecay)).toEqual([0, 1]);
    expect(optimizer.parameters).toEqual([a, b]);
    stepOn(a, optimizer);
    stepOn(b, optimizer);
    expect([a.item(), b.item()]).toEqual([0.5, 0.5]);
  });

  it("have a learning rate that can be set, each or all at once", () => {
    const [a, b, optimizer] = make();
    const [first, second] = optimizer.paramGroups;
    (second as NonNullable<typeof second>).lr = 0;
    stepOn(b, optimizer);
    expect(b.item()).toBe(1);
    expect(optimizer.lr).toBe(0.5);
    optimizer.lr = 1;
    expect([first?.lr, second?.lr]).toEqual([1, 1]);
    stepOn(a, optimizer);
    expect(a.item()).toBe(0);
  });

  it("are one when only parameters are given", () => {
    const p = parameter(zeros([2]));
    expect(new SGD(new Set([p]).values()).paramGroups.map(({ params }) => params)).toEqual([[p]]);
  });
});

describe("stateDict", () => {
  const trained = (): [Tensor[], Adam] => {
    const ps = [parameter(tensor([1, 2, 3])), parameter(tensor(4))];
    const optimizer = new Adam(ps, { lr: 0.1 });
    for (const p of ps) stepOn(p, optimizer);
    return [ps, optimizer];
  };

  it("is flat names to tensors, and groups that JSON can hold", () => {
    const [, optimizer] = trained();
    const { state, paramGroups } = optimizer.stateDict();
    expect(Object.entries(state).map(([name, x]) => `${name} ${x.dtype} [${x.shape}]`)).toMatchInlineSnapshot(`
      [
        "0.step float64 []",
        "0.expAvg float32 [3]",
        "0.expAvgSq float32 [3]",
        "1.step float64 []",
        "1.expAvg float32 []",
        "1.expAvgSq float32 []",
      ]
    `);
    expect(JSON.parse(JSON.stringify(paramGroups))).toEqual(paramGroups);
    expect(paramGroups).toMatchInlineSnapshot(`
      [
        {
          "amsgrad": false,
          "betas": [
            0.9,
            0.999,
          ],
          "eps": 1e-8,
          "lr": 0.1,
          "maximize": false,
          "params": [
            0,
            1,
          ],
          "weightDecay": 0,
        },
      ]
    `);
  });

  it("is a copy, on saving and on loading", () => {
    const [ps, optimizer] = trained();
    const saved = optimizer.stateDict();
    const before = JSON.stringify(Object.values(saved.state).map((x) => x.toArray()));
    stepOn(ps[0] as Tensor, optimizer);
    optimizer.loadStateDict(saved);
    stepOn(ps[0] as Tensor, optimizer);
    expect(JSON.stringify(Object.values(saved.state).map((x) => x.toArray()))).toBe(before);
  });

  it("holds only the running values that the options need", () => {
    const names = (optimizer: Optimizer): string[] => Object.keys(optimizer.stateDict().state);
    const ps = (): Tensor[] => [parameter(zeros([2]))];
    expect(names(new SGD(ps()))).toEqual(["0.step"]);
    expect(names(new SGD(ps(), { momentum: 0.9 }))).toEqual(["0.step", "0.momentumBuffer"]);
    expect(names(new Adam(ps(), { amsgrad: true }))).toEqual(["0.step", "0.expAvg", "0.expAvgSq", "0.maxExpAvgSq"]);
    expect(names(new RMSprop(ps()))).toEqual(["0.step", "0.squareAvg"]);
    const both = { centered: true, momentum: 0.9 };
    expect(names(new RMSprop(ps(), both))).toEqual(["0.step", "0.squareAvg", "0.momentumBuffer", "0.gradAvg"]);
    expect(new Adagrad(ps(), { initialAccumulatorValue: 2 }).stateDict().state["0.sum"]?.toArray()).toEqual([2, 2]);
  });

  it("refuses what does not fit, and loads nothing of it", () => {
    const [ps, optimizer] = trained();
    const good = optimizer.stateDict();
    const [group] = good.paramGroups as [(typeof good.paramGroups)[number]];
    const state: typeof good.state = { ...good.state, "0.expAvg": full([3], 9) };
    const { "1.step": _, ...missing } = state;
    const bad = [
      { paramGroups: good.paramGroups, state: { ...state, "1.expAvg": zeros([2]) } },
      { paramGroups: good.paramGroups, state: missing },
      { paramGroups: good.paramGroups, state: { ...state, "2.step": zeros([]) } },
      { paramGroups: good.paramGroups, state: { ...state, "1.step": 3 as unknown as Tensor } },
      { paramGroups: [{ ...group, eps: 1e-6 }], state },
      { paramGroups: [{ ...group, params: [0] }], state },
      { paramGroups: [{ ...group, lr: -1 }], state },
      { paramGroups: [{ ...group, initialLr: Number.NaN }], state },
      { paramGroups: [], state },
      { paramGroups: [group, group], state },
      new SGD(ps, { momentum: 0.9 }).stateDict(),
    ];
    expect(bad.map((dict) => refusal(() => optimizer.loadStateDict(dict)))).toMatchInlineSnapshot(`
      [
        "loadStateDict: 1.expAvg must be [], got [2]; nothing was loaded",
        "loadStateDict: missing 1.step; nothing was loaded",
        "loadStateDict: unexpected 2.step; nothing was loaded",
        "loadStateDict: 1.step must be a tensor [], got 3; nothing was loaded",
        "loadStateDict: paramGroups[0].eps must be 1e-8, got 0.000001; nothing was loaded",
        "loadStateDict: paramGroups[0].params must be the list [0,1], got the list [0]; nothing was loaded",
        "loadStateDict: paramGroups[0].lr must be a finite number ≥ 0, got -1; nothing was loaded",
        "loadStateDict: paramGroups[0].initialLr must be a finite number ≥ 0, got NaN; nothing was loaded",
        "loadStateDict: missing paramGroups[0].params, paramGroups[0].betas, paramGroups[0].eps, paramGroups[0].weightDecay, paramGroups[0].amsgrad, paramGroups[0].maximize; nothing was loaded",
        "loadStateDict: unexpected paramGroups[1].params, paramGroups[1].betas, paramGroups[1].eps, paramGroups[1].weightDecay, paramGroups[1].amsgrad, paramGroups[1].maximize; nothing was loaded",
        "loadStateDict: missing paramGroups[0].betas, paramGroups[0].eps, paramGroups[0].amsgrad, 0.expAvg, 0.expAvgSq, 1.expAvg, 1.expAvgSq; unexpected paramGroups[0].momentum, paramGroups[0].dampening, paramGroups[0].nesterov, 0.momentumBuffer, 1.momentumBuffer; nothing was loaded",
      ]
    `);
    expect(optimizer.stateDict()).toEqual(good);
  });
});

describe("clipGradNorm", () => {
  const make = (...gradients: number[][]): Tensor[] =>
    gradients.map((g) => {
      const p = parameter(tensor(g));
      p.grad = tensor(g);
      return p;
    });

  it("scales all gradients together, and gives their norm before", () => {
    const ps = make([3], [0, 4]);
    expect(clipGradNorm(ps, 1).item()).toBe(5);
    expectClose(
      ps.map((p) => p.grad?.toArray() as number[]),
      [[0.6], [0, 0.8]],
      { rtol: 1e-6 },
    );
    expect(ps.map((p) => p.toArray())).toEqual([[3], [0, 4]]);
  });

  it("leaves small gradients as they are, and parameters without one out", () => {
    const [p, q] = make([3, 4], [1]) as [Tensor, Tensor];
    q.grad = null;
    expect(clipGradNorm([q, p], 5.1).item()).toBe(5);
    expect(p.grad?.toArray()).toEqual([3, 4]);
    expect(q.grad).toBeNull();
    expect(clipGradNorm(q, 1).item()).toBe(0);
    expect(clipGradNorm(p, Number.POSITIVE_INFINITY).item()).toBe(5);
    expect(p.grad?.toArray()).toEqual([3, 4]);
  });

  it("scales by a norm that is not finite, as PyTorch, unless told to throw", () => {
    const [p, q] = make([1, Number.NaN], [Number.POSITIVE_INFINITY, 2]) as [Tensor, Tensor];
    const strict = { errorIfNonfinite: true };
    expect(refusal(() => clipGradNorm([q], 1, strict))).toBe(
      "clipGradNorm: the norm of the gradients is Infinity; they were left as they are",
    );
    expect(q.grad?.toArray()).toEqual([Number.POSITIVE_INFINITY, 2]);
    expect(refusal(() => clipGradNorm([p, q], 1, strict))).toMatch(/is NaN;/);
    clipGradNorm(q, 1);
    expect(q.grad?.toArray()).toEqual([Number.NaN, 0]);
    clipGradNorm(p, 1);
    expect(p.grad?.toArray()).toEqual([Number.NaN, Number.NaN]);
  });

  it("refuses orders and limits that make no sense", () => {
    const ps = make([1]);
    expect([
      refusal(() => clipGradNorm(ps, -1)),
      refusal(() => clipGradNorm(ps, Number.NaN)),
      refusal(() => clipGradNorm(ps, 1, { normType: 0 })),
    ]).toMatchInlineSnapshot(`
      [
        "clipGradNorm: maxNorm must be between 0 and Infinity, got -1",
        "clipGradNorm: maxNorm must be between 0 and Infinity, got NaN",
        "clipGradNorm: normType must be above 0, got 0",
      ]
    `);
  });
});
