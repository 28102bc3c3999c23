// Ops that take parts of a tensor by position: slices, and lists of indices.
import { bind, toTensor, toTensors } from "../bind.ts";
import { zeros } from "../create.ts";
import { checkDType, type DType, promote } from "../dtype.ts";
import { DTypeError, IndexError, ShapeError, ValueError } from "../errors.ts";
import { type Span, sliceMap } from "../index-map.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { normalizeDim, type Shape, sameShape, show } from "../shape.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { inTheNameOf } from "./ensure.ts";
import { amax } from "./reduce.ts";
import { broadcastTo, reshape, squeeze } from "./shape.ts";

/**
 * One axis of a slice: a number takes that entry and drops the axis; `[start, stop, step]` takes a range, each part
 * optional (or null) and meant as in Python's `start:stop:step`.
 */
export type Range = number | readonly [start?: number | null, stop?: number | null, step?: number | null];

type SliceParams = { readonly spans: readonly Span[] };

const sliceP = definePrimitive<readonly [Tensor], SliceParams>({
  name: "slice",
  kind: "movement",
  map: (from, { spans }) => sliceMap(from, spans),
  infer: ([x], { spans }) => ({ shape: spans.map((s) => s.size), dtype: (x as TensorType).dtype }),
  vjps: [(ct, [x], _, { spans }) => unslice(ct, spans, x.shape)],
});

const unsliceP = definePrimitive<readonly [Tensor], SliceParams & { shape: Shape }>({
  name: "unslice",
  kind: "movement",
  zeroed: true,
  onto: (to, { spans }) => sliceMap(to, spans),
  infer: ([x], { shape }) => ({ shape, dtype: (x as TensorType).dtype }),
  vjps: [(ct, _x, _out, { spans }) => bind(sliceP, [ct], { spans })],
});

/** The transpose of a slice: x put back where it was taken from, in zeros of `shape`. */
export const unslice = (x: Tensor, spans: readonly Span[], shape: Shape): Tensor =>
  bind(unsliceP, [x], { spans, shape });

function spanOf(range: Range, axis: number, n: number): Span {
  if (typeof range === "number") {
    if (!Number.isInteger(range) || range < -n || range >= n) {
      throw new IndexError(`slice: index ${range} is out of range for axis ${axis} of size ${n}`);
    }
    return { start: range < 0 ? range + n : range, step: 1, size: 1 };
  }
  if (!Array.isArray(range) || range.length > 3) {
    throw new IndexError(`slice: axis ${axis} takes an index or [start, stop, step], got ${describeValue(range)}`);
  }
  const step = range[2] ?? 1;
  const odd = range.find((part) => !Number.isInteger(part ?? 0));
  if (odd !== undefined) throw new IndexError(`slice: ${describeValue(odd)} at axis ${axis} is not an integer`);
  if (step === 0) throw new IndexError(`slice: the step at axis ${axis} is 0`);
  // As Python's slice.indices: ends beyond the axis are pulled in, negative ones count from the end.
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const [first, last] = step > 0 ? [low, high] : [high, low];
  const inside = (end: number): number => Math.min(Math.max(end < 0 ? end + n : end, low), high);
  const start = range[0] == null ? first : inside(range[0]);
  const stop = range[1] == null ? last : inside(range[1]);
  return { start, step, size: Math.max(0, Math.ceil((stop - start) / step)) };
}

/**
 * A part of `x`: a range or a number for each axis. Axes that are left out stay whole; a number drops its axis.
 * @param ranges for each axis an index, or `[start, stop, step]`, of which each may be left out or null
 * @formula x[ranges]
 * @derivative 1 where it was taken from, else 0
 * @throws {IndexError} when there are more ranges than axes, an index is out of range, a part is not an integer, or a step
 * is 0
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * x.slice(0) // tensor([1., 2., 3.])
 * x.slice([], [1, 3]) // tensor([[2., 3.], [5., 6.]])
 * x.slice([null, null, -1], 0) // tensor([4., 1.])
 * @see https://numpy.org/doc/stable/user/basics.indexing.html#slicing-and-striding
 */
