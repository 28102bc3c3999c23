// Kernels that move elements, or pick them by their index.
import type { TypedArray } from "../../dtype.ts";
import { IndexError } from "../../errors.ts";
import { wholeMap } from "../../index-map.ts";
import type { NDArray, Params, Primitive } from "../../primitive.ts";
import { type Shape, stridesOf } from "../../shape.ts";
import { copy } from "../copy.ts";
import type { Kernel } from "./index.ts";
import { offsets } from "./offsets.ts";

/** Runs a movement: `map` says where each element of the output is in the input, or `onto` where each input's goes. */
export function move({ map, onto }: Primitive, out: NDArray, inputs: readonly NDArray[], params: Params): void {
  const whole = wholeMap(out.shape);
  for (const [i, { shape, data }] of inputs.entries()) {
    const to = onto?.(whole, params, inputs, i);
    if (to === undefined)
      copy(out.data, whole, data, (map as NonNullable<typeof map>)(wholeMap(shape), params, out.shape));
    else copy(out.data, to, data, wholeMap(shape));
  }
}

/** Checks and visits each index, with the place in data of `shape` that it means: its own, but at the index along `dim`. */
function eachIndex(
  op: string,
  shape: Shape,
  indices: NDArray,
  dim: number,
  visit: (i: number, place: number) => void,
): void {
  const n = shape[dim] ?? 1;
  const { data } = indices;
  // Fast for a list of indices, and for one index in each row, as when a loss picks classes.
  const oneEach = dim === 1 && shape.length === 2 && indices.shape[1] === 1;
  if (oneEach || shape.length === 1) {
    const row = oneEach ? n : 0;
    for (let i = 0; i < data.length; i++) visit(i, i * row + checkIndex(op, data, i, n));
    return;
  }
  const strides = stridesOf(shape);
  const stride = strides[dim] ?? 1;
  const at = offsets(
    indices.shape,
    strides.map((s, i) => (i === dim ? 0 : s)),
  );
  for (let i = 0; i < at.length; i++) visit(i, (at[i] as number) + checkIndex(op, data, i, n) * stride);
}

function checkIndex(op: string, indices: TypedArray, i: number, n: number): number {
  const index = indices[i] as number;
  if (index < 0 || index >= n) throw new IndexError(`${op}: index ${index} is out of range for size ${n}`);
  return index;
}

export const layoutKernels: Readonly<Record<string, Kernel>> = {
  gather: (out, [x, indices], { dim }) => {
    const [to, from] = [out.data, (x as NDArray).data];
    eachIndex("gather", (x as NDArray).shape, indices as NDArray, dim as number, (i, place) => {
      to[i] = from[place] as number;
    });
  },
  scatterAdd: (out, [x, indices, source], { dim }) => {
    const [to, from] = [(x as NDArray).data, (source as NDArray).data];
    // Added up in double precision: many float32 terms may have the same target. Integers wrap around as in C.
    const total = out.dtype === "int32" ? new Int32Array(to) : new Float64Array(to);
    eachIndex("scatterAdd", out.shape, indices as NDArray, dim as number, (i, place) => {
      total[place] = (total[place] as number) + (from[i] as number);
    });
    out.data.set(out.dtype === "bool" ? total.map((n) => Math.min(n, 1)) : total);
  },
  oneHot: ({ data: to }, [indices], { numClasses }) => {
    const { data } = indices as NDArray;
    const n = numClasses as number;
    for (let i = 0; i < data.length; i++) to[i * n + checkIndex("oneHot", data, i, n)] = 1;
  },
  random: (out, [p], { draw }) => (draw as (...data: (TypedArray | undefined)[]) => void)(out.data, p?.data),
};
