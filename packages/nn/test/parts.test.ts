import { type Tensor, tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { recording } from "../../tensor/src/recorder.ts";
import * as nn from "../src/index.ts";
import { Net, refusal } from "./compare.ts";

const { Dropout, Linear, ReLU, Sequential } = nn;

const paths = (model: nn.Module): string[] => model.namedParameters().map(([name]) => name);
const one = (): Tensor => nn.parameter(tensor(1));

describe("where a module's parts are found", () => {
  it("arrays and plain objects, nested ones too: trained, saved, loaded and switched", () => {
    const model = new Net({
      blocks: [[one()], [new Linear(1, 1, { bias: false }), { last: one() }]],
      heads: { left: new Dropout(), right: { scale: one(), shift: tensor(2) } },
      settings: { rate: 0.5, names: ["a", null], nothing: undefined },
    });
    expect(paths(model)).toEqual(["blocks.0.0", "blocks.1.0.weight", "blocks.1.1.last", "heads.right.scale"]);
    const saved = model.stateDict();
    expect(Object.keys(saved)).toEqual([...paths(model), "heads.right.shift"]);
    model.loadStateDict({ ...saved, "heads.right.scale": tensor(7) });
    expect(model.stateDict()["heads.right.scale"]?.item()).toBe(7);
    const { left } = model.heads as { left: nn.Dropout };
    model.eval();
    expect(left.training).toBe(false);
    expect(nn.summary(model, [1, 1])).toContain("  blocks.1.0: Linear");
  });

  it("options that a layer keeps are none of its parts", () => {
    const criterion = new nn.CrossEntropy({ weight: tensor([1, 2]) });
    expect(criterion.stateDict()).toEqual({});
  });

  it("what would not be trained in silence is an error that names the field", () => {
    const free = (): Tensor => tensor([1], { requiresGrad: true });
    const models = [
      new Net({ scale: free() }),
      new Net({ body: new Sequential(new ReLU(), new Net({ scales: [one(), free()] })) }),
      new Net({ heads: { left: free() } }),
      new Net({ last: free().mul(2) }),
      new Net({ layers: new Map([["a", new Linear(1, 1)]]) }),
      new Net({ layers: new Set([[new Linear(1, 1)]]) }),
      new Net({ scales: new Map([["a", free()]]) }),
      new Net({ scales: [new Map([["a", one()]])] }),
    ];
    const walks = ["parameters", "namedParameters", "stateDict", "train", "eval", "zeroGrad"] as const;
    for (const model of models) {
      const all = walks.map((walk) => refusal(() => model[walk]()));
      expect(new Set(all).size).toBe(1);
      expect(refusal(() => nn.summary(model, [1]))).toBe(all[0]);
      expect(refusal(() => model.loadStateDict({}, { strict: false }))).toBe(all[0]);
    }
    expect(models.map((model) => refusal(() => model.parameters()))).toMatchInlineSnapshot(`
      [
        "Net.scale requires a gradient and is no parameter, so it would not be trained; make it with parameter(…)",
        "Net.body[1].scales[1] requires a gradient and is no parameter, so it would not be trained; make it with parameter(…)",
        "Net.heads.left requires a gradient and is no parameter, so it would not be trained; make it with parameter(…)",
        "Net.last requires a gradient and is no parameter, so it would not be trained; keep what is computed in a #private field",
        "Net.layers holds a module (Linear) in a Map or a Set; use an array or a plain object",
        "Net.layers[0] holds a module (Linear) in a Map or a Set; use an array or a plain object",
        "Net.scales holds a tensor to be trained in a Map or a Set; use an array or a plain object",
        "Net.scales[0] holds a tensor to be trained in a Map or a Set; use an array or a plain object",
      ]
    `);
    const frozen = one();
    frozen.requiresGrad = false;
    expect(refusal(() => new Net({ scales: new Set([frozen]) }).parameters())).toMatch(/in a Map or a Set/);
  });

  it("tensors that nobody trains may be in a Map, and are not saved", () => {
    const model = new Net({ cache: new Map([[3, zeros([3])]]), words: new Set(["a"]), weight: one() });
    expect(Object.keys(model.stateDict())).toEqual(["weight"]);
  });

  it("modules in a circle: each once", () => {
    const root = new Net({ weight: one() });
    const children: Net[] = Array.from({ length: 12 }, () => new Net({ root, weight: one() }));
    for (const child of children) child.siblings = children;
    root.children = children;
    expect(root.parameters()).toHaveLength(13);
    expect(Object.keys(root.stateDict())).toHaveLength(13);
    expect(children[3]?.parameters()).toHaveLength(13);
    root.loadStateDict(root.stateDict());
    root.eval();
    expect(children.map(({ training }) => training)).toEqual(children.map(() => false));
    const loop: { list: unknown[]; weight: Tensor } = { list: [], weight: one() };
    loop.list.push(loop);
    expect(paths(new Net({ loop }))).toEqual(["loop.weight"]);
    expect(new Net({ loop }).forward(zeros([1])).shape).toEqual([1]);
  });
});

describe("a step that is traced", () => {
  /** What the code in `fn` says that it depends on. */
  const watchedBy = (fn: () => unknown): Set<object> => {
    const seen = new Set<object>();
    const none = (): never => {
      throw new Error("no op is to run here");
    };
    recording.current = {
      watch: (x) => seen.add(x),
      run: none,
      assign: none,
      read: none,
      gradient: none,
      explain: none,
    };
    try {
      fn();
    } finally {
      recording.current = null;
    }
    return seen;
  };
  it.each(["parameters", "stateDict", "train", "zeroGrad"] as const)("depends on the modules that %s walks", (walk) => {
    const modules = new Net({ one: new Net({ two: new Net({}) }) });
    const first = modules.one as Net;
    expect(watchedBy(() => modules[walk]())).toEqual(new Set([modules, first, first.two]));
  });
});
