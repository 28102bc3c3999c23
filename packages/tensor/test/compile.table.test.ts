import { type DType, Tensor, type TensorLike, tensor, vjp } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { afterEach, describe, expect, it } from "vitest";
import { useEngine } from "../src/backend/index.ts";
import { cases, inputsOf } from "./fixture.ts";
import { type Row, table } from "./table.ts";

// Every row of the table of operations on three engines (JavaScript, SIMD, compiled), in every dtype, at sizes around the
// width of a register and beyond a page of memory: values, gradients, and what is thrown.

const sizes = [0, 1, 3, 4, 5, 31, 1000];
const dtypes: DType[] = ["float32", "float64", "int32", "bool"];

afterEach(() => {
  useEngine("auto");
});

/** The first case's inputs, of other sizes: floats from all cases over and over. Flags and indices are those of the case. */
function resized(row: Row, dtype: DType, resize: (shape: readonly number[]) => number[]): TensorLike[] | null {
  const own = cases.get(row.name) ?? [];
  const [first] = own;
  if (first === undefined) return null;
  return inputsOf(first, "float32").map((x, k) => {
    if (!(x instanceof Tensor) || x.size === 0) return x;
    const shape = resize(x.shape);
    const n = shape.reduce((product, size) => product * size, 1);
    const others = own.map((c) => inputsOf(c, "float32")[k]).filter((other) => other instanceof Tensor);
    const all = (x.dtype === "float32" ? others : [x]).flatMap((other) => [...other.data]);
    const values = dtype === "int32" ? all.map((v) => (Math.abs(Math.fround(v)) < 2 ** 31 ? v : 0)) : all; // no int32 holds the others
    const y = tensor(
      Array.from({ length: n }, (_, i) => values[i % values.length] as number),
      { shape, dtype: x.dtype },
    );
    return x.dtype === "float32" ? y.to(dtype) : y;
  });
}

type Outcome = { values: Tensor[] } | { error: string };
const outcome = (f: () => Tensor[]): Outcome => {
  try {
    return { values: f() };
  } catch (error) {
    return { error: String(error) };
  }
};

function agree(mine: Outcome, theirs: Outcome, what: string): void {
  if ("error" in theirs || "error" in mine) {
    expect(mine, what).toEqual(theirs);
    return;
  }
  expect(mine.values.map(({ shape, dtype }) => [dtype, shape])).toEqual(
    theirs.values.map(({ shape, dtype }) => [dtype, shape]),
  );
  for (const [k, y] of theirs.values.entries()) {
    const a: number[] = [...(mine.values[k] as Tensor).data];
    const b: number[] = [...y.data];
    const size = b.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 1);
    const tolerance = (y.dtype === "float64" ? 1e-13 : 4e-6) * size;
    const wrong = b.findIndex((v, i) => {
      const own = a[i] as number;
      return !(Object.is(own, v) || own === v || Math.abs(own - v) <= tolerance);
    });
    if (wrong >= 0) expect.fail(`${what}: element ${wrong} of result ${k} is ${a[wrong]}, not ${b[wrong]}`);
  }
}

/** The values, and the gradients by the floats among the inputs where there are some, as one function of the tensors. */
function program(row: Row, inputs: readonly TensorLike[], withGradients: boolean): (...xs: Tensor[]) => Tensor[] {
  const { args } = (cases.get(row.name) ?? [])[0] ?? {};
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const call = (xs: readonly Tensor[]): Tensor => {
    const given = inputs.map((x) => (x instanceof Tensor ? (xs[tensors.indexOf(x)] as Tensor) : x));
    const value: Tensor | undefined = row.run(given, args);
    if (value === undefined) throw new Error("there is no such part");
    return value;
  };
  return (...xs) => {
    const value = call(xs);
    const wrt = xs.filter(({ dtype }) => dtype.startsWith("float"));
    if (!withGradients || !row.differentiable || wrt.length === 0 || !value.dtype.startsWith("float")) return [value];
    const f = (...ys: Tensor[]): Tensor => call(xs.map((x) => (wrt.includes(x) ? (ys[wrt.indexOf(x)] as Tensor) : x)));
    const [, pullback] = vjp(f, ...wrt);
    return [value, ...pullback(value.detach().mul(0).add(1))];
  };
}

// These look at data while they are traced, which is an error of its own; or draw at random.
const left = new Set(["oneHot", "bernoulli", "rand", "randn", "randint", "permutation"]);

describe.each(table.filter(({ name }) => !left.has(name)))("$name", (row) => {
  it.each(sizes)("on three engines, of size %i", (n) => {
    // The first axis of each tensor gets the size; then the last one.
    const resizes = [
      (shape: readonly number[]): number[] => (shape.length === 0 ? [] : [n, ...shape.slice(1)]),
      (shape: readonly number[]): number[] => (shape.length === 0 ? [] : [...shape.slice(0, -1), n]),
    ];
    for (const dtype of dtypes) {
      for (const resize of resizes) {
        const inputs = resized(row, dtype, resize);
        if (inputs === null) continue;
        const tensors = inputs.filter((x) => x instanceof Tensor);
        const f = program(row, inputs, true);
        const compiled = outcome(() => compile(f)(...tensors));
        const eager = (["js", "wasm"] as const).map((engine) => {
          useEngine(engine);
          return outcome(() => f(...tensors));
        });
        useEngine("auto");
        const what = `${row.name} of ${tensors.map(({ shape }) => `[${shape}]`)} ${dtype}`;
        agree(eager[1] as Outcome, eager[0] as Outcome, `${what}, SIMD`);
        agree(compiled, eager[0] as Outcome, `${what}, compiled`);
      }
    }
  });
});