export function slice(x: TensorLike, ...ranges: Range[]): Tensor {
  const t = toTensor("slice", x);
  if (ranges.length > t.ndim) {
    throw new IndexError(`slice: ${ranges.length} ranges for the ${t.ndim} axes of ${show(t.shape)}`);
  }
  const spans = t.shape.map((n, axis) => spanOf(ranges[axis] === undefined ? [] : ranges[axis], axis, n));
  const part = bind(sliceP, [t], { spans });
  const dropped = ranges.flatMap((range, axis) => (typeof range === "number" ? axis : []));
  return dropped.length === 0 ? part : squeeze(part, dropped);
}

function checkIndices(name: string, indices: TensorType): void {
  if (indices.dtype === "int32") return;
  throw new DTypeError(`${name}: indices must be int32, got ${indices.dtype}; use .to("int32")`);
}

type DimParams = { readonly dim: number };

/** Indices choose along `dim` only: in every other axis they may not reach beyond x. */
function checkGather(name: string, x: TensorType, indices: TensorType, dim: number): void {
  checkIndices(name, indices);
  const fits = (n: number, i: number): boolean => i === dim || n <= (x.shape[i] as number);
  if (x.shape.length === indices.shape.length && indices.shape.every(fits)) return;
  const rule = `indices must have as many axes, and only axis ${dim} may be longer`;
  throw new ShapeError(`${name}: ${show(x.shape)} with indices ${show(indices.shape)} along axis ${dim}: ${rule}`);
}

const gatherP = definePrimitive<readonly [Tensor, Tensor], DimParams>({
  name: "gather",
  kind: "gather",
  flops: () => 0,
  checks: () => 1,
  infer: ([x, indices], { dim }, name) => {
    const [from, at] = [x, indices] as [TensorType, TensorType];
    checkGather(name, from, at, dim);
    return { shape: at.shape, dtype: from.dtype };
  },
  vjps: [(ct, [x, indices], _, { dim }) => scatterAdd(zeros(x.shape, { dtype: ct.dtype }), dim, indices, ct), null],
});

/**
 * For each index, the entry of `x` at that place along `dim`, so that for dim 0 out[i][j] = x[indices[i][j]][j]. `x`
 * and the indices have as many axes; the result has the shape of the indices.
 * @param indices int32, 0 … n − 1
 * @formula x[index] along dim
 * @derivative 1 where it was taken from, added up
 * @throws {IndexError} when an index or `dim` is out of range
 * @throws {ShapeError} when the axes differ in number, or one but `dim` is longer than that of `x`
 * @throws {DTypeError} when the indices are not int32
 * @example
 * gather(tensor([[1, 2], [3, 4]]), 1, [[0], [1]]) // tensor([[1.], [4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.gather.html
 */
export function gather(x: TensorLike, dim: number, indices: TensorLike): Tensor {
  const [t, at] = [toTensor("gather", x), toIndices("gather", indices)];
  return bind(gatherP, [t, at], { dim: normalizeDim("gather", dim, t.ndim) });
}

const scatterAddP = definePrimitive<readonly [Tensor, Tensor, Tensor], DimParams>({
  name: "scatterAdd",
  kind: "scatter",
  checks: () => 1,
  infer: ([x, indices, source], { dim }, name) => {
    const [to, at, from] = [x, indices, source] as [TensorType, TensorType, TensorType];
    checkGather(name, to, at, dim);
    if (!sameShape(at.shape, from.shape)) {
      throw new ShapeError(`${name}: indices ${show(at.shape)} and source ${show(from.shape)} must have one shape`);
    }
    return { shape: to.shape, dtype: promote(to.dtype, from.dtype) };
  },
  vjps: [(ct) => ct, null, (ct, [, indices], _, { dim }) => gather(ct, dim, indices)],
});

/**
 * `x` with each entry of `source` added at the place that its index names along `dim`; equal indices add up. The result
 * has the shape of `x`; indices and source have one shape.
 * @param indices int32, 0 … n − 1
 * @formula x + source at index along dim
 * @derivative ∂/∂x = 1, ∂/∂source = 1
 * @throws {IndexError} when an index or `dim` is out of range
 * @throws {ShapeError} when indices and source differ in shape, or do not fit `x`
 * @throws {DTypeError} when the indices are not int32
 * @example
 * scatterAdd(zeros([3]), 0, [0, 2, 0], [1, 2, 3]) // tensor([4., 0., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.scatter_add.html
 */
