// The kernel of fold: adds up entries of windows at the places from which unfold takes them.
import type { TypedArray } from "../../dtype.ts";
import { type IndexMap, overlaps, wholeMap } from "../../index-map.ts";
import { copy } from "../copy.ts";

/** to[map(i)] += from[i], in the order of i, where several i may have one target; `to` starts as zeros. */
export function fold(to: TypedArray, map: IndexMap, from: TypedArray): void {
  const { shape, strides, offset } = map;
  if (!overlaps(map)) {
    copy(to, map, from, wholeMap(shape));
    return;
  }
  const last = shape.length - 1;
  const n = shape[last] ?? 1;
  const step = strides[last] ?? 0;
  let i = 0;
  const axes = (axis: number, start: number): void => {
    if (axis < last) {
      const stride = strides[axis] as number;
      for (let k = 0, p = start; k < (shape[axis] as number); k++, p += stride) axes(axis + 1, p);
    } else for (let k = 0, p = start; k < n; k++, p += step) to[p] = (to[p] as number) + (from[i++] as number);
  };
  if (from.length > 0) axes(0, offset);
}
