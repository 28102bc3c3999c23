// Ops that cut tensors up and lay them out, all made of slices and their transpose: their gradients follow.
import { toTensor } from "../bind.ts";
import { arange, ones } from "../create.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { checkInteger, checkOptions } from "../options.ts";
import { checkShape, normalizeDim, normalizeDims, sameShape, show } from "../shape.ts";
import type { Dims, Tensor, TensorLike } from "../tensor.ts";
import { type Binary, ge, le, logicalNot, maskedFill, sub } from "./elementwise.ts";
import { type Range, selectAlong, slice, toIndices, unslice } from "./indexing.ts";
import { flatten, reshape, unsqueeze } from "./shape.ts";

/** x sliced along one axis by the range that `choose` makes of the axis' size. */
function along(op: string, x: TensorLike, dim: number, choose: (n: number) => Range): Tensor {
  const t = toTensor(op, x);
  if (t.ndim === 0) throw new ShapeError(`${op}: a 0-d tensor has no axes to choose from`);
  const axis = normalizeDim(op, dim, t.ndim);
  return slice(t, ...t.shape.map((n, i): Range => (i === axis ? choose(n) : [])));
}

/**
 * The entry at `index` along `dim`, without that axis: [..., n, ...] → [..., ...].
 * @param index negative ones count from the end
 * @formula x[index] along dim
 * @derivative 1 where it was taken from, else 0
 * @throws {IndexError} when the index or `dim` is out of range
 * @throws {ShapeError} when `x` is 0-d
 * @throws {ValueError} when the index is no integer
 * @example
 * select(tensor([[1, 2], [3, 4]]), 1, -1) // tensor([2., 4.])
 * @see https://pytorch.org/docs/stable/generated/torch.select.html
 */
export const select = (x: TensorLike, dim: number, index: number): Tensor =>
  along("select", x, dim, () => {
    checkInteger("select", "index", index);
    return index;
  });

/**
 * The `length` entries from `start` on along `dim`: [..., n, ...] → [..., length, ...].
 * @param start negative ones count from the end
 * @formula x[start … start + length − 1] along dim
 * @derivative 1 where it was taken from, else 0
 * @throws {IndexError} when `dim` is out of range
 * @throws {ShapeError} when `x` is 0-d
 * @throws {ValueError} when they reach beyond the axis, or are no integers
 * @example
 * narrow(tensor([1, 2, 3, 4]), 0, 1, 2) // tensor([2., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.narrow.html
 */
export const narrow = (x: TensorLike, dim: number, start: number, length: number): Tensor =>
  along("narrow", x, dim, (n) => {
    checkInteger("narrow", "start", start);
    checkInteger("narrow", "length", length);
    const from = start < 0 ? start + n : start;
    if (from < 0 || length < 0 || from + length > n) {
      throw new ValueError(`narrow: ${length} entries from ${start} do not fit into axis ${dim} of size ${n}`);
    }
    return [from, from + length];
  });

/**
 * `x` in parts along `dim`: [..., n, ...] → tensors [..., size, ...].
 * @formula the parts of x
 * @param sizes of each part (the last may be smaller), or a list with the size of each
 * @param dim default 0
 * @derivative each part's gradient, where it was taken from
 * @throws {IndexError} when `dim` is out of range
 * @throws {ShapeError} when the listed sizes do not add up to the axis, or are no sizes
 * @throws {ValueError} when `sizes` is neither an integer ≥ 1 nor a list
 * @example
 * split(tensor([1, 2, 3]), 2) // [tensor([1., 2.]), tensor([3.])]
 * split(tensor([1, 2, 3]), [1, 2]) // [tensor([1.]), tensor([2., 3.])]
 * @see https://pytorch.org/docs/stable/generated/torch.split.html
 */
