// Ops that move elements, pick them by index, draw them, or multiply matrices, in ONNX.
import type { DType } from "../../dtype.ts";
import type { ExportedRef } from "../../export/graph.ts";
import { plus, type Size } from "../../export/size.ts";
import type { Window } from "../../index-map.ts";
import type { Params } from "../../primitive.ts";
import type { Distribution } from "../../random.ts";
import type { Builder } from "../builder.ts";
import type { Operand } from "../model.ts";
import { choose, compare, type Rule } from "./elementwise.ts";

/** A span of an axis, whose numbers may follow the batch size; its step does not. */
export interface Span {
  readonly start: Size;
  readonly step: number;
  readonly size: Size;
}

const first = (b: Builder, inputs: readonly ExportedRef[]): Operand => b.read(inputs[0] as ExportedRef);

/** A stop that a negative step reaches beyond the first entry: Slice would count −1 from the end. */
const beforeAll = -(2 ** 31);

function slice(b: Builder, x: Operand, spans: readonly Span[]): Operand {
  const isWhole = ({ start, step, size }: Span, axis: number): boolean =>
    start === 0 && step === 1 && String(size) === String(x.shape[axis]);
  const axes = spans.flatMap((span, axis) => (isWhole(span, axis) ? [] : axis));
  if (axes.length === 0) return x;
  const cut = axes.map((axis) => spans[axis] as Span);
  const stops = cut.map(({ start, step, size }) => {
    const last = plus(start, plus(size, -1), step);
    const stop = plus(last, Math.sign(step));
    return typeof stop === "number" && stop < 0 ? beforeAll : stop;
  });
  const lists = [cut.map(({ start }) => start), stops, axes, cut.map(({ step }) => step)];
  const shape = spans.map(({ size }) => size);
  return b.node("Slice", [x, ...lists.map((list) => b.ints(list))], {}, { shape });
}

function pad(b: Builder, x: Operand, before: readonly Size[], after: readonly Size[]): Operand {
  if ([...before, ...after].every((n) => n === 0)) return x;
  const shape = x.shape.map((n, i) => plus(plus(n, before[i] as Size), after[i] as Size));
  return b.node("Pad", [x, b.ints([...before, ...after])], {}, { shape });
}

/** The transpose of a slice: entries are reversed where the step is negative, set apart by zeros, and padded. */
function unslice(b: Builder, x: Operand, spans: readonly Span[], shape: readonly Size[]): Operand {
  const reversed = spans.map(
    ({ step, size }): Span => (step < 0 ? { start: plus(size, -1), step: -1, size } : { start: 0, step: 1, size }),
  );
  let apart = slice(b, x, reversed);
  const starts = spans.map(({ start, step, size }) => (step < 0 ? plus(start, plus(size, -1), step) : start));
  const steps = spans.map(({ step }) => Math.abs(step));
  const zeros = (n: number): number[] => new Array<number>(n).fill(0);
  for (const [axis, step] of steps.entries()) {
    if (step === 1) continue;
    // An axis of n as [n, 1], padded to [n, step], and joined again.
    const { shape: from } = apart;
    const split = b.reshape(apart, [...from.slice(0, axis + 1), 1, ...from.slice(axis + 1)]);
    const after = zeros(from.length + 1);
    after[axis + 1] = step - 1;
    const n = plus(0, from[axis] as Size, step);
    apart = b.reshape(
      pad(b, split, zeros(from.length + 1), after),
      from.map((size, i) => (i === axis ? n : size)),
    );
  }
  const rest = shape.map((n, i) => plus(plus(n, starts[i] as Size, -1), apart.shape[i] as Size, -1));
  return pad(b, apart, starts, rest);
}

/** Indices of which none is negative: ONNX counts those from the end, and beyond the end it throws, as for all others. */
function guarded(b: Builder, indices: Operand, n: Size): Operand {
  const isNegative = compare(b, "Less", indices, b.number(0, indices.dtype));
  return choose(b, isNegative, b.number(n, indices.dtype), indices);
}

