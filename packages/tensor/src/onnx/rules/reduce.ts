// Reductions, scans and what normalises rows, in ONNX.
import { type DType, isFloat, promote } from "../../dtype.ts";
import type { ExportedRef } from "../../export/graph.ts";
import type { Size } from "../../export/size.ts";
import type { Builder } from "../builder.ts";
import type { Operand } from "../model.ts";
import { choose, isNaNIn, type Rule } from "./elementwise.ts";

/** From an operand that no longer is bool, the result with its axes kept. */
type Reduce = (b: Builder, x: Operand, dims: readonly number[]) => Operand;

const reduction =
  (reduce: Reduce): Rule =>
  (b, { inputs, params, out }) => {
    const x = b.read(inputs[0] as ExportedRef);
    const number = b.cast(x, x.dtype === "bool" ? "int32" : x.dtype);
    return b.cast(b.reshape(reduce(b, number, params.dims as number[]), out.shape), out.dtype);
  };

/** NaN wins: ONNX's maxima may lose it. */
const orNaN = (
  b: Builder,
  x: Operand,
  dims: readonly number[],
  found: Operand,
  where: (nans: Operand) => Operand,
): Operand => {
  if (!isFloat(x.dtype as DType)) return found;
  const nans = b.cast(isNaNIn(b, x), "float32");
  return choose(b, b.cast(b.reduce("ReduceMax", nans, dims), "bool"), where(nans), found);
};

const extreme =
  (type: "ReduceMax" | "ReduceMin"): Reduce =>
  (b, x, dims) =>
    orNaN(b, x, dims, b.reduce(type, x, dims), () => b.number(Number.NaN, x.dtype));

const position =
  (type: "ArgMax" | "ArgMin"): Reduce =>
  (b, x, dims) => {
    const [axis] = dims;
    if (axis === undefined) return b.expand(b.number(0, "int64"), x.shape);
    const shape = x.shape.map((n, i) => (i === axis ? 1 : n));
    const find = (type: string, y: Operand): Operand =>
      b.node(type, [y], { axis, keepdims: 1 }, { shape, dtype: "int64" });
    return orNaN(b, x, dims, find(type, x), (nans) => find("ArgMax", nans));
  };

/** The largest; x less that, so that no power overflows; and the sum of the powers. */
function shifted(
  b: Builder,
  x: Operand,
  dims: readonly number[],
): { largest: Operand; difference: Operand; total: Operand } {
  const largest = b.reduce("ReduceMax", x, dims);
  // Where it is infinite nothing is taken off: ∞ − ∞ would be NaN.
  const isInfinite = b.node("IsInf", [largest], {}, { dtype: "bool" });
  const shift = choose(b, isInfinite, b.number(0, x.dtype), largest);
  const difference = b.node("Sub", [x, shift]);
  return { largest, difference, total: b.reduce("ReduceSum", b.node("Exp", [difference]), dims) };
}

const logSumExp: Reduce = (b, x, dims) => {
  const { largest, total } = shifted(b, x, dims);
  return b.node("Add", [largest, b.node("Log", [total])]);
};

/** Over one axis ONNX has it; over several it is composed. */
const normalization =
  (type: string, compose: (b: Builder, x: Operand, dims: readonly number[]) => Operand): Rule =>
  (b, { inputs, params, out }) => {
    const x = b.cast(b.read(inputs[0] as ExportedRef), out.dtype);
    const dims = params.dims as number[];
    return dims.length === 1 ? b.node(type, [x], { axis: dims[0] as number }) : compose(b, x, dims);
  };

const cumsum: Rule = (b, { inputs, params, out }) => {
  const x = b.cast(b.read(inputs[0] as ExportedRef), out.dtype);
  if (x.shape.length === 0) return x;
  return b.node("CumSum", [x, b.number(params.dim as number, "int64")], { reverse: Number(params.reverse) });
};

/** The order of x along an axis; equal entries keep theirs: TopK takes the one with the lower index first. */
function orderOf(b: Builder, x: Operand, axis: number, largest: number): Operand {
  const k = b.ints([x.shape[axis] as Size]);
  const types = [{ shape: x.shape }, { shape: x.shape, dtype: "int64" }] as const;
  return b.nodeOf("TopK", [x, k], { axis, largest, sorted: 1 }, types)[1] as Operand;
}

/** NaN is larger than every number: sorted as ∞, then by what is NaN, which leaves all else in order. */
const argsort: Rule = (b, { inputs, params, out }) => {
  const { dims, descending } = params as { dims: number[]; descending: boolean };
  const given = b.read(inputs[0] as ExportedRef);
  const x = b.cast(given, promote(given.dtype as DType, "int32"));
  const [axis] = dims;
  if (axis === undefined) return b.expand(b.number(0, "int32"), x.shape);
  if (!isFloat(x.dtype as DType)) return b.cast(orderOf(b, x, axis, Number(descending)), out.dtype);
  const nans = isNaNIn(b, x);
  const numbers = choose(b, nans, b.number(Number.POSITIVE_INFINITY, x.dtype), x);
  const order = orderOf(b, numbers, axis, Number(descending));
  const take = (from: Operand, at: Operand): Operand =>
    b.node("GatherElements", [from, at], { axis }, { shape: x.shape });
  const last = orderOf(b, take(b.cast(nans, "float32"), order), axis, Number(descending));
  return b.cast(take(order, last), out.dtype);
};

export const reduceRules: Readonly<Record<string, Rule>> = {
  sum: reduction((b, x, dims) => b.reduce("ReduceSum", x, dims)),
  amax: reduction(extreme("ReduceMax")),
  amin: reduction(extreme("ReduceMin")),
  argmax: reduction(position("ArgMax")),
  argmin: reduction(position("ArgMin")),
  logSumExp: (b, op) => {
    const [x] = op.inputs as [ExportedRef];
    const result = logSumExp(b, b.cast(b.read(x), op.out.dtype), op.params.dims as number[]);
    return b.reshape(result, op.out.shape);
  },
  softmax: normalization("Softmax", (b, x, dims) => {
    const { difference, total } = shifted(b, x, dims);
    return b.node("Div", [b.node("Exp", [difference]), total]);
  }),
  logSoftmax: normalization("LogSoftmax", (b, x, dims) => {
    const { difference, total } = shifted(b, x, dims);
    return b.node("Sub", [difference, b.node("Log", [total])]);
  }),
  cumsum,
  argsort,
};
