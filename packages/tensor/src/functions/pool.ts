// Pooling: the largest entry or the mean of each window.
import { customGrad, isGradEnabled, toTensor } from "../bind.ts";
import { arange, tensor } from "../create.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { type Window, windowsIn } from "../index-map.ts";
import { mean } from "../ops/composite.ts";
import { add, div, eq, gt, logicalOr, mul, ne, where } from "../ops/elementwise.ts";
import { type Range, slice } from "../ops/indexing.ts";
import { narrow, pad } from "../ops/parts.ts";
import { sum } from "../ops/reduce.ts";
import { reshape, stack } from "../ops/shape.ts";
import { checkFloat } from "../ops/types.ts";
import { checkOptions, type OptionKind } from "../options.ts";
import { placeOf, type Shape, show, sizeOf, stridesOf } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkImages, foldWindows, type PerAxis, perAxis, unfoldWindows } from "./windows.ts";

interface PoolOptions {
  /** How far each window is from the one before. Default: the size. */
  readonly stride?: PerAxis;
  /** What is added on both sides, at most half of the size; no maximum is there. Default 0. */
  readonly padding?: PerAxis;
  /** Whether windows that begin inside may hang over the end. Default false. */
  readonly ceilMode?: boolean;
}

/** The options of `maxPool1d` and `maxPool2d`. */
export interface MaxPoolOptions extends PoolOptions {
  /** How far apart a window's entries are. Default 1. */
  readonly dilation?: PerAxis;
}

/** The options of `avgPool1d`. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether a mean counts the zeros of the padding. Default true. */
  readonly countIncludePad?: boolean;
}

/** The options of `avgPool2d`. */
export interface AvgPool2dOptions extends AvgPoolOptions {
  /** What sums are divided by. Default: the number of entries. */
  readonly divisorOverride?: number;
}

const kinds = { stride: "any", padding: "any", ceilMode: "boolean" } as const;

/** Windows over the last axes of x when it is padded by `around`. */
interface Pool {
  readonly x: Tensor;
  readonly windows: readonly Window[];
  /** [before, after] for each axis of x. */
  readonly around: readonly (readonly [number, number])[];
  /** How many windows each of the last axes has, and what stands before its entries. */
  readonly axes: readonly { readonly count: number; readonly before: number; readonly n: number }[];
}

function toImages(op: string, input: TensorLike, axes: number): Tensor {
  const x = toTensor(op, input);
  checkImages(op, x, axes);
  checkFloat(op, x);
  return x;
}

function poolOver(op: string, axes: number, input: TensorLike, size: PerAxis, options: MaxPoolOptions): Pool {
  const x = toImages(op, input, axes);
  const sizes = perAxis(op, "size", size, axes, 1);
  const steps = perAxis(op, "stride", options.stride ?? sizes, axes, 1);
  const padding = perAxis(op, "padding", options.padding ?? 0, axes, 0);
  const apart = perAxis(op, "dilation", options.dilation ?? 1, axes, 1);
  const lead = x.ndim - axes;
  const windows = sizes.map(
    (size, i): Window => ({ dim: lead + i, size, step: steps[i] as number, dilation: apart[i] as number }),
  );
  const ends = windows.map((window, i) => {
    const [n, before] = [x.shape[lead + i] as number, padding[i] as number];
    const { dim, size, step, dilation } = window;
    if (2 * before > size) {
      throw new ValueError(
        `${op}: padding ${before} is more than half of size ${size}; use at most ${Math.floor(size / 2)}`,
      );
    }
    let count = windowsIn(n + 2 * before + (options.ceilMode === true ? step - 1 : 0), window);
    if (options.ceilMode === true && (count - 1) * step >= n + before) count--; // it would begin in the padding
    const reach = dilation * (size - 1) + 1;
    if (count < 1) {
      throw new ShapeError(
        `${op}: a window over ${reach} entries does not fit axis ${dim} of ${show(x.shape)}, size ${n}`,
      );
    }
    return { n, count, before, after: Math.max(before, (count - 1) * step + reach - n - before) };
  });
  const none = x.shape.slice(0, lead).map((): [number, number] => [0, 0]);
  return {
    x,
    windows,
    axes: ends,
    around: [...none, ...ends.map(({ before, after }): [number, number] => [before, after])],
  };
}

/** For each window of axis i a number, over all axes joined by `op`. */
const eachWindow = (
  { axes }: Pool,
  op: (a: TensorLike, b: TensorLike) => Tensor,
  of: (i: number, place: number) => number,
): Tensor =>
  axes
    .map(({ count }, i) =>
      tensor(
        Array.from({ length: count }, (_, place) => of(i, place)),
        { shape: [count, ...axes.slice(i + 1).map(() => 1)], dtype: "int32" },
      ),
    )
    .reduce(op);

