import { bind, toTensor, toTensors } from "../bind.ts";
import { zeros } from "../create.ts";
import { checkDType, type DType, isFloat, promote } from "../dtype.ts";
import { DTypeError, IndexError, ShapeError, ValueError } from "../errors.ts";
import type { Span } from "../index-map.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { normalizeDim, type Shape, sameShape, show } from "../shape.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { amax } from "./reduce.ts";
import { broadcastTo, reshape, squeeze } from "./shape.ts";

/**
 * One axis of a slice: a number takes that entry and drops the axis; `[start, stop, step]` takes a range, each part
 * optional (or null) and meant as in Python's `start:stop:step`.
 */
export type Range = number | readonly [start?: number | null, stop?: number | null, step?: number | null];

interface SliceParams {
  readonly spans: readonly Span[];
}

const sliceP = definePrimitive<readonly [Tensor], SliceParams>({
  name: "slice",
  infer: ([x], { spans }) => ({ shape: spans.map((s) => s.size), dtype: (x as TensorType).dtype }),
  vjps: [(ct, [x], _, { spans }) => unslice(ct, spans, x.shape)],
});

const unsliceP = definePrimitive<readonly [Tensor], SliceParams & { shape: Shape }>({
  name: "unslice",
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
    const wanted = "an index or [start, stop, step]";
    throw new IndexError(`slice: axis ${axis} takes ${wanted}, got ${describeValue(range)}`);
  }
  const step = range[2] ?? 1;
  for (const part of [range[0] ?? 0, range[1] ?? 0, step]) {
    if (!Number.isInteger(part))
      throw new IndexError(`slice: ${describeValue(part)} at axis ${axis} is not an integer`);
  }
  if (step === 0) throw new IndexError(`slice: the step at axis ${axis} is 0`);
  // As Python's slice.indices: ends beyond the axis are pulled in, negative ones count from the end.
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const end = (x: number | null | undefined, fallback: number): number =>
    x === null || x === undefined ? fallback : Math.min(Math.max(x < 0 ? x + n : x, low), high);
  const start = end(range[0], step > 0 ? low : high);
  const stop = end(range[1], step > 0 ? high : low);
  return { start, step, size: Math.max(0, Math.ceil((stop - start) / step)) };
}

/**
 * A part of x: one range for each axis, axes that are left out whole.
 *
 * ```ts
 * x.slice(0); // the first row
 * x.slice([], [1, 3]); // columns 1 and 2
 * x.slice([null, null, -1]); // rows in reverse
 * ```
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
  if (indices.dtype !== "int32")
    throw new DTypeError(`${name}: indices must be int32, got ${indices.dtype}; use .to("int32")`);
}

interface DimParams {
  readonly dim: number;
  /** The op that errors name. */
  readonly op: string;
}

/** Indices choose along `dim` only: in every other axis they may not reach beyond x. */
function checkGather(name: string, x: TensorType, indices: TensorType, dim: number): void {
  checkIndices(name, indices);
  if (
    x.shape.length !== indices.shape.length ||
    indices.shape.some((n, i) => i !== dim && n > (x.shape[i] as number))
  ) {
    const rule = `indices need as many axes, none but axis ${dim} longer`;
    throw new ShapeError(`${name}: ${show(x.shape)} with indices ${show(indices.shape)} along axis ${dim}: ${rule}`);
  }
}

const gatherP = definePrimitive<readonly [Tensor, Tensor], DimParams>({
  name: "gather",
  checks: () => 1,
  infer: ([x, indices], { dim, op }) => {
    const [from, at] = [x, indices] as [TensorType, TensorType];
    checkGather(op, from, at, dim);
    return { shape: at.shape, dtype: from.dtype };
  },
  vjps: [(ct, [x, indices], _, { dim }) => scatterAdd(zeros(x.shape, { dtype: ct.dtype }), dim, indices, ct), null],
});

/**
 * For each index, the entry of x at that place along `dim`: out[i][j] = x[indices[i][j]][j] for dim 0.
 * An index outside 0 … n − 1 throws an IndexError.
 * @see https://pytorch.org/docs/stable/generated/torch.gather.html
 */
export function gather(x: TensorLike, dim: number, indices: TensorLike): Tensor {
  const [t, at] = withIndices("gather", x, indices);
  return bind(gatherP, [t, at], { dim: normalizeDim("gather", dim, t.ndim), op: "gather" });
}