export function scatterAdd(x: TensorLike, dim: number, indices: TensorLike, source: TensorLike): Tensor {
  const [t, at] = [toTensor("scatterAdd", x), toIndices("scatterAdd", indices)];
  const [to, from] = toTensors("scatterAdd", [t, source]) as [Tensor, Tensor];
  return bind(scatterAddP, [to, at, from], { dim: normalizeDim("scatterAdd", dim, t.ndim) });
}

/** Plain numbers become int32 indices. */
export const toIndices = (op: string, indices: TensorLike): Tensor =>
  indices instanceof Tensor ? indices : (toTensors(op, [indices, zeros([], { dtype: "int32" })])[0] as Tensor);

/**
 * The entries of `x` at `indices` along `dim`, in that order: [..., n, ...] and [K] → [..., K, ...].
 * @param indices int32, 0 … n − 1
 * @formula x[indices] along dim
 * @derivative 1 where it was taken from, added up
 * @throws {IndexError} when an index or `dim` is out of range
 * @throws {ShapeError} when the indices are not 1-d
 * @throws {DTypeError} when the indices are not int32
 * @example
 * indexSelect(tensor([[1, 2], [3, 4]]), 0, [1, 1]) // tensor([[3., 4.], [3., 4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.index_select.html
 */
export const indexSelect = (x: TensorLike, dim: number, indices: TensorLike): Tensor =>
  selectAlong("indexSelect", x, dim, indices);

/** `indexSelect`, in the name of another op. */
export function selectAlong(op: string, x: TensorLike, dim: number, indices: TensorLike): Tensor {
  const [t, at] = [toTensor(op, x), toIndices(op, indices)];
  const axis = normalizeDim(op, dim, t.ndim);
  if (at.ndim !== 1) throw new ShapeError(`${op}: indices must be 1-d, got shape ${show(at.shape)}`);
  if (t.ndim === 0) return reshape(selectAlong(op, reshape(t, [1]), axis, at), at.size === 1 ? [] : at.shape);
  const column = t.shape.map((_, i) => (i === axis ? at.size : 1));
  const everywhere = t.shape.map((n, i) => (i === axis ? at.size : n));
  return inTheNameOf(op, () => gather(t, axis, broadcastTo(reshape(at, column), everywhere)));
}

const oneHotP = definePrimitive<readonly [Tensor], { numClasses: number; dtype: DType }>({
  name: "oneHot",
  kind: "one-hot",
  zeroed: true,
  flops: () => 0,
  checks: () => 0,
  infer: ([x], { numClasses, dtype }) => ({ shape: [...(x as TensorType).shape, numClasses], dtype }),
  vjps: [null],
});

/** The options of `oneHot`. */
export interface OneHotOptions {
  /** Of the result. Default int32. */
  readonly dtype?: DType;
}

/**
 * A new last axis with a 1 at each index and 0 elsewhere: [...] → [..., numClasses].
 * @param indices int32, 0 … numClasses − 1
 * @param numClasses default: the largest index + 1
 * @formula 1 where j = index, else 0
 * @throws {IndexError} when an index is out of range
 * @throws {DTypeError} when the indices are not int32, or there is no such dtype
 * @throws {ValueError} when `numClasses` is not an integer ≥ 1, or left out where there are no indices
 * @example
 * oneHot([0, 2], 3) // tensor([[1, 0, 0], [0, 0, 1]], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 */
export function oneHot(indices: TensorLike, numClasses?: number, options: OneHotOptions = {}): Tensor {
  const { dtype = "int32" } = checkOptions("oneHot", options, { dtype: "any" });
  checkDType("oneHot", dtype);
  const at = toIndices("oneHot", indices);
  checkIndices("oneHot", at);
  if (numClasses === undefined && at.size === 0) {
    throw new ValueError("oneHot: there are no indices to find numClasses from; give numClasses");
  }
  const n = numClasses ?? Math.max(0, amax(at).item()) + 1;
  checkInteger("oneHot", "numClasses", n, 1);
  return bind(oneHotP, [at], { numClasses: n, dtype });
}
