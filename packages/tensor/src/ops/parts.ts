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

/** The entry at `index` along `dim`, without that axis; negative indices count from the end. */
export const select = (x: TensorLike, dim: number, index: number): Tensor =>
  along("select", x, dim, () => {
    checkInteger("select", "index", index);
    return index;
  });

/** The `length` entries from `start` on along `dim`. */
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

/** x in parts along `dim`: of `sizes` entries each (the last may be smaller), or of the listed sizes. */
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

/** x in `chunks` parts along `dim`, all of one size but for the last; fewer where there are not enough entries. */
export function chunk(x: TensorLike, chunks: number, dim = 0): Tensor[] {
  const t = toTensor("chunk", x);
  checkInteger("chunk", "the number of chunks", chunks, 1);
  const n = t.shape[normalizeDim("chunk", dim, t.ndim)] ?? 0;
  if (n === 0 && chunks > mostEmptyChunks) {
    throw new ValueError(`chunk: ${chunks} chunks of an axis of size 0; ask for at most ${mostEmptyChunks}`);
  }
  return n === 0 ? split(t, new Array<number>(chunks).fill(0), dim) : split(t, Math.ceil(n / chunks), dim);
}

/** x in reverse order along `dims`. */
export function flip(x: TensorLike, dims: Dims): Tensor {
  const t = toTensor("flip", x);
  const axes = normalizeDims("flip", dims, t.ndim);
  return slice(t, ...t.shape.map((_, i): Range => (axes.includes(i) ? [null, null, -1] : [])));
}

/**
 * x with `value` (default 0) around it: `padding[i]` is [before, after] for axis i. Negative counts cut off. x itself
 * if all are 0.
 * (PyTorch lists the same numbers flat, last axis first.)
 */
export function pad(
  x: TensorLike,
  padding: readonly (readonly [before: number, after: number])[],
  options: { readonly value?: number } = {},
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

/** The lower triangle of a matrix, or of each in a batch: 0 above the diagonal `diagonal` (default 0, the main one). */
export const tril = (x: TensorLike, options: { readonly diagonal?: number } = {}): Tensor =>
  triangle("tril", x, options, le);

/** The upper triangle of a matrix, or of each in a batch: 0 below the diagonal `diagonal` (default 0, the main one). */
export const triu = (x: TensorLike, options: { readonly diagonal?: number } = {}): Tensor =>
  triangle("triu", x, options, ge);

/** Keeps the entries that are the right number of diagonals above the main one. */
function triangle(op: string, x: TensorLike, options: { readonly diagonal?: number }, keep: Binary): Tensor {
  const { diagonal = 0 } = checkOptions(op, options, { diagonal: "number" });
  checkInteger(op, "diagonal", diagonal);
  const t = toTensor(op, x);
  const [rows = 0, columns] = t.shape.slice(-2);
  if (columns === undefined) throw new ShapeError(`${op}: needs a matrix, got shape ${show(t.shape)}`);
  return maskedFill(t, logicalNot(keep(sub(arange(columns), unsqueeze(arange(rows), 1)), diagonal)), 0);
}

/**
 * The rows of `weight` ([V, D]) at integer `indices` of any shape: [...] → [..., D].
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export function embedding(weight: TensorLike, indices: TensorLike): Tensor {
  const [w, at] = [toTensor("embedding", weight), toIndices("embedding", indices)];
  if (w.ndim !== 2) throw new ShapeError(`embedding: weight must be [V, D], got shape ${show(w.shape)}`);
  return reshape(selectAlong("embedding", w, 0, flatten(at)), [...at.shape, w.shape[1] as number]);
}
