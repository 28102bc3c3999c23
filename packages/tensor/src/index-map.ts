// Index maps: at which place of its source each element of a tensor is found. Broadcasting, permuting and slicing are
// maps, and so is one after the other; kernels and compiled loops read operands through them, so nothing is copied.
import { type Shape, sameShape, stridesOf } from "./shape.ts";

/** Element [i₀, i₁, …] of `shape` is at offset + Σ strides[k] · iₖ in the source's elements. */
export interface IndexMap {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Entries start, start + step, …, `size` of them, along one axis. */
export interface Span {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** The elements as they lie: row-major. */
export const wholeMap = (shape: Shape): IndexMap => ({ shape, strides: stridesOf(shape), offset: 0 });

/** Stretched to `shape` by NumPy's rule: along an axis that is repeated the stride is 0. */
export function broadcastMap({ shape: from, strides, offset }: IndexMap, shape: Shape): IndexMap {
  const extra = shape.length - from.length;
  const stretched = shape.map((_, i) => (i < extra || from[i - extra] === 1 ? 0 : (strides[i - extra] as number)));
  return { shape, strides: stretched, offset };
}

/** With the axes in another order: axis i of the result is axis `dims[i]`. */
export const permuteMap = ({ shape, strides, offset }: IndexMap, dims: readonly number[]): IndexMap => ({
  shape: dims.map((d) => shape[d] as number),
  strides: dims.map((d) => strides[d] as number),
  offset,
});

/** The part of it that a span of each axis takes. */
export const sliceMap = ({ strides, offset }: IndexMap, spans: readonly Span[]): IndexMap => ({
  shape: spans.map(({ size }) => size),
  strides: spans.map(({ step }, i) => step * (strides[i] as number)),
  offset: spans.reduce((at, { start }, i) => at + start * (strides[i] as number), offset),
});

/** Windows along one axis: of `size` entries that are `dilation` apart, each `step` after the one before. */
export interface Window {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
  readonly dilation: number;
}

/** How many windows fit into an axis of n entries; below 1, none. */
export const windowsIn = (n: number, { size, step, dilation }: Omit<Window, "dim">): number =>
  Math.floor((n - dilation * (size - 1) - 1) / step) + 1;

/** Each axis with windows counts them; their entries are axes of their own, which stand before axis `at`. */
export function unfoldMap({ shape, strides, offset }: IndexMap, windows: readonly Window[], at: number): IndexMap {
  const [counts, steps] = [[...shape], [...strides]];
  for (const window of windows) {
    const { dim, step } = window;
    counts[dim] = windowsIn(shape[dim] as number, window);
    steps[dim] = step * (strides[dim] as number);
  }
  counts.splice(at, 0, ...windows.map(({ size }) => size));
  steps.splice(at, 0, ...windows.map(({ dim, dilation }) => dilation * (strides[dim] as number)));
  return { shape: counts, strides: steps, offset };
}

/** Whether a map may find one element at several indices. */
export function overlaps({ shape, strides }: IndexMap): boolean {
  let reach = 0; // how far apart the elements are that smaller strides find
  return strides
    .map((stride, i) => ({ stride: Math.abs(stride), n: shape[i] as number }))
    .filter(({ n }) => n > 1)
    .sort((a, b) => a.stride - b.stride)
    .some(({ stride, n }) => {
      const isFound = stride <= reach;
      reach += stride * (n - 1);
      return isFound;
    });
}

/**
 * Maps of one shape with as few axes as describe them all: axes of size 1 are dropped, and neighbours that every map
 * runs through as through a single axis are joined. The order of the elements stays.
 */
export function mergeAxes(maps: readonly IndexMap[]): IndexMap[] {
  const shape: number[] = [];
  const strides = maps.map((): number[] => []);
  const full = (maps[0] as IndexMap).shape;
  for (const [axis, n] of full.entries()) {
    if (n === 1) continue;
    const last = shape.length - 1;
    const joins = maps.every(({ strides: own }, k) => strides[k]?.[last] === n * (own[axis] as number));
    if (joins) shape[last] = (shape[last] as number) * n;
    else shape.push(n);
    for (const [k, { strides: own }] of maps.entries())
      (strides[k] as number[])[shape.length - 1] = own[axis] as number;
  }
  return maps.map(({ offset }, k) => ({ shape, strides: strides[k] as number[], offset }));
}

/** Exchanges the last two axes. */
export const swapLast = (map: IndexMap): IndexMap =>
  permuteMap(
    map,
    map.shape.map((_, i, { length }) => (i < length - 2 ? i : 2 * length - 3 - i)),
  );

/** Whether two maps find the same elements; where an axis has one entry, its stride does not matter. */
export const sameMap = (a: IndexMap, b: IndexMap | undefined): boolean =>
  b !== undefined &&
  sameShape(a.shape, b.shape) &&
  a.offset === b.offset &&
  a.strides.every((stride, i) => stride === b.strides[i] || a.shape[i] === 1);

/** Whether a map with merged axes finds the elements as they lie. */
export const isWhole = ({ strides, offset }: IndexMap): boolean =>
  offset === 0 && strides.length <= 1 && (strides[0] ?? 1) === 1;

/** Whether a map with merged axes finds but one element. */
export const isScalar = ({ strides }: IndexMap): boolean => strides.every((stride) => stride === 0);
