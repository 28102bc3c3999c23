// Nested arrays of numbers, from and to flat elements.
import type { TypedArray } from "./dtype.ts";
import { ShapeError, ValueError } from "./errors.ts";
import { describeValue } from "./options.ts";
import { type Shape, show } from "./shape.ts";

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
  const ragged = (wanted: string, got: string): ShapeError =>
    new ShapeError(`${op}: ragged array: expected ${wanted}, got ${got}`);
  const values: (number | boolean)[] = [];
  const visit = (value: NestedArray | number | boolean, depth: number): void => {
    const length = shape[depth];
    if (Array.isArray(value)) {
      if (length === undefined) throw ragged(`a number at depth ${depth}`, "an array");
      if (value.length !== length) throw ragged(`length ${length} at depth ${depth}`, `${value.length}`);
      for (const entry of value) visit(entry, depth + 1);
    } else if (length !== undefined) {
      throw ragged(`an array of shape ${show(shape.slice(depth))}`, describeValue(value));
    } else if (typeof value !== "number" && typeof value !== "boolean") {
      const isInside = depth > 0 && Array.isArray((value as { shape?: unknown } | null)?.shape);
      const remedy = isInside ? "; join tensors with stack" : "";
      const hint = ArrayBuffer.isView(value) ? "; wrap it in tensor(…)" : remedy;
      throw new ValueError(`${op}: expected a number or a boolean, got ${describeValue(value)}${hint}`);
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