const gather: Rule = (b, { inputs, params }) => {
  const [x, indices] = inputs.map((ref) => b.read(ref)) as [Operand, Operand];
  const axis = params.dim as number;
  if (x.shape.length === 0) return x;
  const at = guarded(b, indices, x.shape[axis] as Size);
  return b.node("GatherElements", [x, at], { axis }, { shape: indices.shape });
};

const scatterAdd: Rule = (b, { inputs, params, out }) => {
  const [to, indices, source] = inputs.map((ref) => b.read(ref)) as [Operand, Operand, Operand];
  const work: DType = out.dtype === "bool" ? "int32" : out.dtype;
  const axis = params.dim as number;
  const [x, y] = [to, source].map((z) => b.cast(z, work)) as [Operand, Operand];
  if (x.shape.length === 0) return b.cast(b.node("Add", [x, y]), out.dtype);
  const at = guarded(b, indices, x.shape[axis] as Size);
  const sums = b.node("ScatterElements", [x, at, y], { axis, reduction: "add" }, { shape: x.shape });
  return b.cast(sums, out.dtype);
};

const oneHot: Rule = (b, { inputs, params, out }) => {
  const indices = first(b, inputs);
  const n = fixed(b, "the classes of oneHot", params.numClasses as Size);
  const classes = b.constant("int32", [n], [...new Array(n).keys()]);
  // Each index is looked up among the classes, which throws for one that is none.
  const shape = indices.shape;
  const found = b.node("Gather", [classes, guarded(b, indices, n)], { axis: 0 }, { shape });
  return b.cast(compare(b, "Equal", b.reshape(found, [...shape, 1]), classes), out.dtype);
};

/** A number that may not follow the batch size. */
function fixed(b: Builder, what: string, n: Size | undefined): number {
  if (typeof n !== "number") throw b.refuse(`${what} follow the batch size; leave out batch`);
  return n;
}

/** The spans of a tensor of this shape that take all of each axis but one. */
const along = (shape: readonly Size[], axis: number, span: Span): Span[] =>
  shape.map((size, i) => (i === axis ? span : { start: 0, step: 1, size }));

/** Windows whose numbers do not follow the batch size; how many there are may. `at`: where their entries' axes begin. */
function fixedWindows(b: Builder, op: string, params: Params): { windows: readonly Window[]; at: number } {
  const { windows, at } = params as { windows: Window[]; at: number };
  for (const { size, step, dilation } of windows) {
    for (const n of [size, step, dilation]) fixed(b, `the windows of ${op}`, n);
  }
  return { windows, at };
}

/** Axis by axis: what all windows have as entry k is a slice, and the slices are joined. */
const unfold: Rule = (b, { inputs, params, out }) => {
  const { windows, at } = fixedWindows(b, "unfold", params);
  let x = first(b, inputs);
  for (const [i, { dim, size, step, dilation }] of windows.entries()) {
    const [axis, count] = dim < at ? [dim, out.shape[dim]] : [dim + i, out.shape[dim + windows.length]];
    const { shape } = x;
    const within = shape.map((n, j) => (j === axis ? (count as Size) : n));
    const withEntries = (n: number): Size[] => [...within.slice(0, at + i), n, ...within.slice(at + i)];
    const entries = Array.from({ length: size }, (_, k) =>
      b.reshape(slice(b, x, along(shape, axis, { start: k * dilation, step, size: count as Size })), withEntries(1)),
    );
    x = b.node("Concat", entries, { axis: at + i }, { shape: withEntries(size) });
  }
  return x;
};

