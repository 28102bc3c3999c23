// Ops that change shapes, and join tensors.
import { bind, toTensor, toTensors } from "../bind.ts";
import { promote } from "../dtype.ts";
import { IndexError, ShapeError, ValueError } from "../errors.ts";
import { broadcastMap, permuteMap, type Span, sliceMap } from "../index-map.ts";
import { describeValue } from "../options.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import {
  broadcastsTo,
  checkIsShape,
  checkShape,
  normalizeDim,
  normalizeDims,
  reduceShape,
  type Shape,
  sameShape,
  show,
  sizeOf,
} from "../shape.ts";
import type { Dims, Tensor, TensorLike } from "../tensor.ts";
import { type Range, slice } from "./indexing.ts";

const reshapeP = definePrimitive<readonly [Tensor], { shape: Shape }>({
  name: "reshape",
  kind: "view",
  infer: ([x], { shape }) => ({ shape, dtype: (x as TensorType).dtype }),
  vjps: [(ct, [x]) => reshape(ct, x.shape)],
});

/**
 * The same elements in the same order under another shape: [...] → shape. It shares the storage.
 * @param shape one size may be −1 and is worked out
 * @formula x
 * @derivative the gradient, in the shape of x
 * @throws {ShapeError} when the sizes do not hold the elements, or more than one is −1
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * reshape(tensor([1, 2, 3, 4]), [2, -1]) // tensor([[1., 2.], [3., 4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.reshape.html
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = toTensor("reshape", x);
  checkIsShape("reshape", shape);
  const sizes = [...shape];
  const unknown = shape.indexOf(-1);
  if (unknown >= 0) sizes[unknown] = t.size / -sizeOf(shape);
  if (sizes.includes(-1)) throw new ShapeError(`reshape: ${show(shape)} has more than one −1; give all sizes but one`);
  if (unknown >= 0 && !Number.isInteger(sizes[unknown])) {
    const elements = `the ${t.size} elements of ${show(t.shape)}`;
    throw new ShapeError(`reshape: no size for −1 makes ${show(shape)} hold ${elements}`);
  }
  checkShape("reshape", sizes);
  if (sizeOf(sizes) !== t.size) {
    throw new ShapeError(`reshape: ${show(t.shape)} has ${t.size} elements, ${show(shape)} has ${sizeOf(sizes)}`);
  }
  return bind(reshapeP, [t], { shape: sizes });
}

/**
 * The axes `startDim` … `endDim` as one: [A, B, C] → [A·B·C]; a 0-d tensor becomes 1-d.
 * @param startDim default 0
 * @param endDim default −1, the last axis
 * @formula x
 * @derivative the gradient, in the shape of x
 * @throws {IndexError} when an axis is out of range
 * @throws {ShapeError} when `startDim` comes after `endDim`
 * @example
 * flatten(zeros([2, 3, 4]), 1).shape // [2, 12]
 * @see https://pytorch.org/docs/stable/generated/torch.flatten.html
 */
export function flatten(x: TensorLike, startDim = 0, endDim = -1): Tensor {
  const t = toTensor("flatten", x);
  const start = normalizeDim("flatten", startDim, t.ndim);
  const end = normalizeDim("flatten", endDim, t.ndim);
  if (start > end) throw new ShapeError(`flatten: startDim ${startDim} comes after endDim ${endDim}`);
  return reshape(t, [...t.shape.slice(0, start), sizeOf(t.shape.slice(start, end + 1)), ...t.shape.slice(end + 1)]);
}

/**
 * `x` without its axes of size 1: [A, 1, B] → [A, B].
 * @param dim which axes may go; default: all of them
 * @formula x
 * @derivative the gradient, in the shape of x
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * squeeze(zeros([1, 3, 1])).shape // [3]
 * squeeze(zeros([1, 3, 1]), 0).shape // [3, 1]
 * @see https://pytorch.org/docs/stable/generated/torch.squeeze.html
 */
export function squeeze(x: TensorLike, dim?: Dims): Tensor {
  const t = toTensor("squeeze", x);
  const dims = normalizeDims("squeeze", dim, t.ndim).filter((d) => t.shape[d] === 1);
  return reshape(t, reduceShape(t.shape, dims, false));
}

/**
 * `x` with a new axis of size 1: for dim 1, [A, B] → [A, 1, B].
 * @param dim which axis of the result it is
 * @formula x
 * @derivative the gradient, in the shape of x
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * unsqueeze(tensor([1, 2]), 1) // tensor([[1.], [2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.unsqueeze.html
 */
export function unsqueeze(x: TensorLike, dim: number): Tensor {
  const t = toTensor("unsqueeze", x);
  const at = normalizeDim("unsqueeze", dim, t.ndim + 1);
  return reshape(t, [...t.shape.slice(0, at), 1, ...t.shape.slice(at)]);
}

