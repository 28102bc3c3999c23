import { makeTensor } from "./bind.ts";
import { allocate, checkDType, type DType, dtypeOf, dtypeOfValues, type TypedArray, weakDType } from "./dtype.ts";
import { ShapeError, ValueError } from "./errors.ts";
import { flattenNested } from "./nested.ts";
import { checkShape, type Shape, show, sizeOf } from "./shape.ts";
import { Storage, Tensor, type TensorLike } from "./tensor.ts";

/** How a new tensor is made. */
export interface CreateOptions {
  /** Default: float32, unless the values say otherwise. */
  readonly dtype?: DType;
  /** Make a leaf that `backward()` fills. Default false. */
  readonly requiresGrad?: boolean;
}

/** Every way of making a leaf ends here: checks, copies, marks. */
export function leaf(
  op: string,
  values: ArrayLike<number | boolean>,
  shape: Shape,
  fallback: DType,
  { dtype = fallback, requiresGrad = false }: CreateOptions,
): Tensor {
  checkDType(op, dtype);
  checkShape(op, shape);
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError(`${op}: ${values.length} values do not fill shape ${show(shape)}, which has ${sizeOf(shape)}`);
  }
  const t = makeTensor(values, { shape: [...shape], dtype });
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/**
 * A tensor with a copy of `data`: a number, nested arrays, a typed array (with `shape`, default 1-D) or a tensor.
 * Numbers make float32 (JavaScript cannot tell 1 from 1.0), booleans bool, typed arrays their own dtype.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]); // float32, [2, 2]
 * tensor([0, 2, 1], { dtype: "int32" }); // class labels
 * ```
 * @see https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(
  data: TensorLike | TypedArray,
  { shape, ...options }: CreateOptions & { readonly shape?: Shape } = {},
): Tensor {
  if (data instanceof Tensor) return leaf("tensor", data.data, shape ?? data.shape, data.dtype, options);
  if (ArrayBuffer.isView(data)) return leaf("tensor", data, shape ?? [data.length], dtypeOf(data), options);
  if (data === undefined || data === null)
    throw new ValueError(`tensor: expected numbers or arrays of them, got ${data}`);
  const [values, own] = flattenNested("tensor", data);
  return leaf("tensor", values, shape ?? own, weakDType(values, undefined), options);
}

function filled(
  op: string,
  shape: Shape,
  value: number | boolean,
  { dtype = weakDType([value], undefined), requiresGrad = false }: CreateOptions,
): Tensor {
  checkDType(op, dtype);
  checkShape(op, shape);
  const data = allocate(dtype, sizeOf(shape)).fill(Number(dtype === "bool" ? Boolean(value) : value));
  const t = new Tensor(new Storage(data), [...shape], dtype);
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/** A tensor of `shape` in which every element is `value`: float32, or bool for a boolean, unless `dtype` says otherwise. */
export const full = (shape: Shape, value: number | boolean, options: CreateOptions = {}): Tensor =>
  filled("full", shape, value, options);

/** A tensor of `shape` filled with 0. */
export const zeros = (shape: Shape, options: CreateOptions = {}): Tensor => filled("zeros", shape, 0, options);

/** A tensor of `shape` filled with 1. */
export const ones = (shape: Shape, options: CreateOptions = {}): Tensor => filled("ones", shape, 1, options);

/** Zeros of the shape and dtype of `x`. */
export const zerosLike = (x: Tensor, options: CreateOptions = {}): Tensor =>
  filled("zerosLike", x.shape, 0, { dtype: x.dtype, ...options });

/** Ones of the shape and dtype of `x`. */
export const onesLike = (x: Tensor, options: CreateOptions = {}): Tensor =>
  filled("onesLike", x.shape, 1, { dtype: x.dtype, ...options });

/**
 * `start, start + step, …` up to but without `stop`: `arange(stop)` counts from 0.
 * int32 where all three are integers, else float32.
 * @see https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export function arange(start: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const n = Math.ceil((to - from) / step);
  if (!Number.isFinite(n)) throw new ValueError(`arange: from ${from} to ${to} in steps of ${step} does not end`);
  if (n < 0) throw new ValueError(`arange: from ${from} to ${to} goes the other way than the step ${step}`);
  const values = Array.from({ length: n }, (_, i) => from + i * step);
  return leaf("arange", values, [n], dtypeOfValues([from, to, step]), options);
}

/** `steps` numbers, evenly spaced from `start` to `stop`, both included. */
export function linspace(start: number, stop: number, steps: number, options: CreateOptions = {}): Tensor {
  checkShape("linspace", [steps]);
  const step = steps > 1 ? (stop - start) / (steps - 1) : 0;
  // From both ends towards the middle, as PyTorch: the last one is `stop` exactly.
  const values = Array.from({ length: steps }, (_, i) =>
    i < steps / 2 ? start + i * step : stop - (steps - 1 - i) * step,
  );
  return leaf("linspace", values, [steps], "float32", options);
}

/** The identity matrix, [n, n]. */
export function eye(n: number, options: CreateOptions = {}): Tensor {
  checkShape("eye", [n]);
  const values = new Array<number>(n * n).fill(0);
  for (let i = 0; i < n; i++) values[i * n + i] = 1;
  return leaf("eye", values, [n, n], "float32", options);
}
