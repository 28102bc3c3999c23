import { Generator, randn, type Tensor, tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import {
  Adagrad,
  Adam,
  AdamW,
  BatchNorm1d,
  CosineAnnealingLR,
  Linear,
  Module,
  mse,
  type Optimizer,
  parameter,
  ReduceLROnPlateau,
  RMSprop,
  SGD,
} from "../src/index.ts";
import { refusal } from "./compare.ts";

/** A model with a buffer, seeded, so that two of them start alike. */
class Net extends Module {
  body: Linear;
  norm = new BatchNorm1d(3);
  head = parameter(tensor([0.5, -0.5, 1]));
  constructor(seed: number) {
    super();
    this.body = new Linear(2, 3, { generator: new Generator(seed) });
  }
  override forward(x: Tensor): Tensor {
    return this.norm.forward(this.body.forward(x)).mul(this.head).sum(1);
  }
}

const values = (state: Readonly<Record<string, Tensor>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, x.toArray()]));

const ps = (): [string, Tensor][] => [
  ["weight", parameter(zeros([2, 3]))],
  ["bias", parameter(zeros([2]))],
];

/** A state whose tensors all differ, so that a mix-up shows. */
function marked(optimizer: Optimizer): ReturnType<Optimizer["stateDict"]> {
  for (const [i, x] of Object.values(optimizer.namedState()).entries()) x.assign(i + 1);
  return optimizer.stateDict();
}