export function split(x: TensorLike, sizes: number | readonly number[], dim = 0): Tensor[] {
  const t = toTensor("split", x);
  const n = t.shape[normalizeDim("split", dim, t.ndim)] ?? 0;
  if (Array.isArray(sizes)) checkShape("split", sizes);
  else checkInteger("split", "the size of parts", sizes, 1);
  const equal = (size: number): number[] =>
    Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) => Math.min(size, n - i * size));
  const list = typeof sizes === "number" ? equal(sizes) : sizes;
  const total = list.reduce((sum, size) => sum + size, 0);
  if (total !== n) throw new ShapeError(`split: sizes ${show(list)} add up to ${total}, not to axis ${dim}'s ${n}`);
  let start = 0;
  return list.map((size) => {
    start += size;
    return narrow(t, dim, start - size, size);
  });
}

const mostEmptyChunks = 2 ** 20;

/**
 * `x` in `chunks` parts along `dim`, all of one size but for the last; fewer where there are not enough entries: [...,
 * n, ...] → tensors [..., ⌈n / chunks⌉, ...].
 * @formula the parts of x
 * @param dim default 0
 * @derivative each part's gradient, where it was taken from
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `chunks` is no integer ≥ 1
 * @example
 * chunk(tensor([1, 2, 3]), 2) // [tensor([1., 2.]), tensor([3.])]
 * @see https://pytorch.org/docs/stable/generated/torch.chunk.html
 */
export function chunk(x: TensorLike, chunks: number, dim = 0): Tensor[] {
  const t = toTensor("chunk", x);
  checkInteger("chunk", "the number of chunks", chunks, 1);
  const n = t.shape[normalizeDim("chunk", dim, t.ndim)] ?? 0;
  if (n === 0 && chunks > mostEmptyChunks) {
    throw new ValueError(`chunk: ${chunks} chunks of an axis of size 0; ask for at most ${mostEmptyChunks}`);
  }
  return n === 0 ? split(t, new Array<number>(chunks).fill(0), dim) : split(t, Math.ceil(n / chunks), dim);
}

/**
 * `x` in reverse order along the axes `dims`: [...] → [...].
 * @formula x, reversed
 * @derivative the gradient, reversed
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * flip(tensor([[1, 2], [3, 4]]), 0) // tensor([[3., 4.], [1., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.flip.html
 */
export function flip(x: TensorLike, dims: Dims): Tensor {
  const t = toTensor("flip", x);
  const axes = normalizeDims("flip", dims, t.ndim);
  return slice(t, ...t.shape.map((_, i): Range => (axes.includes(i) ? [null, null, -1] : [])));
}

/** The options of `pad`. */
export interface PadOptions {
  /** What is put around `x`. Default 0. */
  readonly value?: number;
}

/**
 * `x` with a constant around it: [...n] → [...before + n + after]. Negative counts cut off. `x` itself if all are 0.
 * (PyTorch lists the same numbers flat, last axis first.)
 * @param padding for each axis [before, after]
 * @formula value around x
 * @derivative 1 inside
 * @throws {ShapeError} when there is not one pair of integers for each axis, or more is cut off than there is
 * @throws {ValueError} when the value is not a number, or `x` is neither a tensor nor numbers
 * @example
 * pad(tensor([1, 2]), [[1, 2]]) // tensor([0., 1., 2., 0., 0.])
 * pad(tensor([1, 2, 3]), [[-1, 1]], { value: 9 }) // tensor([2., 3., 9.])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(
  x: TensorLike,
  padding: readonly (readonly [before: number, after: number])[],
  options: PadOptions = {},
): Tensor {
  const { value = 0 } = checkOptions("pad", options, { value: "number" });
  const t = toTensor("pad", x);
  const isPair = (p: unknown): boolean => Array.isArray(p) && p.length === 2 && p.every(Number.isSafeInteger);
  if (!Array.isArray(padding) || padding.length !== t.ndim || !padding.every(isPair)) {
    throw new ShapeError(`pad: ${show(t.shape)} needs one [before, after] for each of its ${t.ndim} axes`);
  }
  const kept = t.shape.map((n, i): [start: number, stop: number] => {
    const [before, after] = padding[i] as readonly [number, number];
    return [Math.max(0, -before), n + Math.min(0, after)];
  });
  const tooMuch = kept.some(([start, stop]) => start > stop);
  if (tooMuch) throw new ShapeError(`pad: cuts more off ${show(t.shape)} than there is`);
  const cut = kept.every(([start, stop], i) => stop - start === t.shape[i]) ? t : slice(t, ...kept);
  const spans = padding.map(([before], i) => ({ start: Math.max(0, before), step: 1, size: cut.shape[i] as number }));
  const shape = spans.map(({ start, size }, i) => start + size + Math.max(0, padding[i]?.[1] ?? 0));
  if (sameShape(shape, cut.shape)) return cut;
  const placed = unslice(cut, spans, shape);
  if (value === 0) return placed;
  const covered = unslice(ones(cut.shape, { dtype: "bool" }), spans, shape);
  return maskedFill(placed, logicalNot(covered), value);
}

/** The options of `tril` and `triu`. */
export interface TriangleOptions {
  /** How far above the main diagonal the last (or first) one lies that is kept. Default 0. */
  readonly diagonal?: number;
}

