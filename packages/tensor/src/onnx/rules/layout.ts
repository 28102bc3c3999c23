// Ops that move elements, pick them by index, draw them, or multiply matrices, in ONNX.
import type { DType } from "../../dtype.ts";
import type { ExportedRef } from "../../export/graph.ts";
import { plus, type Size } from "../../export/size.ts";
import type { Window } from "../../index-map.ts";
import type { Distribution } from "../../random.ts";
import type { Builder } from "../builder.ts";
import type { Operand } from "../model.ts";
import { choose, compare, type Rule } from "./elementwise.ts";

/** A span of an axis, whose numbers may follow the batch size; its step does not. */
interface Span {
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

/** As [..., count, size, ...]: where the entries of an axis' windows are, and the axes' order with sizes before `at`. */
const entriesOf = ({ size, step, dilation }: Window, count: number): number[] =>
  Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * step + (i % size) * dilation);

/** A number that may not follow the batch size. */
function fixed(b: Builder, what: string, n: Size | undefined): number {
  if (typeof n !== "number") throw b.refuse(`${what} follow the batch size; leave out batch`);
  return n;
}

const unfold: Rule = (b, { inputs, params, out }) => {
  const { windows, at } = params as { windows: Window[]; at: number };
  let x = first(b, inputs);
  /** Which axis of the result each axis is: counts are the axis itself, entries come before axis `at`. */
  const places = x.shape.map((_, axis) => (axis < at ? axis : axis + windows.length));
  for (const [i, window] of windows.entries()) {
    const axis = places.indexOf(window.dim < at ? window.dim : window.dim + windows.length);
    const count = fixed(b, "the windows of unfold", out.shape[places[axis] as number]);
    const { shape } = x;
    const where = b.constant("int64", [count, window.size], entriesOf(window, count));
    const wanted = [...shape.slice(0, axis), count, window.size, ...shape.slice(axis + 1)];
    x = b.node("Gather", [x, where], { axis }, { shape: wanted });
    places.splice(axis + 1, 0, at + i);
  }
  return b.transpose(
    x,
    places.map((_, i) => places.indexOf(i)),
  );
};

const fold: Rule = (b, { inputs, params, out }) => {
  const { windows, at } = params as { windows: Window[]; at: number };
  let x = b.cast(first(b, inputs), out.dtype);
  for (const [i, window] of [...windows.entries()].reverse()) {
    // The entries' axis is moved behind the one that counts the windows, and both are one list of places.
    const entries = at + i;
    const axis = window.dim < at ? window.dim : window.dim + i + 1;
    const count = fixed(b, "the windows of fold", x.shape[axis]);
    const others = x.shape.map((_, k) => k).filter((k) => k !== entries);
    const order = others.flatMap((k) => (k === axis ? [k, entries] : k));
    const place = others.indexOf(axis);
    const shape = others.map((k) => (k === axis ? count * window.size : (x.shape[k] as Size)));
    const source = b.reshape(b.transpose(x, order), shape);
    const column = shape.map((_, k) => (k === place ? count * window.size : 1));
    const where = b.expand(b.constant("int64", column, entriesOf(window, count)), shape);
    const to = shape.map((n, k) => (k === place ? (out.shape[window.dim] as Size) : n));
    const zeros = b.expand(b.number(0, out.dtype), to);
    x = b.node("ScatterElements", [zeros, where, source], { axis: place, reduction: "add" }, { shape: to });
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
