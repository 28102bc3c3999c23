// The offsets in flat data of all indices over a shape, as a list.
import { broadcastMap, wholeMap } from "../../index-map.ts";
import { type Shape, sizeOf } from "../../shape.ts";

/**
 * The positions in flat data that an index over `shape` visits, in row-major order, when each step along axis i moves
 * by `strides[i]`.
 */
export function offsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  if (out.length === 0) return out;
  out[0] = start;
  // Filled axis by axis, from the innermost: each axis repeats what is there, shifted by its stride.
  let filled = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] as number;
    const stride = strides[axis] as number;
    for (let i = 1; i < n; i++) {
      for (let j = 0; j < filled; j++) out[i * filled + j] = (out[j] as number) + i * stride;
    }
    filled *= n;
  }
  return out;
}

/** The strides with which data of `shape` is read as if stretched to `to`. */
export const broadcastStrides = (shape: Shape, to: Shape): readonly number[] =>
  broadcastMap(wholeMap(shape), to).strides;
