import { readdirSync, readFileSync } from "node:fs";
import {
  arange,
  bernoulli,
  customGrad,
  multinomial,
  noGrad,
  permutation,
  rand,
  randint,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "@tendril/tensor";
import { ExportError, torchTraining, toTorch } from "@tendril/tensor/torch";
import { describe, expect, it } from "vitest";
import { primitives } from "../src/primitive.ts";
import { rules } from "../src/torch/rules.ts";
import { programs } from "./torch-programs.ts";

/** The lines of the class or function, without what every file has before it. */
const body = (python: string): string => python.slice(python.indexOf("INPUTS ="));
const file = (name: string): string => readFileSync(new URL(`./fixtures/torch/${name}`, import.meta.url), "utf8");
const trainable = (x: Tensor): Tensor => {
  x.requiresGrad = true;
  return x;
};

it("there is a rule for each primitive that a trace records, and for none else", () => {
  const recorded = [...primitives.values()].filter(({ kind }) => kind !== "view").map(({ name }) => name);
  expect(Object.keys(rules).sort()).toEqual(recorded.sort());
});

it.each(Object.entries(programs))("%s prints as the file that interop/src/torch/kept.ts has run", (name, make) => {
  const { f, inputs, options } = make();
  expect(toTorch(f, inputs, options).python).toBe(file(`${name}.py`));
});

it("there are no other files, and the training script is the one that was run", () => {
  expect(readdirSync(new URL("./fixtures/torch", import.meta.url)).sort()).toEqual(
    [...Object.keys(programs).map((name) => `${name}.py`), "train.py"].sort(),
  );
  expect(torchTraining("Adam", { lr: 0.1, betas: [0.8, 0.99], amsgrad: true })).toBe(file("train.py"));
});

it("gives the state that the file reads: the tensors themselves", () => {
  const { f, inputs, options } = (programs.images as NonNullable<typeof programs.images>)();
  const { state } = toTorch(f, inputs, options);
  const names = options.names as Record<string, Tensor>;
  expect(Object.keys(state).sort()).toEqual(Object.keys(names).sort());
  for (const [name, x] of Object.entries(state)) expect(x).toBe(names[name]);
});

describe("names", () => {
  const line = (names: Record<string, Tensor>, f: () => Tensor): string[] =>
    body(toTorch(f, {}, { names }).python)
      .split("\n")
      .flatMap((text) => / (\S+) = self\.get/.exec(text)?.[1] ?? []);

  it("are Python's identifiers, none twice, none that Python or the file has", () => {
    const all = ["lambda", "0.weight", "blockOne.weight", "block_one.weight", "λ", "self", "torch", "a-b", "a_b", "N"];
    const names = Object.fromEntries(all.map((name) => [name, trainable(zeros([2]))]));
    const sum = (): Tensor => Object.values(names).reduce((a, b) => a.add(b));
    const printed = line(names, sum);
    expect(printed).toEqual([
      "lambda_1",
      "p0_weight",
      "block_one_weight",
      "block_one_weight_1",
      "p_",
      "self_1",
      "torch_1",
      "a_b",
      "a_b_1",
      "N_1",
    ]);
  });

  it("are none of the constants that the file has", () => {
    const large = arange(100);
    const { python } = toTorch((x: Tensor) => x.sum().mul(large), { CONSTANT_0: zeros([2]) });
    expect(python).toContain("def forward(self, constant_0, apart=False):");
    expect(python).toContain("= CONSTANT_0.to(device)");
  });

  it("of results are escaped where Python's text is not as they are", () => {
    const { python } = toTorch((x: Tensor) => ({ 'a"""b': x, "\\u12": x.exp(), "a\nb": x.neg(), é: x.sum() }), {
      x: zeros([2]),
    });
    expect(python).toContain('"""x: [2] -> "a\\"\\"\\"b": [2], "\\\\u12": [2], "a\\nb": [2], é: []');
  });

  it("that no modules can have are refused", () => {
    const [a, b] = [trainable(zeros([2])), trainable(zeros([2]))];
    expect(() => line({ a, "a.b": b }, () => a.add(b))).toThrow(
      new ExportError(
        'toTorch: the name "a" is also the beginning of "a.b", which PyTorch does not allow; rename it in names',
      ),
    );
    expect(() => line({ "a..b": a }, () => a.add(1))).toThrow(
      'toTorch: the name "a..b" has an empty part, which PyTorch does not allow; rename it in names',
    );
  });
});

describe("the loss as a quotient", () => {
  const w = trainable(zeros([3]));
  const parts = (f: (x: Tensor) => Tensor | Record<string, Tensor>, batch = true): string =>
    /if apart:\n +(.*)\n/.exec(toTorch(f, { x: zeros([5, 3]) }, { names: { w }, batch }).python)?.[1] ?? "";
  const none = 'raise ValueError("apart: the loss is not a sum divided by a weight; return { loss, weight }")';

  it("is a mean's sum and count", () => {
    expect(parts((x) => x.mul(w).mean())).toBe("return sum, torch.full((), (3*N), dtype=torch.float32, device=device)");
    expect(parts((x) => ({ rows: x, loss: x.mul(w).sum().div(x.gt(0).sum()) }))).toBe(
      "return sum, sum_1.to(torch.float32)",
    );
    expect(parts((x) => ({ loss: x.mul(w).mean().add(w.sum()), weight: x.gt(0).sum() }))).toBe(
      "return loss * weight.to(torch.float32), weight.to(torch.float32)",
    );
  });

  it("is none where nothing is divided, where the divisor is trained, or is the same for every batch", () => {
    expect(parts((x) => x.mul(w).sum())).toBe(none);
    expect(parts((x) => x.mul(w).mean().add(w.sum()))).toBe(none);
    expect(parts((x) => x.mul(w).sum().div(w.sum()))).toBe(none);
    expect(parts((x) => x.mul(w).sum().div(10))).toBe(none);
    expect(parts((x) => x.mul(w).sum().div(10), false)).toBe(
      "return sum, torch.full((), 10.0, dtype=torch.float32, device=device)",
    );
    expect(parts((x) => x.mul(w).mean(1))).toBe(none);
    expect(() => parts((x) => ({ loss: x.mul(w).mean(), weight: w.sum() }))).toThrow(
      "toTorch: weight of shape [] is not a denominator of the loss; return the one number that the loss was divided by, and that no parameter changes",
    );
  });
});

describe("gradients that PyTorch would not find", () => {
  const w = trainable(tensor([1, 2, 3]));
  const x = tensor([[1, -2, 0.5]]);
  const print = (f: (x: Tensor) => Tensor): string => toTorch(f, { x }, { names: { w }, batch: true }).python;
  const message =
    'toTorch: the gradient of "w" is not that of the traced ops, which PyTorch would take; export a step with its gradients, or leave out detach, noGrad or customGrad';

  it("are refused", () => {
    expect(() => print((x) => x.mul(w).add(w.detach()).mean())).toThrow(new ExportError(message));
    expect(() =>
      print((x) =>
        x
          .mul(w)
          .mul(noGrad(() => w.exp()))
          .mean(),
      ),
    ).toThrow(message);
    const straight = customGrad({ name: "straight", forward: (a: Tensor) => a.round(), vjps: [(ct) => ct] });
    expect(() => print((x) => x.mul(straight(w)).mean())).toThrow(message);
  });

  it("are looked at with other numbers where the input given is filled with one", () => {
    const blank = (f: (x: Tensor) => Tensor): string =>
      toTorch(f, { x: zeros([4, 3]) }, { names: { w }, batch: true }).python;
    expect(() => blank((x) => x.mul(w.detach()).add(w).mean())).toThrow(message);
    expect(() => blank((x) => x.mul(w.detach()).mul(w).mean())).toThrow(message);
    blank((x) => x.mul(w).exp().mean());
  });

  it("are not asked for where there are none, nor where they are the same", () => {
    print((x) => noGrad(() => x.mul(w).mean()));
    print((x) => x.mul(w).exp().mean());
    print((x) =>
      x
        .mul(w)
        .mean()
        .add(rand([3]).mul(w).sum()),
    );
    const square = customGrad({
      name: "square",
      forward: (a: Tensor) => a.mul(a),
      vjps: [(ct, [a]) => ct.mul(a).mul(2)],
    });
    print((x) => square(x.mul(w)).mean());
    expect(w.grad).toBeNull();
    expect([...w.data]).toEqual([1, 2, 3]);
  });
});

it("random numbers are drawn there, too", () => {
  const f = (p: Tensor): Record<string, Tensor> => ({
    uniform: rand([2, 3]),
    normal: randn([4], { dtype: "float64" }),
    dice: randint(1, 7, [5]),
    order: permutation(6),
    coins: bernoulli(p),
    some: multinomial(p, 2),
    many: multinomial(p, 2, { replacement: true }),
  });
  const text = body(toTorch(f, { p: tensor([0.5, 0.5]) }).python);
  for (const draw of [
    "torch.rand((2, 3), dtype=torch.float32, device=device)",
    "torch.randn((4,), dtype=torch.float64, device=device)",
    "torch.randint(1, 7, (5,), dtype=torch.int32, device=device)",
    "torch.randperm(6, dtype=torch.int32, device=device)",
    "torch.bernoulli(p).to(torch.float32)",
    "torch.rand((2,), dtype=torch.float64, device=device)",
    "torch.searchsorted(",
  ]) {
    expect(text).toContain(draw);
  }
});

it("refuses constants that are data, and options that there are not", () => {
  const data = randn([1025, 1025]);
  expect(() => toTorch(() => data.mul(2), {})).toThrow(
    new ExportError(
      "toTorch: a tensor of 1050625 elements that has no name is part of the step; give it one in names, or make it an input",
    ),
  );
  expect(() => toTorch(() => data, {}, { batched: true } as object)).toThrow(/toTorch: .*batched/);
});

describe("torchTraining", () => {
  it("takes options as the optimizer's constructor does, and groups as its stateDict has them", () => {
    expect(torchTraining("SGD")).toContain('GROUPS = [\n    {"lr": 0.001},\n]');
    const groups = [
      { params: [0], paramNames: ["a.weight"], lr: 0.1, initialLr: 0.2, weightDecay: 0.01 },
      { params: [1], paramNames: ["b", "c"], lr: 1, maximize: true },
    ];
    expect(torchTraining("AdamW", groups)).toContain(
      '    {"lr": 0.1, "weight_decay": 0.01, "params": ("a.weight",)},\n    {"lr": 1.0, "maximize": True, "params": ("b", "c")},\n',
    );
  });

  it("says what is wrong", () => {
    expect(() => torchTraining("Lion" as "SGD")).toThrow(
      'torchTraining: no optimizer "Lion"; there are SGD, Adam, AdamW, RMSprop, Adagrad',
    );
    expect(() => torchTraining("SGD", { lr: "fast" })).toThrow(
      'torchTraining: option lr must be a number, a boolean or numbers, got "fast"',
    );
    expect(() => torchTraining("SGD", 3 as unknown as object)).toThrow(
      "torchTraining: options must be an object, got 3",
    );
    expect(() => torchTraining("SGD", [{ lr: 1 }, { lr: 2 }])).toThrow(
      "torchTraining: group 0 has no paramNames; give the optimizer model.namedParameters()",
    );
  });
});

it("the device of constants is asked of what is there already", () => {
  const w = zeros([3]);
  const write = (): void => void w.assign(tensor([1, 2, 3]));
  const lines = body(toTorch(write, {}, { names: { w } }).python);
  expect(lines.indexOf("w = self.get_buffer")).toBeLessThan(lines.indexOf("device = w.device"));
  expect(lines.indexOf("device = w.device")).toBeLessThan(lines.indexOf("device=device"));
  expect(body(toTorch(() => tensor([1, 2]).add(tensor([3, 4])), {}).python)).toContain('device = "cpu"');
});