describe("parameters with names", () => {
  it("give their names to the states of the optimizer, which JSON can hold beside the tensors", () => {
    const { state, paramGroups } = new SGD(ps(), { momentum: 0.9 }).stateDict();
    expect(Object.keys(state)).toEqual(["weight.step", "weight.momentumBuffer", "bias.step", "bias.momentumBuffer"]);
    expect(paramGroups[0]).toMatchObject({ params: [0, 1], paramNames: ["weight", "bias"] });
    expect(JSON.parse(JSON.stringify(paramGroups))).toEqual(paramGroups);
    expect(new SGD(ps().map(([, p]) => p)).stateDict().paramGroups[0]).not.toHaveProperty("paramNames");
  });

  it("come from a module, also in groups", () => {
    const net = new Net(0);
    const all = net.namedParameters();
    const isBias = ([name]: [string, Tensor]): boolean => name.endsWith("bias");
    const optimizer = new SGD([{ params: all.filter((p) => !isBias(p)) }, { params: all.filter(isBias), lr: 1 }]);
    expect(optimizer.paramGroups.map(({ paramNames }) => paramNames)).toEqual([
      ["body.weight", "norm.weight", "head"],
      ["body.bias", "norm.bias"],
    ]);
    expect(optimizer.parameters).toEqual(
      ["body.weight", "norm.weight", "head", "body.bias", "norm.bias"].map(
        (path) => all.find(([name]) => name === path)?.[1],
      ),
    );
    expect(Object.keys(optimizer.namedState({ prefix: "" }))).toEqual([
      "body.weight.step",
      "norm.weight.step",
      "head.step",
      "body.bias.step",
      "norm.bias.step",
      "lr.0",
      "lr.1",
    ]);
  });

  it("are wanted for all or for none, and differ", () => {
    const [[, a], [, b]] = ps() as [[string, Tensor], [string, Tensor]];
    const js = (items: unknown[]): Tensor[] => items as Tensor[];
    expect(
      [
        () => new SGD(js([["a", a], b])),
        () => new SGD([{ params: [a] }, { params: [["b", b] as const] }]),
        () => new Adam([["w", a] as const, ["w", b] as const]),
        () => new Adam([["w", a] as const, ["v", a] as const]),
        () => new Adam(js([["w", 1]])),
        () => new Adam(js([["w", a, b]])),
        () => new Adam(js([[1, a]])),
      ].map(refusal),
    ).toMatchInlineSnapshot(`
      [
        "SGD: 1 of 2 parameters have names; name all of them or none",
        "SGD: 1 of 2 parameters have names; name all of them or none",
        "Adam: two parameters are named "w"; give each a name of its own",
        "Adam: parameter 1 is given twice; pass each once",
        "Adam: parameter 0 must be a tensor, got 1; pass model.parameters()",
        "Adam: parameter 0 must be a tensor, got an array of 3; pass model.parameters()",
        "Adam: parameter 0 must be a tensor, got an array of 2; pass model.parameters()",
      ]
    `);
  });

  it("let a state be loaded in another order within a group", () => {
    const saved = marked(new Adam(ps()));
    const optimizer = new Adam(ps().reverse());
    optimizer.loadStateDict(saved);
    expect(values(optimizer.stateDict().state)).toEqual(values(saved.state));
  });

  it.each<[string, (all: [string, Tensor][]) => Optimizer, (all: [string, Tensor][]) => Optimizer]>([
    ["without names into one with", (all) => new Adam(all.map(([, p]) => p)), (all) => new Adam(all)],
    ["with names into one without", (all) => new Adam(all), (all) => new Adam(all.map(([, p]) => p))],
  ])("load a state by position from an optimizer %s", (_, from, to) => {
    const saved = marked(from(ps()));
    const optimizer = to(ps());
    optimizer.loadStateDict({ ...saved, paramGroups: JSON.parse(JSON.stringify(saved.paramGroups)) });
    expect(Object.values(values(optimizer.stateDict().state))).toEqual(Object.values(values(saved.state)));
    expect(optimizer.lr).toBe(7);
  });

  it("are told in the error of a state that does not fit, which is not loaded", () => {
    const optimizer = new SGD(ps(), { lr: 1, momentum: 0.9 });
    const before = JSON.stringify(values(optimizer.namedState()));
    const [[, a], [, b]] = ps() as [[string, Tensor], [string, Tensor]];
    const other = new SGD(Object.entries({ weight: b, head: a }), { momentum: 0.9 }).stateDict();
    const good = optimizer.stateDict();
    const [group] = good.paramGroups;
    const junk = (paramNames: unknown) => ({ ...good, paramGroups: [{ ...group, paramNames }] }) as typeof good;
    expect(
      [
        () => optimizer.loadStateDict(other),
        () => optimizer.loadStateDict(junk("weight")),
        () => optimizer.loadStateDict(junk(["weight"])),
        () => optimizer.loadStateDict(junk(null)),
        () => optimizer.loadStateDict(new SGD([a], { momentum: 0.9 }).stateDict()),
      ].map(refusal),
    ).toMatchInlineSnapshot(`
      [
        "loadStateDict: missing bias.step, bias.momentumBuffer; unexpected head.step, head.momentumBuffer; paramGroups[0].paramNames must be the list ["bias","weight"], got the list ["head","weight"]; weight.momentumBuffer must be [2, 3], got [2]; nothing was loaded",
        "loadStateDict: paramGroups[0].paramNames must be the list ["bias","weight"], got "weight"; nothing was loaded",
        "loadStateDict: paramGroups[0].paramNames must be the list ["bias","weight"], got the list ["weight"]; nothing was loaded",
        "loadStateDict: paramGroups[0].paramNames must be the list ["bias","weight"], got null; nothing was loaded",
        "loadStateDict: missing 1.step, 1.momentumBuffer; paramGroups[0].params must be the list [0,1], got the list [0]; nothing was loaded",
      ]
    `);
    expect(JSON.stringify(values(optimizer.namedState()))).toBe(before);
  });
});