/** The transpose of unfold: each entry goes back to where its slice was; what comes to one place is added up. */
const fold: Rule = (b, { inputs, params, out }) => {
  const { windows, at } = fixedWindows(b, "fold", params);
  let x = b.cast(first(b, inputs), out.dtype);
  for (const [i, { dim, size, step, dilation }] of [...windows.entries()].reverse()) {
    const [axis, from] = [dim < at ? dim : dim + i, at + i];
    const { shape } = x;
    const within = shape.filter((_, j) => j !== from);
    const count = within[axis] as Size;
    const whole = within.map((n, j) => (j === axis ? (out.shape[dim] as Size) : n));
    if (step === size && dilation === 1) {
      // Windows side by side, as pools have them: each place belongs to one window, and nothing is added.
      const order = shape.map((_, j) => j).filter((j) => j !== from);
      order.splice(axis + 1, 0, from);
      const span = { start: 0, step: 1, size: plus(0, count, size) };
      const joined = within.map((n, j) => (j === axis ? span.size : n));
      x = unslice(b, b.reshape(b.transpose(x, order), joined), along(joined, axis, span), whole);
      continue;
    }
    const parts = Array.from({ length: size }, (_, k) => {
      const entry = b.reshape(slice(b, x, along(shape, from, { start: k, step: 1, size: 1 })), within);
      return unslice(b, entry, along(within, axis, { start: k * dilation, step, size: count }), whole);
    });
    x = parts.reduce((sum, part) => b.node("Add", [sum, part]));
  }
  return x;
};

const matmul: Rule = (b, { inputs, params, out }) => {
  const given = inputs.map((ref) => b.read(ref)) as [Operand, Operand];
  // float32 does not hold all of int32, and the kernel works in doubles.
  const isMixed = out.dtype === "float32" && given.some(({ dtype }) => dtype === "int32");
  const factors = given.map((x) => b.cast(x, isMixed ? "float64" : out.dtype));
  const flags = [params.transposeA, params.transposeB].map(Number) as [number, number];
  const { shape } = out;
  const [transA, transB] = flags;
  if (factors.every((x) => x.shape.length === 2) && out.dtype !== "int32" && (transA || transB)) {
    return b.cast(b.node("Gemm", factors, { transA, transB }, { shape }), out.dtype);
  }
  const swapped = factors.map((x, i) =>
    flags[i]
      ? b.transpose(
          x,
          x.shape.map((_, k, { length }) => (k < length - 2 ? k : 2 * length - 3 - k)),
        )
      : x,
  );
  return b.cast(b.node("MatMul", swapped, {}, { shape }), out.dtype);
};

const random: Rule = (b, { inputs, params, out }) => {
  const distribution = params.distribution as Distribution;
  const { name } = distribution;
  if (name === "multinomial") throw b.refuse("multinomial draws by its weights; draw outside, and make it an input");
  if (name !== "bernoulli") return b.draw(distribution, out.shape, out.dtype);
  // 1 where a number that is uniform on [0, 1) lies below the probability.
  const p = first(b, inputs);
  const { origin } = (inputs[0] as ExportedRef).value;
  if (origin.kind === "constant" && origin.elements.every((x) => x === 1)) return b.cast(p, out.dtype);
  const uniform = b.draw({ name: "rand" }, p.shape, p.dtype as DType);
  return b.cast(compare(b, "Less", uniform, p), out.dtype);
};

export const layoutRules: Readonly<Record<string, Rule>> = {
  reshape: (b, { inputs, out }) => b.reshape(first(b, inputs), out.shape),
  permute: (b, { inputs, params }) => b.transpose(first(b, inputs), params.dims as number[]),
  broadcastTo: (b, { inputs, out }) => b.expand(first(b, inputs), out.shape),
  cat: (b, { inputs, params, out }) => {
    const parts = inputs.map((ref) => b.cast(b.read(ref), out.dtype));
    return b.node("Concat", parts, { axis: params.dim as number }, { shape: out.shape });
  },
  slice: (b, { inputs, params }) => slice(b, first(b, inputs), params.spans as Span[]),
  unslice: (b, { inputs, params, out }) => unslice(b, first(b, inputs), params.spans as Span[], out.shape),
  unfold,
  fold,
  gather,
  scatterAdd,
  oneHot,
  matmul,
  random,
};
