// Windows along axes, which convolution and pooling are made of: `unfold`, and its transpose `fold`.
import { fold as addUp } from "../backend/js/fold.ts";
import { bind, toTensor } from "../bind.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { unfoldMap, type Window, wholeMap, windowsIn } from "../index-map.ts";
import { counted } from "../ops/types.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { definePrimitive, type NDArray, type TensorType } from "../primitive.ts";
import { checkShape, normalizeDim, type Shape, show, sizeOf } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

/** The entries of the windows become axes of their own, which stand before axis `at`. */
interface Windows {
  readonly windows: readonly Window[];
  readonly at: number;
}

const unfoldP = /* @__PURE__ */ definePrimitive<readonly [Tensor], Windows>({
  name: "unfold",
  kind: "movement",
  map: (from, { windows, at }) => unfoldMap(from, windows, at),
  infer: ([input], { windows, at }) => {
    const { shape, dtype } = input as TensorType;
    return { shape: unfoldMap({ shape, strides: shape, offset: 0 }, windows, at).shape, dtype };
  },
  vjps: [(ct, [x], _, { windows, at }) => foldWindows(ct, windows, at, x.shape)],
});

const foldP = /* @__PURE__ */ definePrimitive<readonly [Tensor], Windows & { shape: Shape }>({
  name: "fold",
  kind: "movement",
  zeroed: true,
  onto: (to, { windows, at }) => unfoldMap(to, windows, at),
  kernel: (out, [x], { windows, at }) =>
    addUp(out.data, unfoldMap(wholeMap(out.shape), windows, at), (x as NDArray).data),
  flops: ([x]) => sizeOf((x as TensorType).shape),
  infer: ([x], { shape }) => ({ shape, dtype: counted((x as TensorType).dtype) }),
  vjps: [(ct, _x, _out, { windows, at }) => bind(unfoldP, [ct], { windows, at })],
});

/** Windows along several axes; `op` is whom errors name. */
export function unfoldWindows(op: string, x: Tensor, windows: readonly Window[], at: number): Tensor {
  for (const window of windows) {
    const { dim, size, dilation } = window;
    const n = x.shape[dim] ?? 1;
    const reach = dilation * (size - 1) + 1;
    if (windowsIn(n, window) > 0) continue;
    throw new ShapeError(
      `${op}: a window over ${reach} entries does not fit axis ${dim} of ${show(x.shape)}, size ${n}`,
    );
  }
  return bind(unfoldP, [x], { windows, at });
}

/** The transpose: the entries of windows added up where they were taken from, in a tensor of `shape`. */
export const foldWindows = (x: Tensor, windows: readonly Window[], at: number, shape: Shape): Tensor =>
  bind(foldP, [x], { windows, at, shape });

/** One number for all axes, or one for each. */
export type PerAxis = number | readonly number[];

/**
 * One number for each of `axes` axes, as options of convolution and pooling take them.
 * @param op the name that errors begin with
 * @param name of the option
 * @param least the least that a number may be
 * @throws {ValueError} when they are not integers ≥ `least`, or not one for each axis
 * @example
 * perAxis("conv2d", "stride", 2, 2, 1) // [2, 2]
 */
export function perAxis(op: string, name: string, value: PerAxis, axes: number, least: number): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(axes).fill(value) : value;
  if (!Array.isArray(list) || list.length !== axes) {
    const wanted = `a number${axes === 1 ? "" : ` or one for each of ${axes} axes`}`;
    throw new ValueError(`${op}: ${name} must be ${wanted}, got ${describeValue(value)}`);
  }
  for (const n of list) checkInteger(op, name, n, least);
  return list;
}

const letters = ["", "L", "H, W"];

/** Throws unless x is channels over `axes` axes, with a batch or without, and only the batch may be empty. */
export function checkImages(op: string, { shape }: Tensor, axes: number): void {
  const fits = shape.length === axes + 1 || shape.length === axes + 2;
  if (fits && !shape.slice(-axes - 1).includes(0)) return;
  const wanted = `[N, C, ${letters[axes]}] or [C, ${letters[axes]}]`;
  throw new ShapeError(`${op}: takes ${wanted}, in which only N may be 0; got ${show(shape)}`);
}

/** The options of `unfold` and `fold`. */
export interface UnfoldOptions {
  /** How far apart a window's entries are. Default 1. */
  readonly dilation?: number;
}

function windowOf(op: string, dim: number, size: number, step: number, options: UnfoldOptions | undefined): Window {
  const { dilation = 1 } = checkOptions(op, options, { dilation: "number" }) as UnfoldOptions;
  for (const [name, n] of Object.entries({ size, step, dilation })) checkInteger(op, name, n, 1);
  return { dim, size, step, dilation };
}

/**
 * All windows of `size` entries along axis `dim`, each `step` entries after the one before. The axis counts them, and
 * their entries are a new last axis: [..., n, ...] → [..., (n − size) / step + 1, ..., size], rounded down.
 * @param step default 1
 * @formula windows of x
 * @derivative the fold of the gradient
 * @throws {ShapeError} when a window does not fit, or `x` is 0-d
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when size, step or dilation is not an integer ≥ 1
 * @example
 * unfold([1, 2, 3, 4], 0, 3) // tensor([[1., 2., 3.], [2., 3., 4.]])
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 */
export function unfold(x: TensorLike, dim: number, size: number, step = 1, options?: UnfoldOptions): Tensor {
  const t = toTensor("unfold", x);
  if (t.ndim === 0) throw new ShapeError("unfold: a 0-d tensor has no axis to take windows from");
  const window = windowOf("unfold", normalizeDim("unfold", dim, t.ndim), size, step, options);
  return unfoldWindows("unfold", t, [window], t.ndim);
}

/**
 * The transpose of `unfold`: windows, whose entries are the last axis, are added up into axis `dim` of `n` entries:
 * [..., count, ..., size] → [..., n, ...]; entries that are in no window are 0. Booleans are counted as int32.
 * @param step default 1
 * @formula windows, added up
 * @derivative the unfold of the gradient
 * @throws {ShapeError} when n entries have another number of windows, or `x` has fewer than two axes
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when n, step or dilation is not an integer
 * @example
 * fold([[1, 2, 3], [2, 3, 4]], 0, 4) // tensor([1., 4., 6., 4.])
 */
export function fold(x: TensorLike, dim: number, n: number, step = 1, options?: UnfoldOptions): Tensor {
  const t = toTensor("fold", x);
  if (t.ndim < 2) throw new ShapeError(`fold: needs an axis of windows and one of their entries, got ${show(t.shape)}`);
  const axis = normalizeDim("fold", dim, t.ndim - 1);
  const window = windowOf("fold", axis, Math.max(1, t.shape.at(-1) as number), step, options);
  checkInteger("fold", "n", n, 0);
  const shape = t.shape.slice(0, -1).map((count, i) => (i === axis ? n : count));
  checkShape("fold", shape);
  const [count, wanted] = [t.shape[axis] as number, windowsIn(n, window)];
  if (count !== wanted || count === 0 || t.shape.at(-1) === 0) {
    const fit = `${n} entries have ${Math.max(0, wanted)} of ${t.shape.at(-1)}`;
    throw new ShapeError(`fold: ${show(t.shape)} has ${count} windows along axis ${axis}, but ${fit}`);
  }
  return foldWindows(t, [window], t.ndim - 1, shape);
}
