/** What users write, as files of a project into which the packed packages are installed. */

/** Trains eagerly, then compiled; says what became of the loss, and throws if it did not fall. */
const train = `
import { manualSeed, randn, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { gradcheck } from "@tendril/tensor/testing";
import {
  Adam, BatchNorm1d, Conv2d, CosineAnnealingLR, crossEntropy, Dropout, Embedding, ExponentialLR, GRU, LayerNorm, Linear,
  LinearLR, MaxPool2d, ReduceLROnPlateau, ReLU, Sequential, SGD, StepLR, TransformerEncoderLayer,
} from "@tendril/nn";

/** One of each kind of part: what a bundler's minifier breaks shows in the constructors. */
function makeParts() {
  const image = new MaxPool2d(2).forward(new Conv2d(1, 2, 3).forward(randn([2, 1, 6, 6])));
  const rows = new LayerNorm(3).forward(new BatchNorm1d(3).forward(randn([4, 3])));
  const words = new Embedding(5, 4).forward(tensor([[1, 2, 3]], { dtype: "int32" }));
  const [states] = new GRU(4, 4, { batchFirst: true }).forward(words);
  const encoded = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true, dropout: 0 }).forward(states);
  const optimizer = new Adam(new Linear(2, 2).parameters());
  const schedules = [
    new StepLR(optimizer, { stepSize: 2 }), new ExponentialLR(optimizer, { gamma: 0.9 }), new LinearLR(optimizer),
    new CosineAnnealingLR(optimizer, { tMax: 3 }), new ReduceLROnPlateau(optimizer),
  ];
  const shapes = [image, new Dropout().forward(rows), encoded].map((x) => x.shape.join("x")).join(" ");
  if (shapes !== "2x2x2x2 4x3 1x3x4" || schedules.length !== 5) throw new Error("shapes are " + shapes);
}

function train({ rows = 200, hidden = 16, threads = 1 } = {}) {
  makeParts();
  manualSeed(0);
  const x = randn([rows, 2]);
  const y = x.select(1, 0).mul(x.select(1, 1)).gt(0).to("int32");
  const model = new Sequential(new Linear(2, hidden), new ReLU(), new Linear(hidden, 2));
  const optimizer = new SGD(model.parameters(), { lr: 0.2, momentum: 0.9 });
  const step = () => {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const first = step().item();
  for (let i = 0; i < 30; i++) step();
  const middle = step().item();
  const compiled = compile(step, { threads });
  for (let i = 0; i < 60; i++) compiled();
  const last = compiled().item();
  const { maxRelativeError } = gradcheck((a) => a.softmax(1).mul(a), [randn([3, 4])]);
  const text = [first, middle, last].map((loss) => loss.toFixed(3)).join(" → ");
  if (!(middle < first * 0.8 && last < middle * 0.8 && maxRelativeError < 1e-6)) throw new Error("does not train: " + text);
  return "trains, " + text;
}
`;

/** An ES module as CommonJS: imports and the export are all that differs. */
const required = (code: string): string =>
  code
    .replace(/import (\{[^}]*?\}) from ("[^"]+")/g, "const $1 = require($2)")
    .replace(/export (\{[^}]*\})/, "module.exports = $1");

const show = (expression: string): string => `
const result = document.body.dataset;
try {
  result.text = ${expression};
} catch (error) {
  result.text = "FAILED: " + error.stack;
}
`;

/** Large enough for loops that are cut into parts; counts the workers that are started. */
const threads = `
const Original = globalThis.Worker;
let started = 0;
globalThis.Worker = class extends Original {
  constructor(...args) {
    super(...args);
    started++;
  }
};
${show(`train({ rows: 4096, hidden: 64, threads: 2 }) + ", workers: " + started + (crossOriginIsolated ? ", isolated" : "")`)}
`;

