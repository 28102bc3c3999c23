// The strides of a loop's operands: how far apart in memory their rows and columns are.
import { type IndexMap, mergeAxes } from "../../index-map.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { Loop, Operand } from "./loop.ts";

/** An axis that the row's number runs through: how many entries it has, and how far apart they are; below 0, backwards. */
export interface Axis {
  readonly size: number;
  readonly stride: number;
}

/**
 * Element (row, column) of an operand is at offset + column · `column` + Σ |stride| · index over `rows`, outermost first,
 * where an axis that runs backwards is counted from its end.
 */
export interface Strides {
  /** None where all rows have the same elements. */
  readonly rows: readonly Axis[];
  readonly column: number;
  readonly offset: number;
}

/** An operand as a loop's rows and columns see it. */
export function stridesOf({ of, map }: Operand, { rows, columns }: Pick<Loop, "rows" | "columns">): Strides {
  const { offset } = map;
  const axes = axesOf(map);
  if (of === "perRow") return withRows(axes, 0, offset);
  const last = axes.pop() ?? { size: 1, stride: 0 };
  // The innermost axis covers some rows: all of them, if it is the only one.
  const inner = axes.length === 0 ? rows : last.size / columns;
  if (inner > 1) axes.push({ size: inner, stride: last.stride * columns });
  return withRows(rows === 1 ? [] : axes, last.stride, offset);
}

/**
 * The axes of a map, as few as there can be, in a list for each axis of `shape`, which has as many elements; `undefined`
 * where no such lists are.
 */
export function groupAxes(map: IndexMap, shape: Shape): Axis[][] | undefined {
  if (sizeOf(shape) === 0) return undefined;
  const axes = axesOf((mergeAxes([map]) as [IndexMap])[0]);
  const groups = shape.map((): Axis[] => []);
  for (let i = shape.length - 1; i >= 0; i--) {
    for (let left = shape[i] as number; left > 1; ) {
      const { size: n, stride } = axes.pop() as Axis;
      const size = Math.min(left, n);
      if (left % size > 0 || n % size > 0) return undefined;
      groups[i]?.unshift({ size, stride });
      if (n > size) axes.push({ size: n / size, stride: stride * size });
      left /= size;
    }
  }
  return groups;
}

/** Where the entries of all axes lie, in elements, the innermost running fastest. */
export const offsetsOf = (axes: readonly Axis[]): number[] =>
  axes.reduce(
    (starts, { size, stride }) => starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * stride)),
    [0],
  );

/** The axes of a map. */
export const axesOf = ({ shape, strides }: IndexMap): Axis[] =>
  shape.map((size, i) => ({ size, stride: strides[i] as number }));

/** How far from the element at index 0 of all axes the one is that lies first in memory: not after it. */
export const toFirst = (axes: readonly Axis[]): number =>
  axes.reduce((sum, { size, stride }) => sum + Math.min(0, stride) * (size - 1), 0);

function withRows(axes: readonly Axis[], column: number, offset: number): Strides {
  return { rows: axes.every(({ stride }) => stride === 0) ? [] : axes, column, offset: offset + toFirst(axes) };
}
