import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { format } from "node:util";
import { batches, crossEntropy, SGD } from "@tendril/nn";
import { Generator, oneHot, type Tensor, tensor, zeros } from "@tendril/tensor";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  blobs,
  fitStandardizer,
  splitData,
  standardizeSplit,
} from "../examples/multinomial-logistic/src/lesson/data.ts";
import { measure, train } from "../examples/multinomial-logistic/src/lesson/loop.ts";
import { objective } from "../examples/multinomial-logistic/src/lesson/loss.ts";
import { createModel, emptyModel } from "../examples/multinomial-logistic/src/lesson/model.ts";
import { type Options, parseOptions } from "../examples/multinomial-logistic/src/node/options.ts";

// docs/in-100-lines.md: its `typescript` blocks, put together, are a program; its `js` blocks try what there is so far
// and a `text` block under each is what it prints. (No `ts` fences: snippets.test.ts runs each of those by itself.)

/** The document's own tensor. */
interface Small {
  data: number[];
  shape: number[];
  inputs: Small[];
  rules: ((grad: number[]) => number[])[];
  grad: number[];
}
interface Engine {
  tensor(data: number[], shape: number[]): Small;
  tanh(x: Small): Small;
  add(a: Small, b: Small): Small;
  mul(a: Small, b: Small): Small;
  matmul(a: Small, b: Small): Small;
  crossEntropy(z: Small, y: Small): Small;
  backward(loss: Small): void;
  train(w: Small, b: Small, batches: [x: Small, y: Small][], rate: number): number[];
}
const names = ["tensor", "tanh", "add", "mul", "matmul", "crossEntropy", "backward", "train"];

const root = resolve(import.meta.dirname, "..");
const document = join(root, "docs/in-100-lines.md");
const text = readFileSync(document, "utf8");
const blocks = [...text.matchAll(/^```(typescript|js|text)\n([\s\S]*?)^```$/gm)].map(([, kind, body = ""], i, all) => {
  const next = all[i + 1]?.[1] === "text" ? all[i + 1]?.[2] : undefined;
  return { kind, body, printed: kind === "js" ? next : undefined };
});
const program = blocks.flatMap(({ kind, body }) => (kind === "typescript" ? body : [])).join("\n");
const lines = program.split("\n").filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)); // as in budget.test.ts

const written: string[] = [];
afterAll(() => {
  for (const path of written) rmSync(path, { force: true });
});

/** Runs code as a module in the folder that the document names; returns its exports and what it printed. */
async function load(code: string): Promise<{ exports: unknown; printed: string }> {
  mkdirSync(join(root, "out"), { recursive: true });
  const path = join(root, "out", `in-100-lines-${process.pid}-${written.length}.ts`);
  written.push(path);
  writeFileSync(path, code);
  const printed: string[] = [];
  const spy = vi.spyOn(console, "log").mockImplementation((...values) => void printed.push(`${format(...values)}\n`));
  try {
    return { exports: await import(/* @vite-ignore */ path), printed: printed.join("") };
  } finally {
    spy.mockRestore();
  }
}

const loadEngine = async (code: string): Promise<Engine> =>
  (await load(`${code}\nexport { ${names.join(", ")} };\n`)).exports as Engine;

