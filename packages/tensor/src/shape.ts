// Arithmetic of shapes and axes.
import { IndexError, ShapeError } from "./errors.ts";
import { describeValue } from "./options.ts";

/** Sizes of the axes, outermost first. `[]` is a single number. */
export type Shape = readonly number[];

// These run several times in each op, so they are loops, and make no arrays or closures.

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number;
  return size;
}

/** `[2, 3]`, as errors and printing show a shape. */
export const show = (shape: Shape): string => `[${shape.join(", ")}]`;

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Throws unless `shape` is an array. */
export function checkIsShape(op: string, shape: Shape): void {
  if (Array.isArray(shape)) return;
  throw new ShapeError(`${op}: a shape is an array of sizes, such as [2, 3]; got ${describeValue(shape)}`);
}

/** The most elements of a tensor: kernels keep places as int32. */
const largest = 2 ** 31 - 1;

/** Throws unless every size is a non-negative integer, and all of them together fit an array. */
export function checkShape(op: string, shape: Shape): void {
  checkIsShape(op, shape);
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new ShapeError(`${op}: shape ${show(shape)} has a size that is not a non-negative integer`);
    }
  }
  if (sizeOf(shape) > largest) {
    throw new ShapeError(`${op}: shape ${show(shape)} has more elements than a tensor can hold, ${largest}`);
  }
}

/** How far to step in the flat data for one step along each axis of a row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}

/** Where element `i` of the flat data is: one index for each axis. */
export const placeOf = (i: number, shape: Shape): number[] =>
  stridesOf(shape).map((stride, axis) => Math.floor(i / stride) % (shape[axis] as number));

/** The shape in which both meet, by NumPy's rule: aligned at the right, equal sizes, or one of them 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (b.length === 0 || sameShape(a, b)) return a;
  if (a.length === 0) return b;
  const ndim = Math.max(a.length, b.length);
  const out = new Array<number>(ndim);
  for (let i = 1; i <= ndim; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      const where = `sizes ${m} and ${n} at axis ${-i} must be equal, or one of them 1`;
      throw new ShapeError(`${op}: ${show(a)} and ${show(b)} do not broadcast: ${where}`);
    }
    out[ndim - i] = m === 1 ? n : m;
  }
  return out;
}

/** Whether a value of shape `from` can be stretched to exactly `to`. */
export const broadcastsTo = (from: Shape, to: Shape): boolean =>
  from.length <= to.length && from.every((n, i) => n === 1 || n === to[to.length - from.length + i]);

/** An axis as a non-negative number; negative ones count from the end. A 0-d tensor takes 0 and −1, as in PyTorch. */
export function normalizeDim(op: string, dim: number, ndim: number): number {
  const n = Math.max(ndim, 1);
  if (!Number.isInteger(dim)) throw new IndexError(`${op}: an axis is an integer, got ${describeValue(dim)}`);
  if (dim < -n || dim >= n) {
    const range = `the axes of a ${ndim}-d tensor run from ${-n} to ${n - 1}`;
    throw new IndexError(`${op}: axis ${dim} is out of range: ${range}`);
  }
  return dim < 0 ? dim + n : dim;
}

/** Axes as sorted non-negative numbers; none given means all of them. A repeated axis throws. */
export function normalizeDims(op: string, dims: number | readonly number[] | undefined, ndim: number): number[] {
  if (dims === undefined) {
    const all: number[] = [];
    for (let i = 0; i < ndim; i++) all.push(i);
    return all;
  }
  const list: readonly number[] = typeof dims === "number" ? [dims] : dims;
  if (!Array.isArray(list)) {
    throw new IndexError(`${op}: axes are an integer or an array of integers, got ${describeValue(dims)}`);
  }
  const sorted = list.map((dim) => normalizeDim(op, dim, ndim)).sort((a, b) => a - b);
  if (sorted.some((dim, i) => dim === sorted[i - 1]))
    throw new IndexError(`${op}: axes ${show(list)} name one axis twice`);
  return ndim === 0 ? [] : sorted;
}

/** `shape` with the axes `dims` (sorted, non-negative) made 1, or dropped. */
export const reduceShape = (shape: Shape, dims: readonly number[], keepdim: boolean): Shape =>
  keepdim ? shape.map((n, i) => (dims.includes(i) ? 1 : n)) : shape.filter((_, i) => !dims.includes(i));