describe("namedState", () => {
  it("holds the tensors themselves, before the first step and after", () => {
    const p = parameter(tensor([1, -2]));
    const optimizer = new Adam([["p", p] as const], { lr: 0.5 });
    const state = optimizer.namedState();
    expect(Object.entries(state).map(([name, x]) => `${name} ${x.dtype} [${x.shape}]`)).toEqual([
      "optimizer.p.step float64 []",
      "optimizer.p.expAvg float32 [2]",
      "optimizer.p.expAvgSq float32 [2]",
      "optimizer.lr float64 []",
    ]);
    p.grad = tensor([1, 1]);
    optimizer.step();
    optimizer.lr = 0.25;
    expect(state["optimizer.p.step"]?.item()).toBe(1);
    expect(state["optimizer.lr"]?.item()).toBe(0.25);
    for (const [name, x] of Object.entries(optimizer.namedState())) expect(state[name]).toBe(x);
    state["optimizer.lr"]?.assign(2);
    expect(optimizer.lr).toBe(2);
  });

  it("has the names of stateDict after the prefix", () => {
    const optimizer = new RMSprop(ps(), { momentum: 0.9, centered: true });
    const saved = optimizer.stateDict().state;
    expect(Object.keys(optimizer.namedState())).toEqual(
      [...Object.keys(saved), "lr"].map((name) => `optimizer.${name}`),
    );
    const schedule = new ReduceLROnPlateau(optimizer);
    const numbers = Object.entries(schedule.stateDict()).filter(([, x]) => typeof x !== "string");
    expect(Object.keys(schedule.namedState())).toEqual(numbers.map(([name]) => `schedule.${name}`));
    expect(Object.keys(schedule.namedState({ prefix: "s/" }))).toEqual(numbers.map(([name]) => `s/${name}`));
  });

  it("of a module holds parameters and buffers, each under all of its paths", () => {
    const net = new Net(0);
    expect(Object.keys(net.namedState())).toEqual(Object.keys(net.stateDict()));
    expect(net.namedState({ prefix: "net." })["net.body.weight"]).toBe(net.body.weight);
    expect(net.namedState()["norm.running_mean"]).toBe(net.norm.running_mean);
    expect(refusal(() => net.namedState({ prefx: "" } as object))).toMatchInlineSnapshot(
      `"namedState: no option "prefx"; there are prefix"`,
    );
  });

  // What one training has written into its tensors is written into those of another, which must go on like the first.
  it.each<[string, (params: [string, Tensor][]) => Optimizer]>([
    ["SGD", (params) => new SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.5 })],
    ["Adam", (params) => new Adam(params, { lr: 0.1, amsgrad: true })],
    ["AdamW", (params) => new AdamW([{ params: params.slice(0, 2) }, { params: params.slice(2), lr: 0.01 }])],
    ["RMSprop", (params) => new RMSprop(params, { momentum: 0.9, centered: true })],
    ["Adagrad", (params) => new Adagrad(params, { lrDecay: 0.1 })],
  ])("is all that a step of %s, a schedule and a module depends on", (_, make) => {
    const training = (seed: number) => {
      const net = new Net(seed);
      const optimizer = make(net.namedParameters());
      const schedules = [
        new CosineAnnealingLR(optimizer, { tMax: 8 }),
        new ReduceLROnPlateau(optimizer, { patience: 0 }),
      ];
      const state = Object.assign(
        { ...net.namedState(), ...optimizer.namedState() },
        ...schedules.map((schedule, i) => schedule.namedState({ prefix: `schedule.${i}.` })),
      ) as Record<string, Tensor>;
      const steps = (data: number, count: number): void => {
        const generator = new Generator(data);
        for (let i = 0; i < count; i++) {
          const loss = mse(net.forward(randn([5, 2], { generator })), randn([5], { generator }));
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          (schedules[0] as CosineAnnealingLR).step();
          (schedules[1] as ReduceLROnPlateau).step(loss);
        }
      };
      return { state, steps };
    };
    const [first, second] = [training(1), training(2)];
    first.steps(3, 4);
    second.steps(4, 2);
    for (const [name, x] of Object.entries(second.state)) x.detach().assign(first.state[name] as Tensor);
    first.steps(5, 3);
    const copied = JSON.stringify(values(second.state));
    second.steps(5, 3);
    expect(values(second.state)).toEqual(values(first.state));
    expect(JSON.stringify(values(second.state))).not.toBe(copied);
  });
});