/**
 * The lower triangle of a matrix, or of each in a batch, 0 above the diagonal: [..., M, N] → [..., M, N].
 * @formula x where j − i ≤ diagonal, else 0
 * @derivative 1 where it is kept, else 0
 * @throws {ShapeError} when `x` has fewer than two axes
 * @throws {ValueError} when the diagonal is no integer, or `x` is neither a tensor nor numbers
 * @example
 * tril(tensor([[1, 2], [3, 4]])) // tensor([[1., 0.], [3., 4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.tril.html
 */
export const tril = (x: TensorLike, options: TriangleOptions = {}): Tensor => triangle("tril", x, options, le);

/**
 * The upper triangle of a matrix, or of each in a batch, 0 below the diagonal: [..., M, N] → [..., M, N].
 * @formula x where j − i ≥ diagonal, else 0
 * @derivative 1 where it is kept, else 0
 * @throws {ShapeError} when `x` has fewer than two axes
 * @throws {ValueError} when the diagonal is no integer, or `x` is neither a tensor nor numbers
 * @example
 * triu(tensor([[1, 2], [3, 4]]), { diagonal: 1 }) // tensor([[0., 2.], [0., 0.]])
 * @see https://pytorch.org/docs/stable/generated/torch.triu.html
 */
export const triu = (x: TensorLike, options: TriangleOptions = {}): Tensor => triangle("triu", x, options, ge);

/** Keeps the entries that are the right number of diagonals above the main one. */
function triangle(op: string, x: TensorLike, options: TriangleOptions, keep: Binary): Tensor {
  const { diagonal = 0 } = checkOptions(op, options, { diagonal: "number" });
  checkInteger(op, "diagonal", diagonal);
  const t = toTensor(op, x);
  const [rows = 0, columns] = t.shape.slice(-2);
  if (columns === undefined) throw new ShapeError(`${op}: needs a matrix, got shape ${show(t.shape)}`);
  return maskedFill(t, logicalNot(keep(sub(arange(columns), unsqueeze(arange(rows), 1)), diagonal)), 0);
}

/**
 * The rows of a table at integer indices: weight [V, D] and indices [...] → [..., D].
 * @param indices int32, 0 … V − 1
 * @formula weight[indices]
 * @derivative 1 where it was taken from, added up
 * @throws {IndexError} when an index is out of range
 * @throws {ShapeError} when the weight is not [V, D]
 * @throws {DTypeError} when the indices are not int32
 * @example
 * embedding(tensor([[1, 2], [3, 4], [5, 6]]), [2, 0]) // tensor([[5., 6.], [1., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export function embedding(weight: TensorLike, indices: TensorLike): Tensor {
  const [w, at] = [toTensor("embedding", weight), toIndices("embedding", indices)];
  if (w.ndim !== 2) throw new ShapeError(`embedding: weight must be [V, D], got shape ${show(w.shape)}`);
  return reshape(selectAlong("embedding", w, 0, flatten(at)), [...at.shape, w.shape[1] as number]);
}