describe("the document", () => {
  test("holds as many lines of code as it says, at most 100", () => {
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(Number(/(\d+) lines of TypeScript/.exec(text)?.[1])).toBe(lines.length);
  });

  test("begins each of its parts with a piece of the program", () => {
    const parts = text.split(/^## \d+\. /m).slice(1);
    const kinds = parts.map((part) => /^```(\w+)$/m.exec(part)?.[1]);
    expect(kinds).toEqual(Array(8).fill("typescript"));
    expect(blocks.filter(({ kind }) => kind === "typescript").length).toBe(8);
  });

  test("is formatted as all code here, in lines of at most 100 characters, without imports", () => {
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    const options = ["format", "--line-width=100", "--stdin-file-path=engine.ts"];
    const formatted = execFileSync(process.execPath, [biome, ...options], { cwd: root, input: program });
    expect(program).toBe(formatted.toString());
    expect(program.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(program).not.toMatch(/\bimport\b|\brequire\b|\beval\b|\bFunction\b|\bany\b/);
  });

  test("is TypeScript, strict", () => {
    const options: ts.CompilerOptions = { strict: true, noEmit: true, lib: ["lib.es2023.d.ts"], types: [] };
    options.target = ts.ScriptTarget.ES2022;
    const host = ts.createCompilerHost(options);
    const { getSourceFile } = host;
    host.getSourceFile = (name, version) =>
      name === "engine.ts" ? ts.createSourceFile(name, program, version) : getSourceFile(name, version);
    const checked = ts.createProgram(["engine.ts"], options, host);
    const file = checked.getSourceFile("engine.ts");
    const problems = [...checked.getSyntacticDiagnostics(file), ...checked.getSemanticDiagnostics(file)];
    expect(file?.statements.length).toBeGreaterThan(10);
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });

  test("prints at each step what is printed there, with what is written so far", async () => {
    let code = "";
    let expected = "";
    let trials = 0;
    for (const { kind, body, printed } of blocks) {
      if (kind !== "text") code += `${body}\n`;
      if (kind !== "js") continue;
      expect(printed, `what this prints is missing:\n${body}`).toBeDefined();
      expected += printed;
      trials++;
      expect((await load(`${code}\nexport {};\n`)).printed).toBe(expected);
    }
    expect(trials).toBe(7);
  });

  test("names files that exist", () => {
    const links = [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((link) => !existsSync(resolve(dirname(document), link)))).toEqual([]);
  });
});

/** The largest |a − b| / max(1, |b|); infinite when something is missing or no number. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, x, i) => {
    const y = b[i] as number;
    const off = Math.abs(x - y) / Math.max(1, Math.abs(y));
    return Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(most, off);
  }, 0);
}

/** A value in both engines. */
interface Both {
  here: Small;
  there: Tensor;
}

/** Shapes that all broadcast with one another. */
const shapes = [[], [1], [3], [2, 1], [1, 3], [2, 3], [4, 1, 1], [4, 2, 3]];

/**
 * Builds one random graph in both engines, from leaves of many shapes, each op on values drawn with replacement, so
 * that they are shared. Returns the largest difference of values and of gradients, and counts the ops in `used`.
 */
function compareGraph(engine: Engine, seed: number, used: Map<string, number> = new Map()): number {
  const generator = new Generator(`in 100 lines ${seed}`);
  const below = (n: number): number => Math.floor(generator.next() * n);
  const leaves: Both[] = [];
  const leaf = (shape: number[]): Both => {
    const data = Array.from({ length: shape.reduce((n, m) => n * m, 1) }, () => 4 * generator.next() - 2);
    const there = tensor(data, { dtype: "float64" }).reshape(shape).detach();
    there.requiresGrad = true;
    const both = { here: engine.tensor(data, shape), there };
    leaves.push(both);
    return both;
  };
  const op = (name: "tanh" | "add" | "mul" | "matmul" | "crossEntropy", a: Both, b: Both): Both => {
    used.set(name, (used.get(name) ?? 0) + 1);
    if (name === "tanh") return { here: engine.tanh(a.here), there: a.there.tanh() };
    if (name === "crossEntropy")
      return { here: engine.crossEntropy(a.here, b.here), there: crossEntropy(a.there, b.there) };
    return { here: engine[name](a.here, b.here), there: a.there[name](b.there) };
  };
  const pool = Array.from({ length: 4 }, () => leaf(shapes[below(shapes.length)] as number[]));
  const any = (): Both => pool[below(pool.length)] as Both;
  for (let i = 0; i < 12; i++) {
    const kind = below(6);
    if (kind < 2) pool.push(op("add", any(), any()));
    else if (kind === 2) pool.push(op("tanh", any(), any()));
    else if (kind === 3) pool.push(op("tanh", op("mul", any(), any()), any()));
    else {
      // A matrix [2, 3] that depends on all that broadcasts to it, for the ops that want one.
      const fitting = pool.filter(({ there }) => there.ndim < 3);
      const matrix = op("add", leaf([2, 3]), fitting[below(fitting.length)] ?? leaf([3]));
      if (kind === 4) pool.push(op("matmul", matrix, leaf([3, 3])), op("matmul", leaf([2, 2]), matrix));
      else {
        const classes = [below(3), below(3)];
        const y = {
          here: engine.tensor(
            classes.flatMap((c) => [0, 1, 2].map((k) => Number(k === c))),
            [2, 3],
          ),
          there: tensor(classes, { dtype: "int32" }),
        };
        pool.push(op("crossEntropy", matrix, y));
      }
    }
  }
  const out = pool.reduce((a, b) => op("add", a, b));
  engine.backward(out.here);
  out.there.sum().backward();
  expect(pool.map(({ here }) => here.shape)).toEqual(pool.map(({ there }) => [...there.shape]));
  return Math.max(
    ...pool.map(({ here, there }) => difference(here.data, there.data)),
    ...leaves.map(({ here, there }) => difference(here.grad, (there.grad ?? zeros(there.shape)).data)),
  );
}

/** The same for the loss of logits up to ±1000, of which e^z overflows or is 0. */
function compareLargeLogits(engine: Engine): number {
  const z = tensor(
    [
      [1000, 0, -1000],
      [-1000, -1000, -1001],
      [800, 900, 850],
    ],
    { dtype: "float64", requiresGrad: true },
  );
  const y = tensor([2, 0, 1], { dtype: "int32" });
  const [here, there] = [small(engine, z), crossEntropy(z, y)];
  const loss = engine.crossEntropy(here, small(engine, oneHot(y, 3)));
  engine.backward(loss);
  there.backward();
  return Math.max(difference(loss.data, there.data), difference(here.grad, (z.grad as Tensor).data));
}

/** What the example trains on when it is asked for nothing: its options, data, first weights and batches. */
function example() {
  const options = parseOptions([]) as Options;
  const measured = splitData(blobs(options.seed), options.seed);
  const split = standardizeSplit(measured, fitStandardizer(measured));
  const model = createModel({ features: 2, classes: 3, seed: options.seed });
  const generator = new Generator(`batches ${options.seed}`);
  const { xTrain, yTrain } = split;
  const epochs = Array.from({ length: options.epochs }, () => [
    ...batches(xTrain, yTrain, { batchSize: options.batchSize, generator }),
  ]);
  return { options, split, model, epochs };
}

/** The example's W, with one row for each class, as the document has it: one column for each. */
function startFrom(engine: Engine, { weight, bias }: { weight: Tensor; bias: Tensor }): { w: Small; b: Small } {
  return { w: small(engine, weight.T), b: small(engine, bias) };
}
const small = (engine: Engine, t: Tensor): Small => engine.tensor([...t.data], [...t.shape]);
const smallBatch = (engine: Engine, [x, y]: [Tensor, Tensor]): [Small, Small] => [
  small(engine, x),
  small(engine, oneHot(y, 3)),
];

/** The losses of the example's steps with Tendril, eager, in float64: the numbers that the document computes in. */
function tendrilLosses({ options, model, epochs }: ReturnType<typeof example>): number[] {
  const twin = emptyModel(2, 3, { dtype: "float64" });
  twin.loadStateDict(model.stateDict());
  const optimizer = new SGD(twin.parameters(), { lr: options.lr });
  return epochs.flat().map(([x, y]) => {
    optimizer.zeroGrad();
    const loss = objective(twin, x.to("float64"), y, options);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

describe("its engine, beside Tendril", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine(program);
  });

  test("has the same values and gradients in random graphs, to 1e-12", () => {
    const used = new Map<string, number>();
    for (let seed = 0; seed < 200; seed++) expect(compareGraph(engine, seed, used)).toBeLessThan(1e-12);
    expect([...used.keys()].sort()).toEqual(["add", "crossEntropy", "matmul", "mul", "tanh"]);
    expect(Math.min(...used.values())).toBeGreaterThan(200);
  });

  test("has the same loss and gradient for logits so large that their powers overflow, to 1e-12", () => {
    expect(compareLargeLogits(engine)).toBeLessThan(1e-12);
  });

  test("visits a tensor once, however many paths lead to it", () => {
    let visits = 0;
    const x = engine.tensor([1], []);
    const get = (): Small[] => {
      visits++;
      return [];
    };
    Object.defineProperty(x, "inputs", { get });
    let y = x;
    for (let i = 0; i < 16; i++) y = engine.add(y, y);
    engine.backward(y);
    expect(x.grad).toEqual([2 ** 16]);
    expect(visits).toBe(2); // in toposort, and in backward
  });

  test("refuses the same shapes", () => {
    const sizes = [[], [2], [3], [1, 2], [2, 1], [3, 2], [2, 3], [2, 1, 3]];
    const isRefused = (f: () => unknown): boolean => {
      try {
        f();
        return false;
      } catch {
        return true;
      }
    };
    for (const a of sizes) {
      for (const b of sizes) {
        const [x, y] = [zeros(a), zeros(b)];
        const [p, q] = [small(engine, x), small(engine, y)];
        expect(
          isRefused(() => engine.add(p, q)),
          `add [${a}] [${b}]`,
        ).toBe(isRefused(() => x.add(y)));
        if (a.length !== 2 || b.length !== 2) continue;
        expect(
          isRefused(() => engine.matmul(p, q)),
          `matmul [${a}] [${b}]`,
        ).toBe(isRefused(() => x.matmul(y)));
      }
    }
  });

  test("trains the example's three classes with the same loss at each step, to 1e-12", () => {
    const given = example();
    const { w, b } = startFrom(engine, given.model);
    const losses = engine.train(
      w,
      b,
      given.epochs.flat().map((batch) => smallBatch(engine, batch)),
      given.options.lr,
    );
    expect(losses.length).toBe(60 * 13);
    expect(difference(losses, tendrilLosses(given))).toBeLessThan(1e-12);
  });

  test("has the losses of the example itself, which computes in float32, after each epoch, to 1e-6", () => {
    const { options, split, model, epochs } = example();
    const { w, b } = startFrom(engine, model);
    const x = small(engine, split.xTrain);
    const y = small(engine, oneHot(split.yTrain, 3));
    const measureHere = (): number => engine.crossEntropy(engine.add(engine.matmul(x, w), b), y).data[0] as number;
    const here = [measureHere()];
    for (const epoch of epochs) {
      engine.train(
        w,
        b,
        epoch.map((batch) => smallBatch(engine, batch)),
        options.lr,
      );
      here.push(measureHere());
    }
    const there = [measure(model, split, options), ...train(model, split, options)].map(({ loss }) => loss);
    expect(there.length).toBe(61);
    expect(difference(here, there)).toBeLessThan(1e-6);
  });
});

describe("these checks", () => {
  // What stands in the document, and what would be wrong in its place.
  const wrongGraphs: [string, string][] = [
    ["(1 - y[i] ** 2)", "(1 - y[i])"],
    ["g + more[i]", "more[i]"],
    ["[...toposort(loss)].reverse()", "[...toposort(loss)]"],
    ["return order.add(y)", "return new Set([y, ...order])"],
    ["sum[source[i]] += g", "sum[source[i]] = g"],
    ["map((i) => i % m)", "map((i) => Math.min(i, m - 1, 1))"],
    ["[rule, rule]", "[rule, (grad) => grad.map((g) => -g)]"],
    ["g * y.data[i]", "g * x.data[i]"],
    ["g * x.data[i]", "g * y.data[i]"],
    ["transpose(b.data, k, n)", "b.data"],
    ["transpose(a.data, m, k)", "a.data"],
    ["const max = Math.max(...row)", "const max = 0"],
    ["(g / rows) *", "g *"],
    ["Math.exp(logP) - y.data[i]", "Math.exp(logP)"],
  ];
  test.each(wrongGraphs)("notice when %j reads %j", async (right, wrong) => {
    expect(program.split(right).length).toBe(2);
    const engine = await loadEngine(program.replace(right, () => wrong));
    const most = (seed: number): number => {
      try {
        return Math.max(compareGraph(engine, seed), compareLargeLogits(engine));
      } catch {
        return Number.POSITIVE_INFINITY;
      }
    };
    expect(Array.from({ length: 30 }, (_, seed) => seed).some((seed) => most(seed) > 1e-12)).toBe(true);
  });

  const wrongSteps: [string, string][] = [
    ["t.grad.fill(0)", "t.grad.fill(0, 1)"],
    ["value - rate * t.grad[i]", "value - 1.00000001 * rate * t.grad[i]"],
    ["for (const t of [w, b]) t.data", "for (const t of [w]) t.data"],
  ];
  test.each(wrongSteps)("notice when %j reads %j in the training", async (right, wrong) => {
    expect(program.split(right).length).toBe(2);
    const engine = await loadEngine(program.replace(right, () => wrong));
    const given = example();
    const few = { ...given, epochs: given.epochs.slice(0, 1) };
    const { w, b } = startFrom(engine, given.model);
    const losses = engine.train(
      w,
      b,
      few.epochs.flat().map((batch) => smallBatch(engine, batch)),
      given.options.lr,
    );
    expect(difference(losses, tendrilLosses(few))).toBeGreaterThan(1e-12);
  });
});
