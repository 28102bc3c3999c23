// Functions that move entries and axes, all made of slices, permutations and joins: their gradients follow.
import { toTensor, toTensors } from "../bind.ts";
import { IndexError, ShapeError, ValueError } from "../errors.ts";
import { inTheNameOf } from "../ops/ensure.ts";
import { type Range, slice } from "../ops/indexing.ts";
import { narrow } from "../ops/parts.ts";
import { broadcastTo, cat, flatten, permute, repeat, reshape, transpose } from "../ops/shape.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { checkShape, normalizeDim, type Shape, show } from "../shape.ts";
import type { Dims, Tensor, TensorLike } from "../tensor.ts";

/** One number, or a list of them. */
const listOf = (numbers: number | readonly number[]): readonly number[] =>
  typeof numbers === "number" ? [numbers] : numbers;

/** Axes as non-negative numbers in the order given; a repeated one throws. */
function axesOf(op: string, dims: Dims, ndim: number): number[] {
  const list = listOf(dims);
  if (!Array.isArray(list)) {
    throw new IndexError(`${op}: axes are an integer or an array of integers, got ${describeValue(dims)}`);
  }
  const axes = list.map((dim: number) => normalizeDim(op, dim, ndim));
  if (new Set(axes).size < axes.length) throw new IndexError(`${op}: axes ${show(list)} name one axis twice`);
  return axes;
}

/**
 * Two axes exchanged, [A, B] → [B, A] for axes 0 and 1: NumPy's name for `transpose`.
 * @formula xᵀ
 * @derivative the gradient, transposed
 * @throws {IndexError} when an axis is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * swapaxes(zeros([2, 3, 4]), 0, 2).shape // [4, 3, 2]
 * @see https://pytorch.org/docs/stable/generated/torch.swapaxes.html
 */
export const swapaxes = (x: TensorLike, axis0: number, axis1: number): Tensor =>
  inTheNameOf("swapaxes", () => transpose(x, axis0, axis1));

/**
 * The axes `source` moved to the places `destination`, one for each; the other axes keep their order: for 0 and −1, [A,
 * B, C] → [B, C, A].
 * @formula x, axes moved
 * @derivative the gradient, axes put back
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ShapeError} when there is not one place for each axis
 * @example
 * movedim(zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 * @see https://pytorch.org/docs/stable/generated/torch.movedim.html
 */
export function movedim(x: TensorLike, source: Dims, destination: Dims): Tensor {
  const t = toTensor("movedim", x);
  const [from, to] = [axesOf("movedim", source, t.ndim), axesOf("movedim", destination, t.ndim)];
  if (from.length !== to.length) {
    throw new ShapeError(`movedim: ${from.length} axes cannot go to ${to.length} places; give one for each`);
  }
  const others = [...t.shape.keys()].filter((axis) => !from.includes(axis));
  return permute(
    t,
    t.shape.map((_, axis) => (to.includes(axis) ? from[to.indexOf(axis)] : others.shift()) as number),
  );
}

/**
 * `x` with its entries moved by `shifts` places along `dims`, those beyond the end coming back at the start: [...] →
 * [...]. Negative shifts move towards the start.
 * @param shifts one for each axis of `dims`
 * @param dims default: none, which moves entries of `x` as one long row
 * @formula x, rolled
 * @derivative the gradient, rolled back
 * @throws {IndexError} when an axis is out of range
 * @throws {ValueError} when there is not one integer shift for each axis
 * @example
 * roll(tensor([1, 2, 3]), 1) // tensor([3., 1., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.roll.html
 */
export function roll(x: TensorLike, shifts: number | readonly number[], dims?: Dims): Tensor {
  const t = toTensor("roll", x);
  const [moves, axes] = [listOf(shifts), listOf(dims ?? 0)];
  if (!Array.isArray(moves) || !Array.isArray(axes) || moves.length !== axes.length) {
    const got = `shifts ${describeValue(shifts)}, dims ${describeValue(dims)}`;
    throw new ValueError(`roll: needs one shift for each axis, or one alone; got ${got}`);
  }
  const rolled = axes.reduce(
    (rows: Tensor, dim: number, i) => {
      const axis = normalizeDim("roll", dim, rows.ndim);
      checkInteger("roll", "a shift", moves[i]);
      const n = rows.shape[axis] ?? 1;
      const back = (((moves[i] as number) % n) + n) % n; // NaN where there is nothing to move
      if (!(back > 0)) return rows;
      return cat([narrow(rows, axis, n - back, back), narrow(rows, axis, 0, n - back)], axis);
    },
    dims === undefined ? flatten(t) : t,
  );
  return reshape(rolled, t.shape);
}

