// Lays the input of a reduction out as rows: each row holds, side by side, the elements that are reduced together.
import { allocate, type TypedArray } from "../dtype.ts";
import { permuteMap, wholeMap } from "../index-map.ts";
import type { NDArray } from "../primitive.ts";
import { sizeOf } from "../shape.ts";
import { copy } from "./copy.ts";

/**
 * Runs a kernel on x as rows, each of the n elements along the axes `dims`. It writes one element for each row, or n.
 * Where `dims` are not the last axes, the kernel gets a copy of x in which they are. Returns what the kernel returns.
 */
export function overRows<R>(
  out: NDArray,
  x: NDArray,
  dims: readonly number[],
  run: (to: TypedArray, from: TypedArray, n: number) => R,
): R {
  const { shape } = x;
  const n = sizeOf(dims.map((d) => shape[d] as number));
  if (dims.length === 0 || dims[0] === shape.length - dims.length) return run(out.data, x.data, n);
  const order = [...shape.keys()].filter((d) => !dims.includes(d)).concat(dims);
  const moved = permuteMap(wholeMap(shape), order);
  const from = allocate(x.dtype, x.data.length);
  copy(from, wholeMap(moved.shape), x.data, moved);
  if (out.data.length !== from.length) return run(out.data, from, n);
  const to = allocate(out.dtype, from.length);
  const result = run(to, from, n);
  copy(out.data, moved, to, wholeMap(moved.shape));
  return result;
}