const scatterAddP = definePrimitive<readonly [Tensor, Tensor, Tensor], DimParams>({
  name: "scatterAdd",
  checks: () => 1,
  infer: ([x, indices, source], { dim, op }) => {
    const [to, at, from] = [x, indices, source] as [TensorType, TensorType, TensorType];
    checkGather(op, to, at, dim);
    if (!sameShape(at.shape, from.shape)) {
      throw new ShapeError(`${op}: indices ${show(at.shape)} and source ${show(from.shape)} must have one shape`);
    }
    return { shape: to.shape, dtype: promote(to.dtype, from.dtype) };
  },
  vjps: [(ct) => ct, null, (ct, [, indices], _, { dim }) => gather(ct, dim, indices)],
});

/**
 * x with each entry of `source` added at the place that its index names along `dim`; equal indices add up.
 * @see https://pytorch.org/docs/stable/generated/torch.scatter_add.html
 */
export function scatterAdd(x: TensorLike, dim: number, indices: TensorLike, source: TensorLike): Tensor {
  const [t, at] = withIndices("scatterAdd", x, indices);
  const [to, from] = toTensors("scatterAdd", [t, source]) as [Tensor, Tensor];
  return bind(scatterAddP, [to, at, from], { dim: normalizeDim("scatterAdd", dim, t.ndim), op: "scatterAdd" });
}

/** x as it is, and the indices as integers if they come as plain numbers. */
const withIndices = (op: string, x: TensorLike, indices: TensorLike): [Tensor, Tensor] => [
  toTensor(op, x),
  toIndices(op, indices),
];

/** Plain numbers become int32 indices. */
export const toIndices = (op: string, indices: TensorLike): Tensor =>
  indices instanceof Tensor ? indices : (toTensors(op, [indices, zeros([], { dtype: "int32" })])[0] as Tensor);

/**
 * The entries of x at `indices` ([K]) along `dim`, in that order.
 * @see https://pytorch.org/docs/stable/generated/torch.index_select.html
 */
export function indexSelect(x: TensorLike, dim: number, indices: TensorLike): Tensor {
  return selectAlong("indexSelect", x, dim, indices);
}

/** `indexSelect`, in the name of another op. */
export function selectAlong(op: string, x: TensorLike, dim: number, indices: TensorLike): Tensor {
  const [t, at] = withIndices(op, x, indices);
  const axis = normalizeDim(op, dim, t.ndim);
  if (at.ndim !== 1) throw new ShapeError(`${op}: indices must be 1-d, got shape ${show(at.shape)}`);
  if (t.ndim === 0) return reshape(selectAlong(op, reshape(t, [1]), axis, at), at.size === 1 ? [] : at.shape);
  const column = reshape(
    at,
    t.shape.map((_, i) => (i === axis ? at.size : 1)),
  );
  const everywhere = broadcastTo(
    column,
    t.shape.map((n, i) => (i === axis ? at.size : n)),
  );
  return bind(gatherP, [t, everywhere], { dim: axis, op });
}

const oneHotP = definePrimitive<readonly [Tensor], { numClasses: number; dtype: DType }>({
  name: "oneHot",
  checks: () => 0,
  infer: ([x], { numClasses, dtype }, name) => {
    checkIndices(name, x as TensorType);
    return { shape: [...(x as TensorType).shape, numClasses], dtype };
  },
  vjps: [null],
});

/**
 * A new last axis with a 1 at each index and 0 elsewhere; int32 unless `dtype` says otherwise.
 * `numClasses` defaults to the largest index + 1. An index outside 0 … numClasses − 1 throws an IndexError.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 */
export function oneHot(indices: TensorLike, numClasses?: number, options: { dtype?: DType } = {}): Tensor {
  checkOptions("oneHot", options, { dtype: "any" });
  const { dtype = "int32" } = options;
  checkDType("oneHot", dtype);
  const at = toIndices("oneHot", indices);
  if (isFloat(at.dtype)) checkIndices("oneHot", at);
  if (numClasses === undefined && at.size === 0)
    throw new ValueError("oneHot: no indices to tell numClasses from; give it");
  const n = numClasses ?? Math.max(0, amax(at).item()) + 1;
  checkInteger("oneHot", "numClasses", n, 1);
  return bind(oneHotP, [at], { numClasses: n, dtype });
}