const permuteP = definePrimitive<readonly [Tensor], { dims: readonly number[] }>({
  name: "permute",
  kind: "movement",
  map: (from, { dims }) => permuteMap(from, dims),
  infer: ([input], { dims }) => {
    const x = input as TensorType;
    return { shape: dims.map((d) => x.shape[d] as number), dtype: x.dtype };
  },
  vjps: [(ct, _x, _out, { dims }) => permute(ct, inverse(dims))],
});

const inverse = (dims: readonly number[]): number[] => dims.map((_, i) => dims.indexOf(i));

/**
 * The axes in another order: axis i of the result is axis `dims[i]` of `x`; for dims [2, 0, 1], [A, B, C] → [C, A, B].
 * @formula x, axes in the order dims
 * @derivative the gradient, axes put back
 * @throws {IndexError} when an axis is out of range, or dims are not an array
 * @throws {ShapeError} when `dims` does not name each axis once
 * @example
 * permute(zeros([2, 3, 4]), [2, 0, 1]).shape // [4, 2, 3]
 * @see https://pytorch.org/docs/stable/generated/torch.permute.html
 */
export function permute(x: TensorLike, dims: readonly number[]): Tensor {
  const t = toTensor("permute", x);
  if (!Array.isArray(dims)) {
    throw new IndexError(`permute: takes an array of axes, as in permute([1, 0]); got ${describeValue(dims)}`);
  }
  const order = dims.map((d: number) => normalizeDim("permute", d, t.ndim));
  if (order.length !== t.ndim || new Set(order).size !== t.ndim) {
    throw new ShapeError(`permute: ${show(dims)} does not name each of the ${t.ndim} axes of ${show(t.shape)} once`);
  }
  return bind(permuteP, [t], { dims: order });
}

/**
 * Two axes exchanged: for axes 0 and 1, [A, B] → [B, A].
 * @formula xᵀ
 * @derivative the gradient, transposed
 * @throws {IndexError} when an axis is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * transpose(tensor([[1, 2], [3, 4]]), 0, 1) // tensor([[1., 3.], [2., 4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.transpose.html
 */
export function transpose(x: TensorLike, dim0: number, dim1: number): Tensor {
  const t = toTensor("transpose", x);
  const a = normalizeDim("transpose", dim0, t.ndim);
  const b = normalizeDim("transpose", dim1, t.ndim);
  const order = t.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return permute(t, order);
}

const broadcastToP = definePrimitive<readonly [Tensor], { shape: Shape }>({
  name: "broadcastTo",
  kind: "movement",
  map: (from, _, to) => broadcastMap(from, to),
  infer: ([x], { shape }) => ({ shape, dtype: (x as TensorType).dtype }),
  vjps: [(ct) => ct], // backprop sums it
});

/**
 * `x` stretched to `shape` by NumPy's rule; `x` itself if it has that shape.
 * @formula x
 * @derivative the gradient, summed
 * @throws {ShapeError} when `x` does not broadcast to the shape
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * broadcastTo(tensor([1, 2]), [2, 2]) // tensor([[1., 2.], [1., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.broadcast_to.html
 */
export const broadcastTo = (x: TensorLike, shape: Shape): Tensor => stretchTo("broadcastTo", x, shape);

/** `broadcastTo`, whose errors begin with `op`. */
export function stretchTo(op: string, x: TensorLike, shape: Shape): Tensor {
  const t = toTensor(op, x);
  checkShape(op, shape);
  if (sameShape(t.shape, shape)) return t;
  if (broadcastsTo(t.shape, shape)) return bind(broadcastToP, [t], { shape: [...shape] });
  throw new ShapeError(`${op}: ${show(t.shape)} does not broadcast to ${show(shape)}`);
}

/**
 * `x` stretched to `shape` by NumPy's rule, where −1 keeps an axis as it is.
 * @formula x
 * @derivative the gradient, summed
 * @throws {ShapeError} when `x` does not broadcast to the shape
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * expand(tensor([[1], [2]]), [-1, 3]) // tensor([[1., 1., 1.], [2., 2., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.expand.html
 */
export function expand(x: TensorLike, shape: Shape): Tensor {
  const t = toTensor("expand", x);
  checkIsShape("expand", shape);
  const extra = shape.length - t.ndim;
  const sizes = shape.map((n, i) => (n === -1 ? (t.shape[i - extra] ?? n) : n));
  return stretchTo("expand", t, sizes);
}

/**
 * `x` laid side by side, `counts[i]` times along axis i: [...n] → [...counts · n]; more counts than axes make new axes
 * in front.
 * @formula x, repeated
 * @derivative the gradient, summed
 * @throws {ShapeError} when there are fewer counts than axes, or they are not sizes
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * repeat(tensor([1, 2]), [2, 2]) // tensor([[1., 2., 1., 2.], [1., 2., 1., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
 */
export function repeat(x: TensorLike, counts: Shape): Tensor {
  const t = toTensor("repeat", x);
  checkShape("repeat", counts);
  const extra = counts.length - t.ndim;
  if (extra < 0) throw new ShapeError(`repeat: ${show(counts)} has fewer counts than ${show(t.shape)} axes`);
  const axes = counts.map((count, i) => ({ count, n: t.shape[i - extra] ?? 1 }));
  // Each axis n as (1, n), stretched to (count, n), and the two joined again.
  const [apart, stretched] = [axes.flatMap(({ n }) => [1, n]), axes.flatMap(({ count, n }) => [count, n])];
  const joined = axes.map(({ count, n }) => count * n);
  return reshape(broadcastTo(reshape(t, apart), stretched), joined);
}

