// Nested arrays of numbers, from and to flat elements.
import type { TypedArray } from "./dtype.ts";
import { ShapeError, ValueError } from "./errors.ts";
import { describeValue } from "./options.ts";
import { placeOf, type Shape, show } from "./shape.ts";

/** Arrays of numbers or booleans, nested to any depth: `[[1, 2], [3, 4]]`. */
export type NestedArray = readonly (number | boolean | NestedArray)[];

/** Arrays may be nested so deep; one that is part of itself is deeper. */
const deepest = 64;

/** The shape of a nested array and its values in row-major order. A ragged array throws. */
export function flattenNested(op: string, data: NestedArray | number | boolean): [(number | boolean)[], Shape] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) <= deepest) continue;
    throw new ShapeError(`${op}: an array that contains itself, or is nested more than ${deepest} deep`);
  }
  const values: (number | boolean)[] = [];
  /** Where the entry is that comes after `values`, by the indices that lead to it. */
  const at = (depth: number): string =>
    depth === 0 || shape.includes(0) ? "" : ` at ${show(placeOf(values.length, shape).slice(0, depth))}`;
  const ragged = (wanted: string, got: string, depth: number): ShapeError =>
    new ShapeError(`${op}: ragged array: expected ${wanted}, got ${got}${at(depth)}`);
  const visit = (value: NestedArray | number | boolean, depth: number): void => {
    const length = shape[depth];
    if (Array.isArray(value)) {
      if (length === undefined) throw ragged("a number", "an array", depth);
      if (value.length !== length) throw ragged(`length ${length}`, `${value.length}`, depth);
      for (const entry of value) visit(entry, depth + 1);
    } else if (length !== undefined) {
      throw ragged(`an array of shape ${show(shape.slice(depth))}`, describeValue(value), depth);
    } else if (typeof value !== "number" && typeof value !== "boolean") {
      const isInside = depth > 0 && Array.isArray((value as { shape?: unknown } | null)?.shape);
      const text = typeof value === "string" && depth > 0 ? "; use Number(text)" : "";
      const remedy = isInside ? "; join tensors with stack" : text;
      const hint = ArrayBuffer.isView(value) ? "; wrap it in tensor(…)" : remedy;
      throw new ValueError(`${op}: expected a number or a boolean, got ${describeValue(value)}${at(depth)}${hint}`);
    } else {
      values.push(value);
    }
  };
  visit(data, 0);
  return [values, shape];
}

/** The inverse of `flattenNested`: `read` turns each stored number into what is shown. */
export function nest<V>(data: TypedArray, shape: Shape, read: (x: number) => V): V | Nested<V> {
  const build = (depth: number, offset: number, size: number): V | Nested<V> => {
    const n = shape[depth];
    if (n === undefined) return read(data[offset] as number);
    return Array.from({ length: n }, (_, i) => build(depth + 1, offset + (i * size) / n, size / n));
  };
  return build(0, 0, data.length);
}

/** What `nest` returns: arrays of `V`, as deep as the shape is long. */
export type Nested<V> = (V | Nested<V>)[];