/** For each window the first of its entries, all in one row, that is not padding. */
function firstInside(pool: Pool, sizes: Shape): Tensor {
  const strides = stridesOf(sizes);
  return eachWindow(pool, add, (i, place) => {
    const { before = 0 } = pool.axes[i] ?? {};
    const { step = 1, dilation = 1 } = pool.windows[i] ?? {};
    return (strides[i] as number) * Math.max(0, Math.ceil((before - place * step) / dilation));
  });
}

function maxPool(op: string, axes: number, input: TensorLike, size: PerAxis, options?: MaxPoolOptions): Tensor {
  const checked = checkOptions(op, options, { ...kinds, dilation: "any" }) as MaxPoolOptions;
  const pool = poolOver(op, axes, input, size, checked);
  const { x, windows, around } = pool;
  const sizes = windows.map(({ size }) => size);
  const isPadded = around.flat().some((n) => n > 0);
  const recorded = isGradEnabled() && x.requiresGrad;
  let at: Tensor | undefined; // which entry of each window is the largest
  // As PyTorch's loop over a window: a later entry takes over if it is larger or NaN.
  const forward = (x: Tensor): Tensor => {
    const padded = pad(x, around, { value: Number.NEGATIVE_INFINITY });
    // Entry k of all windows. A slice for each, since loops read slices where they lie.
    const entryOf = (k: number): Tensor => {
      const ranges = windows.map(({ step, dilation }, i): Range => {
        const start = (placeOf(k, sizes)[i] as number) * dilation;
        return [start, start + ((pool.axes[i]?.count ?? 0) - 1) * step + 1, step];
      });
      return slice(padded, ...around.slice(0, -axes).map((): Range => []), ...ranges);
    };
    let best = entryOf(0);
    at = isPadded ? firstInside(pool, sizes) : tensor(0, { dtype: "int32" });
    for (let k = 1; k < sizeOf(sizes); k++) {
      const entry = entryOf(k);
      const takesOver = logicalOr(gt(entry, best), ne(entry, entry));
      best = where(takesOver, entry, best);
      if (recorded) at = where(takesOver, k, at);
    }
    return best;
  };
  const vjp = (ct: Tensor): Tensor => {
    const places = reshape(arange(sizeOf(sizes)), [-1, ...ct.shape.map(() => 1)]);
    const entries = reshape(where(eq(places, at as Tensor), ct, 0), [...sizes, ...ct.shape]);
    const shape = x.shape.map((n, i) => n + (around[i]?.[0] ?? 0) + (around[i]?.[1] ?? 0));
    return pad(
      foldWindows(entries, windows, 0, shape),
      around.map(([before, after]) => [-before, -after]),
    );
  };
  return customGrad({ name: op, forward, vjps: [vjp] })(x);
}

function avgPool(op: string, axes: number, input: TensorLike, size: PerAxis, options?: AvgPool2dOptions): Tensor {
  const own: Record<string, OptionKind> = { ...kinds, countIncludePad: "boolean" };
  if (axes > 1) own.divisorOverride = "number";
  const { countIncludePad = true, divisorOverride, ...checked } = checkOptions(op, options, own) as AvgPool2dOptions;
  if (divisorOverride !== undefined && (divisorOverride === 0 || !Number.isSafeInteger(divisorOverride))) {
    throw new ValueError(`${op}: divisorOverride must be an integer other than 0, got ${divisorOverride}`);
  }
  const pool = poolOver(op, axes, input, size, checked);
  const { windows, around } = pool;
  const total = sum(unfoldWindows(op, pad(pool.x, around), windows, 0), [...windows.keys()]);
  const isPadded = around.some(([before, after]) => before + after > 0);
  const whole = divisorOverride ?? (isPadded ? undefined : sizeOf(windows.map(({ size }) => size)));
  if (whole !== undefined) return div(total, whole);
  const counts = eachWindow(pool, mul, (i, place) => {
    const { n = 0, before = 0 } = pool.axes[i] ?? {};
    const { step = 1, size = 1 } = pool.windows[i] ?? {};
    const start = place * step - before;
    const outside = countIncludePad ? before : 0;
    return Math.min(start + size, n + outside) - Math.max(start, -outside);
  });
  return div(total, counts);
}

/** The size of each axis after pooling; null leaves it as it is. */
export type OutputSize = number | null | readonly (number | null)[];

