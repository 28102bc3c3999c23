import { tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import {
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  type LRScheduler,
  type Optimizer,
  parameter,
  ReduceLROnPlateau,
  SGD,
  StepLR,
} from "../src/index.ts";
import { expectClose, fixture, refusal } from "./compare.ts";

const kinds = { StepLR, ExponentialLR, CosineAnnealingLR, LinearLR, ReduceLROnPlateau };
type Schedule = LRScheduler & { step(metric?: number): void };
interface Fixture {
  metrics: number[];
  runs: { schedules: [keyof typeof kinds, object][]; lrs: number[][] }[];
}

// What generate_optim.py wrote: two groups, 60 epochs.
const { metrics, runs } = fixture<Fixture>("schedulers.json");

const make = (kind: keyof typeof kinds, optimizer: Optimizer, options: object): Schedule =>
  new kinds[kind](optimizer, options as never) as Schedule;

/** An optimizer of groups with these learning rates. */
const withRates = (...rates: number[]): SGD => new SGD(rates.map((lr) => ({ params: [parameter(tensor(0))], lr })));
const ratesOf = ({ paramGroups }: Optimizer): number[] => paramGroups.map(({ lr }) => lr);

describe("schedules give PyTorch 1.13's learning rates for 60 epochs", () => {
  it.each(runs.map((run) => [JSON.stringify(run.schedules), run] as const))("%s", (_, { schedules, lrs }) => {
    const optimizer = withRates(0.5, 0.02);
    const made = schedules.map(([kind, options]) => make(kind, optimizer, options));
    const found = [ratesOf(optimizer)];
    for (const metric of metrics) {
      for (const schedule of made) schedule.step(metric);
      found.push(ratesOf(optimizer));
      expect(made.at(-1)?.getLastLr()).toEqual(found.at(-1));
    }
    for (const [group, rates] of lrs.entries()) {
      expectClose(
        found.map((row) => row[group] as number),
        rates,
        { rtol: 1e-12, atol: 1e-16 },
      );
    }
  });

  it.each(runs.map((run) => [JSON.stringify(run.schedules), run] as const))("resumes: %s", (_, { schedules }) => {
    const start = (): [SGD, Schedule[]] => {
      const optimizer = withRates(0.5, 0.02);
      return [optimizer, schedules.map(([kind, options]) => make(kind, optimizer, options))];
    };
    const [whole, before] = start();
    for (const metric of metrics.slice(0, 23)) for (const schedule of before) schedule.step(metric);
    const saved = JSON.stringify([whole.stateDict(), before.map((schedule) => schedule.stateDict())]);
    const [optimizer, after] = start();
    const [{ paramGroups }, states] = JSON.parse(saved);
    optimizer.loadStateDict({ state: whole.stateDict().state, paramGroups });
    for (const [i, schedule] of after.entries()) schedule.loadStateDict(states[i]);
    for (const metric of metrics.slice(23)) {
      for (const schedule of [...before, ...after]) schedule.step(metric);
      expect(ratesOf(optimizer)).toEqual(ratesOf(whole));
    }
    expect(after.map((schedule) => schedule.stateDict())).toEqual(before.map((schedule) => schedule.stateDict()));
  });

  it("covers every schedule", () => {
    const seen = new Set(runs.flatMap(({ schedules }) => schedules.map(([kind]) => kind)));
    expect([...seen].sort()).toEqual(Object.keys(kinds).sort());
  });
});

describe("schedules", () => {
  it("follow a learning rate that is set in between", () => {
    const optimizer = withRates(1);
    const schedule = new ExponentialLR(optimizer, { gamma: 0.5 });
    optimizer.lr = 8;
    expect(schedule.getLastLr()).toEqual([1]);
    schedule.step();
    expect([optimizer.lr, ...schedule.getLastLr()]).toEqual([4, 4]);
  });

  it("never make a rate negative", () => {
    const optimizer = withRates(1);
    const schedule = new CosineAnnealingLR(optimizer, { tMax: 4, etaMin: 0.5 });
    for (let i = 0; i < 5; i++) schedule.step();
    optimizer.lr = 0.1; // below etaMin on the way up: the ratio to the next height, applied to lr − etaMin, is 3.4
    schedule.step();
    expect(optimizer.lr).toBe(0);
  });

  it("change what the next step of the optimizer does", () => {
    const p = parameter(tensor([1]));
    const optimizer = new SGD([p], { lr: 0.5 });
    p.grad = tensor([1]);
    optimizer.step();
    new LinearLR(optimizer, { startFactor: 0.5 });
    optimizer.step();
    expect(p.item()).toBe(0.25);
  });

  it("ReduceLROnPlateau takes a tensor, and counts NaN as no progress", () => {
    const optimizer = withRates(1);
    const schedule = new ReduceLROnPlateau(optimizer, { patience: 0 });
    schedule.step(tensor([[3]]));
    expect(schedule.stateDict()).toMatchObject({ best: 3, lastEpoch: 1, numBadEpochs: 0 });
    schedule.step(Number.NaN);
    expect(optimizer.lr).toBe(0.1);
    expect(schedule.stateDict().best).toBe(3);
  });

  it("start from the rate that the first of them found, also after loading", () => {
    const first = withRates(1);
    const schedule = new ExponentialLR(first, { gamma: 0.5 });
    schedule.step();
    expect(new CosineAnnealingLR(first, { tMax: 4 }).stateDict().baseLrs).toEqual([1]);
    const second = withRates(9);
    second.loadStateDict(first.stateDict());
    expect(new CosineAnnealingLR(second, { tMax: 4 }).stateDict()).toMatchObject({ baseLrs: [1], lastLr: [0.5] });
  });

  it("give and take copies of their state", () => {
    const schedule = new ExponentialLR(withRates(1), { gamma: 0.5 });
    const saved = schedule.stateDict();
    schedule.loadStateDict(saved);
    saved.baseLrs[0] = 7;
    schedule.getLastLr()[0] = 7;
    schedule.stateDict().lastLr[0] = 7;
    expect(schedule.stateDict()).toEqual({ stepSize: 1, gamma: 0.5, lastEpoch: 0, baseLrs: [1], lastLr: [1] });
  });

  it("take options that are undefined as left out", () => {
    const optimizer = withRates(1);
    expect(new ReduceLROnPlateau(optimizer, { patience: undefined }).stateDict().patience).toBe(10);
    expect(new StepLR(optimizer, { stepSize: 2, gamma: undefined }).stateDict().gamma).toBe(0.1);
  });

  it("refuse options out of range, and states of another kind", () => {
    const optimizer = withRates(1, 2);
    const js = <T>(options: object): T => options as T; // what only JavaScript lets pass
    const step = new StepLR(optimizer, { stepSize: 3 });
    const linear = new LinearLR(optimizer);
    const other = new StepLR(withRates(1), { stepSize: 3 }).stateDict();
    const before = step.stateDict();
    const messages = [
      () => new StepLR(optimizer, { stepSize: 0 }),
      () => new StepLR(optimizer, { stepSize: 1.5 }),
      () => new StepLR(optimizer, { stepSize: 1, gamma: -1 }),
      () => new ExponentialLR(optimizer, { gamma: Number.NaN }),
      () => new CosineAnnealingLR(optimizer, { tMax: 0 }),
      () => new CosineAnnealingLR(optimizer, { tMax: 5, etaMin: -1 }),
      () => new LinearLR(optimizer, { startFactor: 0 }),
      () => new LinearLR(optimizer, { startFactor: 1.5 }),
      () => new LinearLR(optimizer, { endFactor: -0.5 }),
      () => new LinearLR(optimizer, { totalIters: 0 }),
      () => new ReduceLROnPlateau(optimizer, { factor: 1 }),
      () => new ReduceLROnPlateau(optimizer, { factor: -0.1 }),
      () => new ReduceLROnPlateau(optimizer, { patience: -1 }),
      () => new ReduceLROnPlateau(optimizer, { minLr: [0.1] }),
      () => new ReduceLROnPlateau(optimizer, js({ mode: "least" })),
      () => new ReduceLROnPlateau(optimizer, js({ thresholdMode: "relative" })),
      () => new ReduceLROnPlateau(optimizer, js({ minimum: 1 })),
      () => step.loadStateDict(js(linear.stateDict())),
      () => step.loadStateDict(other),
      () =>
        new ReduceLROnPlateau(optimizer).loadStateDict(new ReduceLROnPlateau(optimizer, { mode: "max" }).stateDict()),
      () => step.loadStateDict(js({ ...before, gamma: "0.1" })),
    ].map(refusal);
    expect(messages).toMatchInlineSnapshot(`
      [
        "StepLR: stepSize must be a positive integer, got 0",
        "StepLR: stepSize must be a positive integer, got 1.5",
        "StepLR: gamma must be a finite number ≥ 0, got -1",
        "ExponentialLR: gamma must be a finite number ≥ 0, got NaN",
        "CosineAnnealingLR: tMax must be a positive integer, got 0",
        "CosineAnnealingLR: etaMin must be a finite number ≥ 0, got -1",
        "LinearLR: startFactor must be above 0; use a small one, such as 1e-6",
        "LinearLR: startFactor must be between 0 and 1, got 1.5",
        "LinearLR: endFactor must be between 0 and 1, got -0.5",
        "LinearLR: totalIters must be a positive integer, got 0",
        "ReduceLROnPlateau: factor must be below 1, got 1",
        "ReduceLROnPlateau: factor must be a finite number ≥ 0, got -0.1",
        "ReduceLROnPlateau: patience must be a finite number ≥ 0, got -1",
        "ReduceLROnPlateau: minLr has 1 rates for 2 groups; give one for each",
        "ReduceLROnPlateau: mode must be "min" or "max", got "least"",
        "ReduceLROnPlateau: thresholdMode must be "rel" or "abs", got "relative"",
        "ReduceLROnPlateau: no option "minimum"; there are mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps",
        "loadStateDict: missing gamma, stepSize; unexpected startFactor, endFactor, totalIters; nothing was loaded",
        "loadStateDict: baseLrs must be a list of 2, got a list of 1; lastLr must be a list of 2, got a list of 1; nothing was loaded",
        "loadStateDict: mode must be "min", got "max"; nothing was loaded",
        "loadStateDict: gamma must be a number, got "0.1"; nothing was loaded",
      ]
    `);
    expect(step.stateDict()).toEqual(before);
    expect(() => new ReduceLROnPlateau(optimizer).step(tensor([1, 2]))).toThrow("[2] has 2 elements");
  });
});
