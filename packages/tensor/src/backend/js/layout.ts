import type { TypedArray } from "../../dtype.ts";
import { IndexError } from "../../errors.ts";
import type { NDArray, Params } from "../../primitive.ts";
import { type Shape, stridesOf } from "../../shape.ts";
import type { Kernel } from "./index.ts";
import { broadcastStrides, offsets } from "./offsets.ts";

/** out[i] = x[at[i]] */
function take({ data: to }: NDArray, { data: from }: NDArray, at: Int32Array): void {
  for (let i = 0; i < at.length; i++) to[i] = from[at[i] as number] as number;
}

/** out[at[i]] = x[i] */
function put({ data: to }: NDArray, { data: from }: NDArray, at: Int32Array): void {
  for (let i = 0; i < at.length; i++) to[at[i] as number] = from[i] as number;
}

interface Span {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

/** Where the entries of a slice lie in data of `shape`. */
function sliceOffsets(shape: Shape, params: Params): Int32Array {
  const spans = params.spans as readonly Span[];
  const strides = stridesOf(shape);
  return offsets(
    spans.map((s) => s.size),
    spans.map((s, i) => s.step * (strides[i] as number)),
    spans.reduce((start, s, i) => start + s.start * (strides[i] as number), 0),
  );
}

/** Visits each index, and where it points to in data of `shape`: its own place, moved along `dim`. Checks them all. */
function eachIndex(
  op: string,
  shape: Shape,
  indices: NDArray,
  dim: number,
  visit: (i: number, place: number) => void,
): void {
  const n = shape[dim] ?? 1;
  const { data } = indices;
  // A list of indices, or one for each row, as when a loss picks classes: nothing to work out.
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
  permute: (out, [x], { dims }) => {
    const strides = stridesOf((x as NDArray).shape);
    const moved = (dims as number[]).map((d) => strides[d] as number);
    take(out, x as NDArray, offsets(out.shape, moved));
  },
  broadcastTo: (out, [x]) => {
    const from = x as NDArray;
    if (from.data.length === 1) out.data.fill(from.data[0] as number);
    else take(out, from, offsets(out.shape, broadcastStrides(from.shape, out.shape)));
  },
  slice: (out, [x], params) => take(out, x as NDArray, sliceOffsets((x as NDArray).shape, params)),
  unslice: (out, [x], params) => put(out, x as NDArray, sliceOffsets(out.shape, params)),
  cat: (out, inputs, { dim }) => {
    const strides = stridesOf(out.shape);
    let start = 0;
    for (const x of inputs) {
      put(out, x, offsets(x.shape, strides, start * (strides[dim as number] as number)));
      start += x.shape[dim as number] as number;
    }
  },
  gather: (out, [x, indices], { dim, op }) => {
    const [to, from] = [out.data, (x as NDArray).data];
    eachIndex(op as string, (x as NDArray).shape, indices as NDArray, dim as number, (i, place) => {
      to[i] = from[place] as number;
    });
  },
  scatterAdd: (out, [x, indices, source], { dim }) => {
    const [to, from] = [(x as NDArray).data, (source as NDArray).data];
    // Added up in double precision: many float32 terms may meet in one place. Integers wrap around as in C.
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
