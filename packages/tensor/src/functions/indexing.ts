// Entries by their indices, along one axis or several, or by a mask.
import { toTensor } from "../bind.ts";
import { tensor } from "../create.ts";
import { DTypeError, IndexError, ShapeError } from "../errors.ts";
import { add, ge, logicalAnd, lt, mul, where } from "../ops/elementwise.ts";
import { ensure, inTheNameOf } from "../ops/ensure.ts";
import { gather, indexSelect, toIndices } from "../ops/indexing.ts";
import { broadcastTo, flatten, permute, reshape } from "../ops/shape.ts";
import { broadcastShapes, normalizeDim, type Shape, show, sizeOf, stridesOf } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

/**
 * `gather`, where `x` and the indices broadcast in all axes but `dim`: for what `argsort`, `argmax` and `topk` find.
 * @param indices int32, 0 … n − 1
 * @param dim default: none, which takes entries of `x` as one long row, [K]
 * @formula x[index] along dim
 * @derivative 1 where it was taken from, added up
 * @throws {IndexError} when an index or `dim` is out of range
 * @throws {ShapeError} when the axes differ in number, or do not broadcast
 * @throws {DTypeError} when the indices are not int32
 * @example
 * const x = tensor([[3, 1, 2]]);
 * takeAlongDim(x, argsort(x), 1) // tensor([[1., 2., 3.]])
 * @see https://pytorch.org/docs/stable/generated/torch.take_along_dim.html
 */
export function takeAlongDim(x: TensorLike, indices: TensorLike, dim?: number): Tensor {
  const op = "takeAlongDim";
  const [t, at] = [toTensor(op, x), toIndices(op, indices)];
  if (dim === undefined) return inTheNameOf(op, () => gather(flatten(t), 0, flatten(at)));
  const axis = normalizeDim(op, dim, t.ndim);
  if (at.ndim !== t.ndim) {
    throw new ShapeError(`${op}: ${show(t.shape)} with indices ${show(at.shape)}: give them as many axes`);
  }
  const beside = (shape: Shape): Shape => shape.map((n, i) => (i === axis ? 1 : n));
  const shape = broadcastShapes(op, beside(t.shape), beside(at.shape));
  const stretched = (y: Tensor): Tensor =>
    broadcastTo(
      y,
      shape.map((n, i) => (i === axis ? (y.shape[i] as number) : n)),
    );
  return inTheNameOf(op, () => gather(stretched(t), axis, stretched(at)));
}

/** Indices for an axis of size n, negative ones counted from the end. Those out of range throw. */
function placesIn(given: TensorLike, axis: number, n: number): Tensor {
  const { dtype } = toTensor("index", given); // toIndices would take an array of booleans for zeros and ones
  const at = toIndices("index", given);
  if (dtype === "bool") {
    const why = "the result's shape would depend on values; use maskedSelect(x, mask) or where(mask, x, 0)";
    throw new DTypeError(`index: a bool mask at axis ${axis}: ${why}`);
  }
  if (at.dtype !== "int32") throw new DTypeError(`index: indices must be int32, got ${at.dtype}; use .to("int32")`);
  const isInside = logicalAnd(ge(at, -n), lt(at, n));
  ensure(isInside, () => {
    const wrong = at.data[isInside.data.indexOf(0)];
    return new IndexError(`index: index ${wrong} is out of range for axis ${axis} of size ${n}`);
  });
  return where(lt(at, 0), add(at, n), at);
}

/**
 * NumPy's indexing by integers along several axes: one index for each axis, `null` (or nothing) for an axis that is
 * left whole. The indices are int32 tensors, or numbers and arrays of them; they broadcast, and negative ones count
 * from the end. Their shape takes the place of the axes, where these are neighbours; else it comes first. A single
 * number drops its axis, as `select` does.
 * @formula x[i, j, …]
 * @derivative 1 where it was taken from, added up
 * @throws {IndexError} when an index is out of range, or there are more indices than axes
 * @throws {DTypeError} when an index is not int32, or a bool mask, for which there is `maskedSelect`
 * @throws {ShapeError} when the indices do not broadcast
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * index(x, [0, 1], [2, 0]) // tensor([3., 4.])
 * index(x, null, [2, 0]) // tensor([[3., 1.], [6., 4.]])
 * @see https://numpy.org/doc/stable/user/basics.indexing.html#integer-array-indexing
 */
export function index(x: TensorLike, ...indices: readonly (TensorLike | null)[]): Tensor {
  const t = toTensor("index", x);
  if (indices.length > t.ndim) {
    throw new IndexError(`index: ${indices.length} indices for the ${t.ndim} axes of ${show(t.shape)}`);
  }
  const places = new Map<number, Tensor>();
  for (const [axis, given] of indices.entries()) {
    if (given !== null) places.set(axis, placesIn(given, axis, t.shape[axis] as number));
  }
  if (places.size === 0) return t;
  const [chosen, axes] = [[...places.keys()], [...t.shape.keys()]];
  const whole = axes.filter((axis) => !places.has(axis));
  const sizesOf = (list: readonly number[]): number[] => list.map((axis) => t.shape[axis] as number);
  // The chosen axes as one, with one index for it.
  const strides = stridesOf(sizesOf(chosen));
  const scaled = inTheNameOf("index", () =>
    [...places.values()].map((at, i) => mul(at, strides[i] as number)).reduce((sum, at) => add(sum, at)),
  );
  const rows = reshape(permute(t, [...chosen, ...whole]), [sizeOf(sizesOf(chosen)), ...sizesOf(whole)]);
  const taken = reshape(indexSelect(rows, 0, flatten(scaled)), [...scaled.shape, ...sizesOf(whole)]);
  // Numbers have dropped their axes; what is left of the chosen axes are neighbours, or not.
  const kept = axes.filter((axis) => places.get(axis)?.ndim !== 0);
  const spread = kept.flatMap((axis, i) => (places.has(axis) ? i : []));
  const first = spread[0] ?? 0;
  const before = spread.every((place, i) => place === first + i) ? first : 0;
  const order = taken.shape.map((_, i) => i);
  return permute(taken, [...order.splice(scaled.ndim, before), ...order]);
}

/**
 * The entries of `x` where `mask` (bool) holds, [K], in row-major order; both broadcast. K depends on the values of the
 * mask, which are read; `where` and `maskedFill` keep the shape.
 * @formula x where mask
 * @derivative 1 where it was taken from, else 0
 * @throws {DTypeError} when the mask is not bool
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {TraceError} in a step that is being compiled
 * @example
 * const x = tensor([1, -2, 3]);
 * maskedSelect(x, x.gt(0)) // tensor([1., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.masked_select.html
 */
export function maskedSelect(x: TensorLike, mask: TensorLike): Tensor {
  const op = "maskedSelect";
  const [t, condition] = [toTensor(op, x), toTensor(op, mask)];
  if (condition.dtype !== "bool") {
    throw new DTypeError(`${op}: the mask must be bool, got ${condition.dtype}; compare first, as in x.ne(0)`);
  }
  const shape = broadcastShapes(op, t.shape, condition.shape);
  const flags = inTheNameOf(op, () => broadcastTo(condition, shape).data);
  const places = Int32Array.from(flags.keys()).filter((i) => flags[i] === 1);
  return indexSelect(flatten(broadcastTo(t, shape)), 0, tensor(places));
}
