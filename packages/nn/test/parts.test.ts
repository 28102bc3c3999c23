import { inspect } from "node:util";
import { type Tensor, tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { recording } from "../../tensor/src/recorder.ts";
import * as nn from "../src/index.ts";
import { Net, refusal } from "./compare.ts";

const { Dropout, Linear, Module, ReLU, Sequential } = nn;

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
      expect(String(model)).toContain("Net(");
    }
    expect(models.map((model) => refusal(() => model.parameters()))).toMatchInlineSnapshot(`
      [
        "Net.scale requires a gradient but is not a parameter, so it would not be trained; make it with parameter(…)",
        "Net.body[1].scales[1] requires a gradient but is not a parameter, so it would not be trained; make it with parameter(…)",
        "Net.heads.left requires a gradient but is not a parameter, so it would not be trained; make it with parameter(…)",
        "Net.last requires a gradient but is not a parameter, so it would not be trained; keep what is computed in a #private field",
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
    expect(String(root).split("\n").length).toBeLessThan(60);
    const loop: { list: unknown[]; weight: Tensor } = { list: [], weight: one() };
    loop.list.push(loop);
    expect(paths(new Net({ loop }))).toEqual(["loop.weight"]);
    expect(new Net({ loop }).forward(zeros([1])).shape).toEqual([1]);
  });
});

describe("printing a model", () => {
  const model = new Sequential(new Linear(2, 8), new ReLU());

  it("is PyTorch's tree", () => {
    expect(String(model)).toBe("Sequential(\n  (0): Linear(inFeatures=2, outFeatures=8, bias=true)\n  (1): ReLU()\n)");
    expect(inspect(model)).toBe(String(model));
    expect(`${new Sequential()}`).toBe("Sequential()");
  });

  it("shows each layer's options, and those of a module of one's own by extraRepr", () => {
    class Scale extends Module {
      factor = 3;
      inner = new ReLU();
      override forward(x: Tensor): Tensor {
        return this.inner.forward(x).mul(this.factor);
      }
      override extraRepr(): string {
        return `factor=${this.factor}`;
      }
    }
    const all = new Net({
      dense: [new Linear(2, 1, { bias: false })],
      layers: new Sequential(
        new nn.Embedding(4, 3),
        new nn.Embedding(4, 3, { paddingIdx: -1 }),
        new nn.LayerNorm([3, 2], { elementwiseAffine: false }),
        new Dropout({ p: 0.1, generator: undefined }),
        new nn.Flatten({ endDim: 2 }),
        new nn.Softmax(),
        new nn.LogSoftmax({ dim: 0 }),
        new nn.LeakyReLU(),
        new nn.GELU(),
        new nn.Tanh(),
      ),
      scale: new Scale(),
      losses: { first: new nn.MSE(), second: new nn.CrossEntropy({ labelSmoothing: 0.1, weight: [1, 2] }) },
    });
    expect(`\n${all}\n`).toMatchInlineSnapshot(`
      "
      Net(
        (dense.0): Linear(inFeatures=2, outFeatures=1, bias=false)
        (layers): Sequential(
          (0): Embedding(4, 3)
          (1): Embedding(4, 3, paddingIdx=-1)
          (2): LayerNorm([3, 2], eps=0.00001, elementwiseAffine=false)
          (3): Dropout(p=0.1)
          (4): Flatten(startDim=1, endDim=2)
          (5): Softmax(dim=-1)
          (6): LogSoftmax(dim=0)
          (7): LeakyReLU(negativeSlope=0.01)
          (8): GELU(approximate="none")
          (9): Tanh()
        )
        (scale): Scale(
          factor=3
          (inner): ReLU()
        )
        (losses.first): MSE()
        (losses.second): CrossEntropy(labelSmoothing=0.1)
      )
      "
    `);
  });

  it("lines up inside other objects, and is short where these are shortened", () => {
    expect(inspect({ model: new Sequential(model), n: 1 })).toMatchInlineSnapshot(`
      "{
        model: Sequential(
          (0): Sequential(
            (0): Linear(inFeatures=2, outFeatures=8, bias=true)
            (1): ReLU()
          )
        ),
        n: 1
      }"
    `);
    expect(inspect({ a: { b: { c: { d: model } } } })).toMatch(/\[Object\]/);
    expect(inspect({ model }, { depth: 0 })).toBe("{ model: [Sequential] }");
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
      explain: none,
      known: () => null,
      made: () => undefined,
      gradient: () => undefined,
      flag: () => undefined,
    };
    try {
      fn();
    } finally {
      recording.current = null;
    }
    return seen;
  };
  const [leaf, scale] = [new Net({}), one()];
  const inner = { leaf };
  const list = [inner, [leaf]];
  const record: { scales: Tensor[]; self?: object } = { scales: [scale] };
  record.self = record;
  const model = new Net({ list, record, history: [0.3, 0.2], body: new Sequential(leaf) });

  it("learns from each forward pass which properties it depends on, in arrays and plain objects too", () => {
    const seen = watchedBy(() => model.forward(zeros([1])));
    expect(seen).toEqual(new Set([model, list, inner, list[1], record, record.scales]));
    const body = model.body as nn.Module;
    expect(watchedBy(() => body.forward(zeros([1])))).toEqual(new Set([body, leaf]));
  });

  it.each(["parameters", "stateDict", "train", "zeroGrad"] as const)("and from %s", (walk) => {
    const modules = new Net({ one: new Net({ two: new Net({}) }) });
    const first = modules.one as Net;
    expect(watchedBy(() => modules[walk]())).toEqual(new Set([modules, first, first.two]));
  });
});