/** The options of `diagonal`. */
export interface DiagonalOptions {
  /** How far above the main diagonal. Default 0. */
  readonly offset?: number;
  /** The axis of rows. Default 0. */
  readonly dim1?: number;
  /** The axis of columns. Default 1. */
  readonly dim2?: number;
}

/**
 * A diagonal of a matrix, or of each in a batch: [M, N, ...] → [..., min(M, N)]. The two axes go, and the diagonal is
 * the last axis of the result. An offset beyond the matrix gives no entries.
 * @formula xᵢᵢ
 * @derivative 1 on the diagonal, else 0
 * @throws {ShapeError} when `x` has fewer than two axes
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when an option is wrong
 * @example
 * diagonal(tensor([[1, 2], [3, 4]])) // tensor([1., 4.])
 * @see https://pytorch.org/docs/stable/generated/torch.diagonal.html
 */
export function diagonal(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  const kinds = { offset: "number", dim1: "number", dim2: "number" } as const;
  const { offset = 0, dim1 = 0, dim2 = 1 } = checkOptions("diagonal", options, kinds);
  checkInteger("diagonal", "offset", offset);
  const t = toTensor("diagonal", x);
  if (t.ndim < 2) throw new ShapeError(`diagonal: needs a matrix, got shape ${show(t.shape)}`);
  const axes = axesOf("diagonal", [dim1, dim2], t.ndim);
  const [rows, columns] = axes.map((axis) => t.shape[axis]) as [number, number];
  const others = [...t.shape.keys()].filter((axis) => !axes.includes(axis));
  const matrices = permute(t, [...others, ...axes]);
  const flat = reshape(matrices, [...matrices.shape.slice(0, -2), rows * columns]);
  // In the flat matrix, the next entry of a diagonal is a row and a column on.
  const start = offset < 0 ? -offset * columns : offset;
  const size = Math.max(0, Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)));
  const step = columns + 1;
  return slice(flat, ...others.map((): Range => []), [start, start + size * step, step]);
}

/** The options of `meshgrid`. */
export interface MeshgridOptions {
  /** `"xy"` exchanges the first two axes, for pictures. Default `"ij"`. */
  readonly indexing?: "ij" | "xy";
}

/**
 * Coordinates of a grid: of vectors [M], [N], … one tensor [M, N, …] each, along its own axis that vector and the same
 * along all others. 0-d tensors count as vectors of one.
 * @formula xᵢ along its own axis
 * @derivative the gradient, summed over the other axes
 * @throws {ShapeError} when one has several axes
 * @throws {ValueError} when `tensors` is not an array with a vector, or an option is wrong
 * @example
 * const [y, x] = meshgrid([tensor([0, 1]), tensor([5, 6, 7])]);
 * y // tensor([[0., 0., 0.], [1., 1., 1.]])
 * x // tensor([[5., 6., 7.], [5., 6., 7.]])
 * @see https://pytorch.org/docs/stable/generated/torch.meshgrid.html
 */
export function meshgrid(tensors: readonly TensorLike[], options: MeshgridOptions = {}): Tensor[] {
  const { indexing } = checkOptions("meshgrid", options, { indexing: ["ij", "xy"] });
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new ValueError(`meshgrid: takes an array of vectors, as in meshgrid([x, y]); got ${describeValue(tensors)}`);
  }
  const list = toTensors("meshgrid", [...tensors]);
  const matrix = list.find(({ ndim }) => ndim > 1);
  if (matrix !== undefined) throw new ShapeError(`meshgrid: needs vectors, got shape ${show(matrix.shape)}`);
  const axisOf = (i: number): number => (indexing === "xy" && list.length > 1 && i < 2 ? 1 - i : i);
  const shape = list.map((_, axis) => (list[axisOf(axis)] as Tensor).size);
  return list.map((x, i) => {
    const column = shape.map((_, axis) => (axis === axisOf(i) ? x.size : 1));
    return broadcastTo(reshape(x, column), shape);
  });
}

/**
 * `x` laid side by side, `counts` times along the last axes: [...n] → [...counts · n]. `repeat`, but fewer counts than
 * axes are taken for the last ones.
 * @formula x, repeated
 * @derivative the gradient, summed
 * @throws {ShapeError} when the counts are no sizes
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * tile(tensor([[1, 2]]), [2]) // tensor([[1., 2., 1., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.tile.html
 */
export function tile(x: TensorLike, counts: Shape): Tensor {
  const t = toTensor("tile", x);
  checkShape("tile", counts);
  const once = new Array<number>(Math.max(0, t.ndim - counts.length)).fill(1);
  return repeat(t, [...once, ...counts]);
}