const catP = definePrimitive<readonly Tensor[], { dim: number }>({
  name: "cat",
  kind: "movement",
  infer: (inputs, { dim }, name) => {
    const [first, ...rest] = inputs as [TensorType, ...TensorType[]];
    let { dtype } = first;
    let length = first.shape[dim] as number;
    for (const [i, { shape, dtype: other }] of rest.entries()) {
      if (shape.length !== first.shape.length || shape.some((n, axis) => axis !== dim && n !== first.shape[axis])) {
        const differ = `input ${i + 1} has shape ${show(shape)}, input 0 has ${show(first.shape)}`;
        throw new ShapeError(`${name}: ${differ}; all sizes but axis ${dim}'s must agree`);
      }
      dtype = promote(dtype, other);
      length += shape[dim] as number;
    }
    return { shape: first.shape.map((n, axis) => (axis === dim ? length : n)), dtype };
  },
  onto: (to, params, inputs, i) => {
    const [start, stop] = startsOf(inputs, params).slice(i, i + 2) as [number, number];
    const whole = (n: number): Span => ({ start: 0, step: 1, size: n });
    return sliceMap(
      to,
      to.shape.map((n, axis) => (axis === params.dim ? { start, step: 1, size: stop - start } : whole(n))),
    );
  },
  // Each input gets its own part of the gradient back.
  vjps: (ct, inputs, _, params, i) => {
    const { dim } = params;
    const starts = startsOf(inputs, params);
    const part: Range = [starts[i] as number, starts[i + 1] as number];
    return slice(ct, ...ct.shape.map((_, axis): Range => (axis === dim ? part : [])));
  },
});

const knownStarts = new WeakMap<object, readonly number[]>();

/** Where along the axis each input of a cat begins, and where the last one ends; worked out once for each cat. */
function startsOf(inputs: readonly TensorType[], params: { readonly dim: number }): readonly number[] {
  const known = knownStarts.get(params);
  if (known !== undefined) return known;
  const starts = [0];
  for (const x of inputs) starts.push((starts.at(-1) as number) + (x.shape[params.dim] as number));
  knownStarts.set(params, starts);
  return starts;
}

/** A copy of a list of tensors: the graph keeps it. */
function listOf(op: string, tensors: readonly TensorLike[]): [Tensor, ...Tensor[]] {
  if (!Array.isArray(tensors)) {
    throw new ValueError(`${op}: takes an array of tensors, as in ${op}([a, b]); got ${describeValue(tensors)}`);
  }
  if (tensors.length === 0) throw new ShapeError(`${op}: needs at least one tensor`);
  return toTensors(op, [...tensors]) as [Tensor, ...Tensor[]];
}

/**
 * Tensors joined along an axis that they have; all other sizes agree, dtypes promote: [..., a, ...] and [..., b, ...] →
 * [..., a + b, ...].
 * @param dim default 0
 * @formula a ⊕ b
 * @derivative each input's part of the gradient
 * @throws {IndexError} when `dim` is out of range
 * @throws {ShapeError} when there is not a tensor, one is 0-d, or other sizes differ
 * @throws {ValueError} when `tensors` is not an array of tensors or numbers
 * @example
 * cat([tensor([1, 2]), tensor([3])]) // tensor([1., 2., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.cat.html
 */
export function cat(tensors: readonly TensorLike[], dim = 0): Tensor {
  const list = listOf("cat", tensors);
  const [first] = list;
  if (first.ndim === 0) throw new ShapeError("cat: 0-d tensors have no axis to join along; use stack");
  return bind(catP, list, { dim: normalizeDim("cat", dim, first.ndim) });
}

/**
 * Tensors of one shape joined along a new axis: K times [...] → [..., K, ...].
 * @param dim which axis of the result it is; default 0
 * @formula (a, b)
 * @derivative each input's part of the gradient
 * @throws {IndexError} when `dim` is out of range
 * @throws {ShapeError} when there is not a tensor, or shapes differ
 * @throws {ValueError} when `tensors` is not an array of tensors or numbers
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])], 1) // tensor([[1., 3.], [2., 4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.stack.html
 */
export function stack(tensors: readonly TensorLike[], dim = 0): Tensor {
  const list = listOf("stack", tensors);
  const [first] = list;
  for (const [i, { shape }] of list.entries()) {
    if (sameShape(shape, first.shape)) continue;
    const differ = `input ${i} has shape ${show(shape)}, input 0 has ${show(first.shape)}`;
    throw new ShapeError(`stack: ${differ}; they must agree`);
  }
  const at = normalizeDim("stack", dim, first.ndim + 1);
  const unsqueezed = list.map((t) => unsqueeze(t, at));
  return cat(unsqueezed, at);
}
