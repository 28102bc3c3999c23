import { full, TendrilError, type Tensor, tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import {
  Adam,
  CosineAnnealingLR,
  Linear,
  LinearLR,
  LRScheduler,
  type Optimizer,
  parameter,
  ReduceLROnPlateau,
  SGD,
  StepLR,
} from "../src/index.ts";
import { js } from "./compare.ts";

/** The message of each state's error; all that the owner holds must be as it was before. */
function refusals<Own extends { stateDict(): unknown; loadStateDict(dict: never): void }>(
  owner: Own,
  ...states: unknown[]
): string[] {
  const shown = (): string => JSON.stringify(owner.stateDict(), (_, x) => (x?.data === undefined ? x : [...x.data]));
  const before = shown();
  return states.map((state) => {
    let message = "nothing was thrown";
    try {
      owner.loadStateDict(js(state));
    } catch (error) {
      if (!(error instanceof TendrilError)) throw error;
      message = error.message;
      expect(error.stack ?? message).toContain(message);
    }
    expect(shown()).toBe(before);
    return message;
  });
}

const noStates = [null, undefined, 3, "state", [], new Map(), new Linear(1, 1)];

describe("a state that does not fit is loaded not at all", () => {
  it("by a module", () => {
    const model = new Linear(2, 1);
    const ones = full([1, 2], 1);
    expect(
      refusals(
        model,
        { weight: ones, bias: "junk" },
        { weight: ones, bias: null },
        { weight: ones, bias: undefined },
        { weight: ones, bias: [0] },
        { weight: ones, bias: { shape: [1] } },
        { weight: ones, bias: zeros([2]) },
        { weight: zeros([2]), bias: 1 },
        { weight: ones },
        { weight: ones, bias: zeros([1]), toString: 1 },
        ...noStates,
      ),
    ).toMatchInlineSnapshot(`
      [
        "loadStateDict: bias must be a tensor [1], got "junk"; nothing was loaded",
        "loadStateDict: bias must be a tensor [1], got null; nothing was loaded",
        "loadStateDict: bias must be a tensor [1], got undefined; nothing was loaded",
        "loadStateDict: bias must be a tensor [1], got an array of 1; nothing was loaded",
        "loadStateDict: bias must be a tensor [1], got a tensor [1] of another library; nothing was loaded",
        "loadStateDict: bias must be [1], got [2]; nothing was loaded",
        "loadStateDict: weight must be [1, 2], got [2]; bias must be a tensor [1], got 1; nothing was loaded",
        "loadStateDict: missing bias; nothing was loaded",
        "loadStateDict: unexpected toString; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got null; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got undefined; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got 3; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got "state"; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got an empty array; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got a Map; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got a Linear; nothing was loaded",
      ]
    `);
    expect(() => model.loadStateDict({ weight: ones, bias: js("junk") }, { strict: false })).toThrow(/"junk"/);
    expect(() => model.loadStateDict({ weight: ones }, { strict: js("no") })).toThrow(
      'loadStateDict: strict must be a boolean, got "no"',
    );
    expect(model.weight.toArray()).not.toEqual([[1, 1]]);
  });

  it("by an optimizer", () => {
    const optimizer = new Adam([parameter(tensor([1, 2]))], { lr: 0.1 });
    const good = optimizer.stateDict();
    const state = { ...good.state, "0.expAvg": full([2], 9) };
    const [group] = good.paramGroups;
    const withGroup = (own: object) => ({ state, paramGroups: [{ ...group, ...own }] });
    expect(
      refusals(
        optimizer,
        withGroup({ lr: "0.5" }),
        withGroup({ lr: true }),
        withGroup({ lr: undefined }),
        withGroup({ lr: -1 }),
        withGroup({ initialLr: "1" }),
        withGroup({ initialLr: null }),
        withGroup({ betas: "junk" }),
        withGroup({ betas: [0.9, Number.NaN] }),
        withGroup({ eps: Number.NaN }),
        withGroup({ wieghtDecay: 0 }),
        withGroup({ toString: 1 }),
        { ...good, state: { ...state, "0.step": "junk" } },
        { ...good, state: { ...state, "0.expAvgSq": { shape: [2] } } },
        { ...good, state: null },
        { ...good, state: [] },
        { ...good, paramGroups: {} },
        { ...good, paramGroups: [null] },
        { state },
        {},
        ...noStates,
      ),
    ).toMatchInlineSnapshot(`
      [
        "loadStateDict: paramGroups[0].lr must be a finite number ≥ 0, got "0.5"; nothing was loaded",
        "loadStateDict: paramGroups[0].lr must be a finite number ≥ 0, got true; nothing was loaded",
        "loadStateDict: paramGroups[0].lr must be a finite number ≥ 0, got undefined; nothing was loaded",
        "loadStateDict: paramGroups[0].lr must be a finite number ≥ 0, got -1; nothing was loaded",
        "loadStateDict: paramGroups[0].initialLr must be a finite number ≥ 0, got "1"; nothing was loaded",
        "loadStateDict: paramGroups[0].initialLr must be a finite number ≥ 0, got null; nothing was loaded",
        "loadStateDict: paramGroups[0].betas must be the list [0.9,0.999], got "junk"; nothing was loaded",
        "loadStateDict: paramGroups[0].betas must be the list [0.9,0.999], got the list [0.9,null]; nothing was loaded",
        "loadStateDict: paramGroups[0].eps must be 1e-8, got NaN; nothing was loaded",
        "loadStateDict: unexpected paramGroups[0].wieghtDecay; nothing was loaded",
        "loadStateDict: unexpected paramGroups[0].toString; nothing was loaded",
        "loadStateDict: 0.step must be a tensor [], got "junk"; nothing was loaded",
        "loadStateDict: 0.expAvgSq must be a tensor [2], got a tensor [2] of another library; nothing was loaded",
        "loadStateDict: state and paramGroups must be an object and an array of objects, got null and an array of 1; nothing was loaded",
        "loadStateDict: state and paramGroups must be an object and an array of objects, got an empty array and an array of 1; nothing was loaded",
        "loadStateDict: state and paramGroups must be an object and an array of objects, got an object { 0.step, 0.expAvg, 0.expAvgSq } and an object {  }; nothing was loaded",
        "loadStateDict: state and paramGroups must be an object and an array of objects, got an object { 0.step, 0.expAvg, 0.expAvgSq } and an array of 1; nothing was loaded",
        "loadStateDict: state and paramGroups must be an object and an array of objects, got an object { 0.step, 0.expAvg, 0.expAvgSq } and undefined; nothing was loaded",
        "loadStateDict: state and paramGroups must be an object and an array of objects, got undefined and undefined; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got null; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got undefined; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got 3; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got "state"; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got an empty array; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got a Map; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got a Linear; nothing was loaded",
      ]
    `);
  });

  it("by a schedule", () => {
    const optimizer = new SGD([parameter(tensor(1))], { lr: 1 });
    const change = <Own extends { stateDict(): object; loadStateDict(dict: never): void }>(
      owner: Own,
      ...own: object[]
    ) => refusals(owner, ...own.map((entries) => ({ ...owner.stateDict(), ...entries })));
    expect([
      ...change(
        new StepLR(optimizer, { stepSize: 3 }),
        { lastEpoch: 5, stepSize: 0 },
        { stepSize: 1.5 },
        { stepSize: null },
        { stepSize: "3" },
        { gamma: -1 },
        { gamma: Number.NaN },
        { gamma: true },
        { lastEpoch: -1 },
        { lastEpoch: 0.5 },
        { baseLrs: [Number.POSITIVE_INFINITY] },
        { lastLr: [-1] },
        { lastLr: ["1"] },
        { lastLr: 1 },
        { gama: 1 },
      ),
      ...change(new CosineAnnealingLR(optimizer, { tMax: 3 }), { tMax: 0 }, { etaMin: -1 }),
      ...change(new LinearLR(optimizer), { startFactor: 0 }, { endFactor: 2 }, { totalIters: 0 }),
      ...change(
        new ReduceLROnPlateau(optimizer),
        { factor: 1 },
        { patience: -1 },
        { threshold: Number.POSITIVE_INFINITY },
        { minLr: -1 },
        { minLr: [0, 0] },
        { best: "junk" },
        { numBadEpochs: -1 },
        { cooldownCounter: 0.5 },
        { cooldown: null },
        { mode: "max" },
      ),
      ...refusals(new StepLR(optimizer, { stepSize: 3 }), {}, ...noStates),
    ]).toMatchInlineSnapshot(`
      [
        "StepLR: stepSize must be a positive integer, got 0; nothing was loaded",
        "StepLR: stepSize must be a positive integer, got 1.5; nothing was loaded",
        "StepLR: stepSize must be a positive integer, got null; nothing was loaded",
        "loadStateDict: stepSize must be a number, got "3"; nothing was loaded",
        "StepLR: gamma must be a finite number ≥ 0, got -1; nothing was loaded",
        "StepLR: gamma must be a finite number ≥ 0, got NaN; nothing was loaded",
        "loadStateDict: gamma must be a number, got true; nothing was loaded",
        "StepLR: lastEpoch must be a finite number ≥ 0, got -1; nothing was loaded",
        "StepLR: lastEpoch must be a whole number, got 0.5; nothing was loaded",
        "StepLR: a rate must be a finite number ≥ 0, got Infinity; nothing was loaded",
        "StepLR: a rate must be a finite number ≥ 0, got -1; nothing was loaded",
        "loadStateDict: lastLr must be a list of 1, got a list of 1, not all numbers; nothing was loaded",
        "loadStateDict: lastLr must be a list of 1, got a number; nothing was loaded",
        "loadStateDict: unexpected gama; nothing was loaded",
        "CosineAnnealingLR: tMax must be a positive integer, got 0; nothing was loaded",
        "CosineAnnealingLR: etaMin must be a finite number ≥ 0, got -1; nothing was loaded",
        "LinearLR: startFactor must be above 0; use a small one, such as 1e-6; nothing was loaded",
        "LinearLR: endFactor must be between 0 and 1, got 2; nothing was loaded",
        "LinearLR: totalIters must be a positive integer, got 0; nothing was loaded",
        "ReduceLROnPlateau: factor must be below 1, got 1; nothing was loaded",
        "ReduceLROnPlateau: patience must be a finite number ≥ 0, got -1; nothing was loaded",
        "ReduceLROnPlateau: threshold must be a finite number ≥ 0, got Infinity; nothing was loaded",
        "ReduceLROnPlateau: minLr must be a finite number ≥ 0, got -1; nothing was loaded",
        "loadStateDict: minLr must be a number, got a list of 2; nothing was loaded",
        "loadStateDict: best must be a number, got "junk"; nothing was loaded",
        "ReduceLROnPlateau: numBadEpochs must be a finite number ≥ 0, got -1; nothing was loaded",
        "ReduceLROnPlateau: cooldownCounter must be a whole number, got 0.5; nothing was loaded",
        "ReduceLROnPlateau: cooldown must be a finite number ≥ 0, got null; nothing was loaded",
        "loadStateDict: mode must be "min", got "max"; nothing was loaded",
        "loadStateDict: missing gamma, stepSize, lastEpoch, baseLrs, lastLr; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got null; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got undefined; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got 3; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got "state"; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got an empty array; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got a Map; nothing was loaded",
        "loadStateDict: a state is an object, as stateDict() gives it; got a Linear; nothing was loaded",
      ]
    `);
  });

  it("by a schedule of one's own, whose check looks at options as they are given and as they are loaded", () => {
    class Halving extends LRScheduler<{ every: number }> {
      constructor(optimizer: Optimizer, every: number) {
        super(optimizer, { every });
      }
      protected override check({ every }: { every: number }): void {
        if (!(every > 0)) throw new TendrilError(`Halving: every must be above 0, got ${every}`);
      }
    }
    const optimizer = new SGD([parameter(tensor(1))]);
    expect(() => new Halving(optimizer, 0)).toThrow("Halving: every must be above 0, got 0");
    expect(optimizer.paramGroups[0]?.initialLr).toBeUndefined();
    const schedule = new Halving(optimizer, 2);
    expect(refusals(schedule, { ...schedule.stateDict(), every: -2 })).toEqual([
      "Halving: every must be above 0, got -2; nothing was loaded",
    ]);
  });

  it("and one that fits is loaded as ever, after JSON too", () => {
    const make = (lr: number): [Tensor, SGD, ReduceLROnPlateau] => {
      const p = parameter(tensor([1]));
      const optimizer = new SGD([p], { lr });
      return [p, optimizer, new ReduceLROnPlateau(optimizer, { minLr: [0.1] })];
    };
    const [, first, plateau] = make(0.5);
    const [, second, other] = make(2);
    second.loadStateDict({
      ...first.stateDict(),
      paramGroups: JSON.parse(JSON.stringify(first.stateDict().paramGroups)),
    });
    other.loadStateDict(JSON.parse(JSON.stringify(plateau.stateDict())));
    expect(second.lr).toBe(0.5);
    expect(other.stateDict()).toEqual(plateau.stateDict());
    expect(other.stateDict().best).toBeNull();
  });
});
