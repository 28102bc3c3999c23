import {
  bernoulli,
  type DType,
  Generator,
  manualSeed,
  multinomial,
  permutation,
  type RandomOptions,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  Tensor,
  type TensorLike,
  tensor,
  vjp,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { afterEach, describe, expect, it } from "vitest";
import { type Engine, useEngine } from "../src/backend/index.ts";
import { on } from "./engine.ts";
import { type Case, cases, decode, inputsOf, isFloat, retyped } from "./fixture.ts";
import { type Row, table } from "./table.ts";

// Every row of the table of operations on three engines (JavaScript, SIMD, compiled), in every dtype: values, gradients,
// and what is thrown. All of a row's cases as they are; the first one at sizes around the width of a register and beyond
// a page of memory; and what broadcasts, stretched in all ways. A row in which nothing was compared fails.

const dtypes: DType[] = ["float32", "float64", "int32", "bool"];
const widths = [0, 1, 3, 4, 5, 31];
const sizes: Readonly<Record<DType, readonly number[]>> = {
  float32: [...widths, 6000],
  float64: [0, 1, 5, 1000], // no loops, no SIMD: nothing goes by a register's width
  int32: [...widths, 1000],
  bool: [...widths, 1000],
};
/** Of n² elements, so that a smaller n is beyond a page. */
const squares = new Set([
  "outer",
  "indexSelect",
  "embedding",
  "index",
  "meshgrid",
  "conv1d",
  "conv2d",
  "convTranspose1d",
  "convTranspose2d",
  "linear",
  "attentionWeights",
  "scaledDotProductAttention",
]);
/** Their shape is an argument, so that of all resized cases only an error can be compared. */
const ofOneShape = new Set(["reshape", "broadcastTo", "expand"]);

afterEach(() => {
  useEngine("auto");
});

/** A case's inputs, with its floats in the dtype. */
const asTheyAre = (c: Case, dtype: DType): TensorLike[] =>
  inputsOf(c, dtype === "float64" ? "float64" : "float32").map((x) => (x instanceof Tensor ? retyped(x, dtype) : x));

/** A case's inputs in other shapes: floats from all cases over and over, its own flags and indices. */
function reshaped(
  { name }: Row,
  c: Case,
  dtype: DType,
  shapeOf: (shape: readonly number[], k: number) => readonly number[],
): TensorLike[] {
  const own = cases.get(name) ?? [];
  return inputsOf(c, "float32").map((x, k) => {
    if (!(x instanceof Tensor) || x.size === 0) return x;
    const shape = shapeOf(x.shape, k);
    const others = own.map((c) => inputsOf(c, "float32")[k]).filter((other) => other instanceof Tensor);
    const values = (isFloat(x) ? others : [x]).flatMap((other) => [...other.data]);
    const size = shape.reduce((product, n) => product * n, 1);
    const data = Array.from({ length: size }, (_, i) => values[i % values.length] as number);
    return retyped(tensor(data, { shape, dtype: x.dtype }), dtype);
  });
}

/** A cotangent of which no two neighbours are the same: of ones, the gradient of softmax is 0. */
const cotangentFor = ({ shape, dtype, size }: Tensor): Tensor =>
  tensor(
    Array.from({ length: size }, (_, i) => ((i * 7) % 13) / 4 - 1.25),
    { shape, dtype },
  );

type Outcome = { values: Tensor[] } | { error: string };
const outcome = (f: () => Tensor[]): Outcome => {
  try {
    return { values: f() };
  } catch (error) {
    return { error: String(error) };
  }
};

/** How many elements were compared. */
interface Compared {
  values: number;
  gradients: number;
}

/** How close elements must be: to the bit; to some of the last ones of each; or of the largest, where large ones cancel out. */
type Closeness = "bits" | "each" | "largest";

/** Fails unless both are the same. */
function agree(mine: Outcome, theirs: Outcome, what: string, closeness: Closeness): void {
  if ("error" in theirs || "error" in mine) {
    expect(mine, what).toEqual(theirs);
    return;
  }
  const types = ({ values }: { values: Tensor[] }): unknown => values.map(({ shape, dtype }) => [dtype, shape]);
  expect(types(mine), what).toEqual(types(theirs));
  for (const [k, y] of theirs.values.entries()) {
    const a: ArrayLike<number> = (mine.values[k] as Tensor).data;
    const b: ArrayLike<number> = y.data;
    const relative = y.dtype === "float64" ? 1e-13 : 4e-6;
    let largest = 1;
    for (const v of y.data) if (Number.isFinite(v)) largest = Math.max(largest, Math.abs(v));
    for (let i = 0; i < b.length; i++) {
      const [own, v] = [a[i] as number, b[i] as number];
      const within = relative * (closeness === "largest" ? largest : (1 + Math.abs(v)) / 2);
      const close = Object.is(own, v) || (closeness !== "bits" && (own === v || Math.abs(own - v) <= within));
      if (!close) expect.fail(`${what}: element ${i} of result ${k} is ${own}, not ${v}`);
    }
  }
}

interface Call {
  readonly inputs: readonly TensorLike[];
  readonly args?: Case["args"];
  /** Default: `cotangentFor` the value. */
  readonly cotangent?: Tensor | undefined;
  /** Of SIMD to JavaScript, whose functions are not the same in the last bits. Default: "largest". */
  readonly closeness?: Closeness;
}

/** One call on three engines: its value, and its gradients by all floats where there are some. */
function compare(row: Row, { inputs, args, cotangent, closeness = "largest" }: Call): Compared {
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const call = (xs: readonly Tensor[]): Tensor => {
    const given = inputs.map((x) => (x instanceof Tensor ? (xs[tensors.indexOf(x)] as Tensor) : x));
    const value: Tensor | undefined = row.run(given, args);
    if (value === undefined) throw new Error("there is no such part");
    return value;
  };
  const first = on("js", () => outcome(() => [call(tensors)]));
  const value = "values" in first ? (first.values[0] as Tensor) : null;
  const wrt = tensors.map(isFloat);
  const differentiated = row.differentiable && wrt.includes(true) && value !== null && isFloat(value);
  const step = (...xs: Tensor[]): Tensor[] => {
    const own = xs.slice(0, tensors.length);
    if (!differentiated) return [call(own)];
    const f = (...ys: Tensor[]): Tensor => call(own.map((x, i) => (wrt[i] ? (ys.shift() as Tensor) : x)));
    const [out, pullback] = vjp(f, ...own.filter((_, i) => wrt[i]));
    return [out, ...pullback(xs[tensors.length])];
  };
  const given = differentiated ? [...tensors, cotangent ?? cotangentFor(value)] : tensors;
  const what = `${row.name} of ${tensors.map(({ dtype, shape }) => `${dtype}[${shape}]`)} ${JSON.stringify(args ?? {})}`;
  const js = on("js", () => outcome(() => step(...given)));
  const compared = "values" in js;
  on("wasm", () => {
    const simd = outcome(() => step(...given));
    agree(simd, js, `${what}, SIMD`, closeness);
    const compiled = compile(step);
    if (compared && readsData(row, args)) return expect(() => compiled(...given), what).toThrow(/is read while/);
    // Loops have the formulas of the SIMD kernels, so that no tolerance hides anything.
    for (const time of ["first", "second"]) {
      agree(
        outcome(() => compiled(...given)),
        simd,
        `${what}, compiled, ${time} call`,
        "bits",
      );
    }
  });
  if (!compared || readsData(row, args)) return { values: 0, gradients: 0 };
  const [values = 0, ...gradients] = js.values.map(({ size }) => size);
  return { values, gradients: gradients.reduce((sum, size) => sum + size, 0) };
}

/** The shape of the result is read off indices, or a mask, which have no values while they are traced. */
const readsData = (row: Row, args: Case["args"]): boolean =>
  isMasked(row) || (row.name === "oneHot" && args?.numClasses === undefined);

const isMasked = ({ name }: Row): boolean => name === "maskedSelect";

/** Compares all calls, and fails where there was nothing to compare. */
function compareAll(row: Row, calls: readonly Call[]): void {
  const sum: Compared = { values: 0, gradients: 0 };
  for (const call of calls) {
    const { values, gradients } = compare(row, call);
    sum.values += values;
    sum.gradients += gradients;
  }
  const none = sum.values === 0 ? "value" : row.differentiable && sum.gradients === 0 ? "gradient" : null;
  if (none !== null) expect.fail(`${row.name}: no ${none} was compared, since all calls throw or give nothing`);
}

describe.each(table.filter((row) => !isMasked(row)))("$name on three engines", (row) => {
  const own = cases.get(row.name) ?? [];

  it.each(["float32", "float64"] as const)("in all cases, %s", (dtype) => {
    const calls = own.map(
      (c): Call => ({
        inputs: asTheyAre(c, dtype),
        args: c.args,
        cotangent: c.cotangent && decode(c.cotangent, dtype),
        closeness: "each",
      }),
    );
    compareAll(row, calls);
  });

  it.each(["int32", "bool"] as const)("in all cases, %s", (dtype) => {
    for (const c of own) compare(row, { inputs: asTheyAre(c, dtype), args: c.args }); // some ops take floats alone, and say so
  });

  it("at all sizes", () => {
    const c = own.find(({ args }) => !readsData(row, args)) as Case;
    const resized = (dtype: DType, resize: (shape: readonly number[]) => readonly number[]): Call => ({
      inputs: reshaped(row, c, dtype, (shape) => (shape.length === 0 ? [] : resize(shape))),
      args: c.args,
    });
    const calls = dtypes.flatMap((dtype) =>
      sizes[dtype].flatMap((size) => {
        const n = squares.has(row.name) ? Math.min(size, 200) : size;
        const first = resized(dtype, (shape) => [n, ...shape.slice(1)]);
        const oneAxis = first.inputs.every((x) => !(x instanceof Tensor) || x.ndim < 2);
        return oneAxis ? [first] : [first, resized(dtype, (shape) => [...shape.slice(0, -1), n])];
      }),
    );
    if (ofOneShape.has(row.name)) for (const call of calls) compare(row, call);
    else compareAll(row, calls);
  });
});

it.each(table.filter(isMasked))("$name is refused in a compiled step, and the same on the other engines", (row) => {
  const own = cases.get(row.name) ?? [];
  for (const dtype of dtypes) for (const c of own) compare(row, { inputs: asTheyAre(c, dtype), args: c.args });
  expect(own).not.toHaveLength(0);
});

// biome-ignore format: pairs of shapes
const pairs: readonly (readonly number[][])[] = [
  [[8, 1], [64, 8, 64]],
  [[64, 8, 64], [8, 1]],
  [[64, 8, 64], [64, 1, 1]],
  [[2, 5, 3], [2, 1, 3]],
  [[2, 1, 1, 3], [2, 4, 5, 3]],
  [[1], [31]],
  [[1000], [1]],
  [[], [5]],
  [[1, 1], []],
  [[7, 1], [1, 5]],
  [[4, 1, 6], [5, 1]],
  [[3, 1, 5, 1], [1, 4, 1, 6]],
  [[0, 3], [1]],
];

// biome-ignore format: triples of shapes
const triples: readonly (readonly number[][])[] = [
  [[8, 1], [64, 8, 64], [64]],
  [[64, 8, 64], [8, 1], [1]],
  [[2, 1, 3], [1, 5, 3], [5, 1]],
  [[7, 1], [1], [1, 5]],
  [[1], [31], []],
  [[31], [1], [1]],
  [[], [4, 1], [1, 9]],
];

describe.each(table.filter(({ broadcasts }) => broadcasts))("$name broadcasts on three engines", (row) => {
  const [c] = (cases.get(row.name) ?? []) as [Case];
  it.each(dtypes)("%s", (dtype) => {
    const all = c.inputs.length === 3 ? triples : pairs;
    const calls = all
      .filter((shapes) => dtype === "float32" || !shapes.flat().includes(64))
      .map((shapes) => ({ inputs: reshaped(row, c, dtype, (_, k) => shapes[k] as readonly number[]) }));
    if (dtype === "float32") compareAll(row, calls);
    else for (const call of calls) compare(row, call);
  });
});

it("what broadcasts is every op that stretches its inputs", () => {
  const shapes = [
    [2, 1, 1],
    [1, 3, 1],
  ];
  const stretches = table.filter((row) => {
    const c = cases.get(row.name)?.find(({ inputs }) => inputs.filter((x) => typeof x !== "number").length > 1);
    if (c === undefined) return false;
    return [0, 1].every((first) => {
      const inputs = reshaped(row, c, "float64", (_, k) => shapes[(k + first) % 2] as number[]);
      const out = outcome(() => [row.run(inputs, c.args)]);
      return "values" in out && `${out.values[0]?.shape}` === "2,3,1";
    });
  });
  expect(stretches.map(({ name }) => name)).toEqual(table.filter((row) => row.broadcasts).map(({ name }) => name));
});

describe("the comparison itself", () => {
  const neg = table.find(({ name }) => name === "neg") as Row;
  const x = tensor([1, -2, 3]);

  it("fails for a row in which no value, or no gradient, is compared", () => {
    const throws = (): never => {
      throw new Error("always");
    };
    const calls = [{ inputs: [x] }];
    expect(() => compareAll({ ...neg, run: throws }, calls)).toThrow("neg: no value was compared");
    expect(() => compareAll({ ...neg, run: ([y]) => (y as Tensor).slice([0, 0]) }, calls)).toThrow("no value");
    expect(() => compareAll({ ...neg, run: ([y]) => (y as Tensor).gt(0) }, calls)).toThrow("no gradient was compared");
    expect(() => compareAll(neg, [])).toThrow("no value was compared");
    compareAll(neg, calls);
  });

  it("fails for an engine that computes something else", () => {
    let call = 0;
    const run: Row["run"] = ([y]) => (y as Tensor).mul(1 + 1e-4 * call++);
    expect(() => compare({ ...neg, run }, { inputs: [x] })).toThrow(/, SIMD: element 0 of result 0 is/);
    const outcomes = [0, -0].map((v): Outcome => ({ values: [tensor(v)] }));
    expect(() => agree(outcomes[0] as Outcome, outcomes[1] as Outcome, "zeros", "bits")).toThrow("zeros: element 0");
    expect(() => agree({ error: "Error: a" }, { error: "Error: b" }, "errors", "bits")).toThrow("errors");
  });
});

// These are not in the table, since they have no one answer: one seed has, on every engine.
describe("random numbers on three engines", () => {
  const draws: [string, (options: RandomOptions) => Tensor][] = [
    ["rand", (options) => rand([3, 7], options)],
    ["rand in float64", (options) => rand([5], { ...options, dtype: "float64" })],
    ["randn", (options) => randn([31], options)],
    ["randint", (options) => randint(-5, 9, [4, 5], options)],
    ["randint in bool", (options) => randint(0, 2, [9], { ...options, dtype: "bool" })],
    ["permutation", (options) => permutation(20, options)],
    ["bernoulli", (options) => bernoulli(tensor([0, 0.25, 0.5, 0.75, 1]), options)],
    ["randLike", (options) => randLike(zeros([2, 3], { dtype: "float64" }), options)],
    ["randnLike", (options) => randnLike(zeros([5]), options)],
    ["multinomial", (options) => multinomial([[0, 1, 2, 3]], 2, options)],
    [
      "multinomial with replacement",
      (options) =>
        multinomial(
          [
            [1, 2],
            [3, 0],
          ],
          9,
          { ...options, replacement: true },
        ),
    ],
    ["nothing", (options) => rand([0], options)],
  ];
  it.each(draws)("%s: the same ones of the same seed, call by call", (_, draw) => {
    const run = (engine: Engine, form: (step: () => Tensor[]) => () => Tensor[]): unknown => {
      const generator = new Generator(7);
      const step = form(() => [draw({ generator }), draw({}), draw({ generator })]);
      manualSeed(11);
      return on(engine, () =>
        [step(), step(), step()].map((xs) => xs.map(({ dtype, shape, data }) => [dtype, shape, [...data]])),
      );
    };
    const eager = run("js", (step) => step);
    expect(run("wasm", (step) => step)).toEqual(eager);
    expect(run("auto", (step) => compile(step))).toEqual(eager);
  });
});