/** Two copies of the library: every mixed call is an error that says so, and what they can share, they share. */
const copies = (first: string, second: string): string => `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const [A, nnA, B, nnB] = [${first}, ${second}].flat();
const { compile } = await import("@tendril/tensor/compile");
const [x, y] = [A.ones([2, 2]), B.ones([2, 2])];
class Net extends nnA.Module {
  body = new nnB.Linear(2, 2);
  forward(z) { return this.body.forward(z); }
}
const mixed = {
  "add": () => A.add(x, y), "method": () => y.matmul(x), "tensor": () => A.tensor(y), "cat": () => A.cat([x, y]),
  "grad": () => A.grad((a) => a.sum())(y), "where": () => A.where(x.gt(0), x, y), "einsum": () => A.einsum("ij->ji", y),
  "generator": () => A.rand([2], { generator: new B.Generator(1) }), "toTransfer": () => A.toTransfer(y),
  "a layer": () => new nnA.Linear(2, 3).forward(y), "parameter": () => nnA.parameter(y),
  "an optimizer": () => new nnA.SGD(new nnB.Linear(2, 2).parameters(), { lr: 1 }),
  "a part": () => new Net().parameters(), "Sequential": () => new nnA.Sequential(new nnB.Linear(2, 2)),
  "a state": () => new nnA.Linear(2, 2).loadStateDict(new nnB.Linear(2, 2).stateDict()),
  "compile's argument": () => compile((a) => a.mul(2))(y), "a compiled step": () => compile(() => y.mul(2))(),
};
let errors = 0;
for (const [name, call] of Object.entries(mixed)) {
  let error;
  try { call(); } catch (thrown) { error = thrown; }
  if (!(error instanceof A.TendrilError || error instanceof B.TendrilError)) throw new Error(name + ": " + (error ?? "no error"));
  const files = /two copies of Tendril are loaded, from (\\S+) and from ([^\\s;]+)/.exec(error.message);
  if (files === null || files[1] === files[2]) throw new Error(name + ": " + error.message);
  if (!files.slice(1).every((file) => file.includes("node_modules/@tendril/"))) throw new Error(name + ": " + error.message);
  if (error.message.includes("\\n")) throw new Error(name + ": more than a line");
  errors++;
}
const w = B.ones([2], { requiresGrad: true });
if (A.noGrad(() => w.mul(2)).requiresGrad) throw new Error("noGrad is not shared");
const drawn = [A, B].map(({ rand }) => { A.manualSeed(3); return rand([4]).toArray().join(); });
if (drawn[0] !== drawn[1]) throw new Error("manualSeed is not shared");
if (A.add(x, x).sum().item() + B.add(y, y).sum().item() !== 16) throw new Error("a copy by itself is wrong");
console.log(errors + " mixed calls say that there are two copies");
`;

const imported = `await Promise.all([import("@tendril/tensor"), import("@tendril/nn")])`;

/** Without what is not everywhere: the process's own modules give Node its threads. */
const without = (names: readonly string[]): string => `
for (const name of ${JSON.stringify(names)}) {
  if (name === "process.getBuiltinModule") process.getBuiltinModule = undefined;
  else if (!delete globalThis[name]) throw new Error(name + " cannot be removed");
}
const { train } = await import("./train.mjs");
console.log(train({ rows: 4096, hidden: 64, threads: 2 }));
`;

export const missing: Record<string, readonly string[]> = {
  FinalizationRegistry: ["FinalizationRegistry", "WeakRef"],
  SharedArrayBuffer: ["SharedArrayBuffer"],
  workers: ["process.getBuiltinModule"],
  WebAssembly: ["WebAssembly"],
  all: ["FinalizationRegistry", "WeakRef", "SharedArrayBuffer", "process.getBuiltinModule", "WebAssembly", "Atomics"],
};

const types = `
export const options: { rows?: number; hidden?: number; threads?: number } = { rows: 3 };
export const said: string = train(options);
export const gradient: Tensor | null = new Linear(2, 3).weight.grad;
export const scaled: (x: Tensor) => Tensor = compile((x: Tensor) => x.mul(2));
// @ts-expect-error a shape is not a number: the types must be there, not any
randn(300);
// @ts-expect-error nor is an option of another name taken
compile(() => undefined, { thread: 2 });
`;
const usage = `import type { Tensor } from "@tendril/tensor";\n${train}${types}`;

/** The files of the project, by name. */
export const files: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ private: true }),
  "train.mjs": `${train}export { train };\n`,
  "train.cjs": required(`${train}export { train };\n`),
  "esm.mjs": `import { train } from "./train.mjs";\nconsole.log(train());\n`,
  "cjs.cjs": `const { train } = require("./train.cjs");\nconsole.log(train());\n`,
  "page.mjs": `import { train } from "./train.mjs";\n${show("train()")}`,
  "threads.mjs": `import { train } from "./train.mjs";\n${threads}`,
  "worker.mjs": `import { train } from "./train.mjs";\npostMessage(train());\n`,
  "in-worker.mjs": `
const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => { document.body.dataset.text = data; };
worker.onerror = ({ message }) => { document.body.dataset.text = "FAILED: " + message; };
`,
  "copies-formats.mjs": copies(imported, `["@tendril/tensor", "@tendril/nn"].map((name) => require(name))`),
  "copies-versions.mjs": copies(
    imported,
    `await Promise.all(["tensor", "nn"].map((name) => import("./other/node_modules/@tendril/" + name + "/dist/index.js")))`,
  ),
  ...Object.fromEntries(Object.entries(missing).map(([name, all]) => [`without-${name}.mjs`, without(all)])),
  "usage.mts": usage,
  "usage.cts": usage,
  "usage.ts": usage,
};