/** Means of so many parts of each axis, which overlap where they have no common size. */
function adaptiveAvgPool(op: string, axes: number, input: TensorLike, outputSize: OutputSize): Tensor {
  let x = toImages(op, input, axes);
  const own = x.shape.slice(-axes);
  const kept = (n: number | null, i: number): number | undefined => n ?? own[i];
  const wanted = Array.isArray(outputSize) ? outputSize.map(kept) : outputSize === null ? own : outputSize;
  for (const [i, parts] of perAxis(op, "outputSize", wanted as PerAxis, axes, 1).entries()) {
    const dim = x.ndim - axes + i;
    const n = x.shape[dim] as number;
    const shape = [...x.shape.slice(0, dim), parts, n / parts, ...x.shape.slice(dim + 1)];
    const part = (k: number): Tensor => {
      const start = Math.floor((k * n) / parts);
      return mean(narrow(x, dim, start, Math.ceil(((k + 1) * n) / parts) - start), dim);
    };
    const whole = n % parts === 0;
    x = whole
      ? mean(reshape(x, shape), dim + 1)
      : stack(
          Array.from({ length: parts }, (_, k) => part(k)),
          dim,
        );
  }
  return x;
}

/**
 * The largest entry of each window of `size` entries: x [N, C, L] or [C, L] → [N, C, L'], where L' = (L + 2·padding −
 * dilation·(size − 1) − 1) / stride + 1, rounded down, or up with `ceilMode`. A NaN is larger than all.
 * @formula max of each window
 * @derivative 1 at the first of the largest, else 0
 * @throws {ShapeError} when sizes do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x holds no floats
 * @example
 * maxPool1d(tensor([[1, 5, 2, 0]]), 2) // tensor([[5., 2.]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export const maxPool1d = (x: TensorLike, size: PerAxis, options?: MaxPoolOptions): Tensor =>
  maxPool("maxPool1d", 1, x, size, options);

/**
 * As `maxPool1d`, over two axes: x [N, C, H, W] or [C, H, W] → [N, C, H', W'].
 * @formula max of each window
 * @derivative 1 at the first of the largest, else 0
 * @throws {ShapeError} when sizes do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x holds no floats
 * @example
 * maxPool2d(zeros([32, 8, 28, 28]), 2).shape // [32, 8, 14, 14]
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export const maxPool2d = (x: TensorLike, size: PerAxis, options?: MaxPoolOptions): Tensor =>
  maxPool("maxPool2d", 2, x, size, options);

/**
 * The mean of each window of `size` entries: x [N, C, L] or [C, L] → [N, C, L'], where L' = (L + 2·padding − size) /
 * stride + 1, rounded down, or up with `ceilMode`. What hangs over the padding does not count.
 * @formula mean of each window
 * @derivative 1/size in each window
 * @throws {ShapeError} when sizes do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x holds no floats
 * @example
 * avgPool1d(tensor([[1, 5, 2, 0]]), 2) // tensor([[3., 1.]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 */
export const avgPool1d = (x: TensorLike, size: PerAxis, options?: AvgPoolOptions): Tensor =>
  avgPool("avgPool1d", 1, x, size, options);

/**
 * As `avgPool1d`, over two axes: x [N, C, H, W] or [C, H, W] → [N, C, H', W'].
 * @formula mean of each window
 * @derivative 1/size in each window
 * @throws {ShapeError} when sizes do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x holds no floats
 * @example
 * avgPool2d(zeros([32, 8, 28, 28]), [2, 4]).shape // [32, 8, 14, 7]
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 */
export const avgPool2d = (x: TensorLike, size: PerAxis, options?: AvgPool2dOptions): Tensor =>
  avgPool("avgPool2d", 2, x, size, options);

/**
 * Means over `outputSize` parts of equal size, or nearly: x [N, C, L] or [C, L] → [N, C, outputSize]. Part k is from
 * k·L / outputSize, rounded down, to (k + 1)·L / outputSize, rounded up.
 * @formula mean of each part
 * @derivative 1/size in each part
 * @throws {ShapeError} when sizes do not fit
 * @throws {ValueError} when `outputSize` is not a size
 * @throws {DTypeError} when x holds no floats
 * @example
 * adaptiveAvgPool1d(tensor([[1, 5, 2, 0]]), 2) // tensor([[3., 1.]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 */
export const adaptiveAvgPool1d = (x: TensorLike, outputSize: OutputSize): Tensor =>
  adaptiveAvgPool("adaptiveAvgPool1d", 1, x, outputSize);

/**
 * As `adaptiveAvgPool1d`, over two axes: x [N, C, H, W] or [C, H, W] → [N, C, ...outputSize].
 * @formula mean of each part
 * @derivative 1/size in each part
 * @throws {ShapeError} when sizes do not fit
 * @throws {ValueError} when `outputSize` is not a size
 * @throws {DTypeError} when x holds no floats
 * @example
 * adaptiveAvgPool2d(zeros([32, 8, 7, 7]), 1).shape // [32, 8, 1, 1]
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 */
export const adaptiveAvgPool2d = (x: TensorLike, outputSize: OutputSize): Tensor =>
  adaptiveAvgPool("adaptiveAvgPool2d", 2, x, outputSize);
