// Copies elements from the places of one index map to those of another, in runs as long as both maps allow.
import type { TypedArray } from "../dtype.ts";
import type { IndexMap } from "../index-map.ts";
import type { Shape } from "../shape.ts";

/** to[toMap(i)] = from[fromMap(i)] for each index i of the shape that both maps have. No two i may have the same target. */
export const copy = (to: TypedArray, toMap: IndexMap, from: TypedArray, fromMap: IndexMap): void =>
  copyAxes(toMap.shape, 0, to, toMap.offset, toMap.strides, from, fromMap.offset, fromMap.strides);

/** Runs of at most so many elements are copied one by one: for them a call takes longer. */
const shortRun = 16;

/** The same for the axes of `shape` from `axis` on, which begin at p in `to` and at q in `from`. */
export function copyAxes(
  shape: Shape,
  axis: number,
  to: TypedArray,
  p: number,
  toStrides: readonly number[],
  from: TypedArray,
  q: number,
  fromStrides: readonly number[],
): void {
  const n = shape[axis] ?? 1;
  const step = toStrides[axis] ?? 1;
  const fromStep = fromStrides[axis] ?? 1;
  const next = axis + 1;
  const size = stepFrom(shape, toStrides, axis) === 1 ? sizeFrom(shape, axis) : 0; // 0 where the target has gaps
  const run = size === 0 ? -1 : stepFrom(shape, fromStrides, axis);
  if (run >= 0) copyRun(size, to, p, 1, from, q, run);
  else if (next >= shape.length) copyRun(n, to, p, step, from, q, fromStep);
  else if (fromStep === 0 && n > 1 && size > 0) {
    copyAxes(shape, next, to, p, toStrides, from, q, fromStrides);
    for (let done = step; done < size; done *= 2) to.copyWithin(p + done, p, p + Math.min(done, size - done));
  } else if (next === shape.length - 1 && (shape[next] as number) <= shortRun) {
    const m = shape[next] as number;
    const inner = toStrides[next] as number;
    const fromInner = fromStrides[next] as number;
    for (let i = 0, at = p, place = q; i < n; i++, at += step, place += fromStep) {
      if (fromInner === 0) {
        const value = from[place] as number; // the target has no gaps here
        for (let j = 0; j < m; j++) to[at + j] = value;
      } else for (let j = 0; j < m; j++) to[at + j * inner] = from[place + j * fromInner] as number;
    }
  } else {
    for (let i = 0; i < n; i++) copyAxes(shape, next, to, p + i * step, toStrides, from, q + i * fromStep, fromStrides);
  }
}

/** Copies n elements, which are `step` apart in `to` and `fromStep` in `from`. */
export function copyRun(
  n: number,
  to: TypedArray,
  p: number,
  step: number,
  from: TypedArray,
  q: number,
  fromStep: number,
): void {
  if (n <= shortRun || step !== 1 || (fromStep !== 0 && fromStep !== 1))
    for (let i = 0; i < n; i++) to[p + i * step] = from[q + i * fromStep] as number;
  else if (fromStep === 0) to.fill(from[q] as number, p, p + n);
  else to.set(n === from.length ? from : from.subarray(q, q + n), p);
}

/** 1 if the elements of the axes from `axis` on lie side by side, 0 if all are the same one, else −1. */
function stepFrom(shape: Shape, strides: readonly number[], axis: number): number {
  let step = -1;
  for (let i = shape.length - 1, size = 1; i >= axis; i--) {
    const n = shape[i] as number;
    if (n === 1) continue;
    const own = strides[i] as number;
    if (own !== 0 && own !== size) return -1;
    if (step >= 0 && (own === 0) !== (step === 0)) return -1;
    step = own === 0 ? 0 : 1;
    size *= n;
  }
  return step === -1 ? 1 : step;
}

function sizeFrom(shape: Shape, axis: number): number {
  let size = 1;
  for (let i = axis; i < shape.length; i++) size *= shape[i] as number;
  return size;
}
