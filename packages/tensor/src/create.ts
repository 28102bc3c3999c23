import { checkTensor, makeTensor } from "./bind.ts";
import {
  allocateFor,
  checkDType,
  type DType,
  dtypeOf,
  dtypeOfValues,
  element,
  type IntegerArray,
  type TypedArray,
  weakDType,
} from "./dtype.ts";
import { ShapeError, ValueError } from "./errors.ts";
import { flattenNested } from "./nested.ts";
import { checkNumbers, checkOptions } from "./options.ts";
import type { TensorType } from "./primitive.ts";
import { checkShape, type Shape, show, sizeOf } from "./shape.ts";
import { Storage, Tensor, type TensorLike } from "./tensor.ts";

/** How a new tensor is made. */
export interface CreateOptions {
  /** Default: float32, unless the values say otherwise. */
  readonly dtype?: DType;
  /** Make a leaf that `backward()` fills. Default false. */
  readonly requiresGrad?: boolean;
}

export const createKinds = { dtype: "any", requiresGrad: "boolean" } as const;

/** Every way of making a leaf ends here: checks, makes the elements, marks. */
export function leaf(
  op: string,
  shape: Shape,
  fallback: DType,
  { dtype = fallback, requiresGrad = false }: CreateOptions,
  make: (type: TensorType) => Tensor,
): Tensor {
  checkDType(op, dtype);
  checkShape(op, shape);
  const t = make({ shape: [...shape], dtype });
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/** A leaf that begins with zeros, into which `fill` writes. */
function filled(
  op: string,
  shape: Shape,
  fallback: DType,
  options: CreateOptions,
  fill: (data: TypedArray, type: TensorType) => void,
): Tensor {
  checkOptions(op, options, createKinds);
  return leaf(op, shape, fallback, options, (type) => {
    const data = allocateFor(op, type);
    fill(data, type);
    return new Tensor(new Storage(data), type.shape, type.dtype);
  });
}

/**
 * A tensor with a copy of `data`: a number, nested arrays, a typed array (with `shape`, default 1-D) or a tensor.
 * Numbers make float32 (JavaScript cannot tell 1 from 1.0), booleans bool, typed arrays their own dtype.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]); // float32, [2, 2]
 * tensor([0, 2, 1], { dtype: "int32" }); // class labels
 * ```
 * Throws a `ValueError` for a number that its dtype cannot hold: NaN, ±∞ or beyond ±2³¹ as int32, which takes fractions
 * off. As bool, all but 0 is true.
 * @see https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(
  data: TensorLike | TypedArray | IntegerArray,
  options: CreateOptions & { readonly shape?: Shape } = {},
): Tensor {
  const op = "tensor";
  checkOptions(op, options, { shape: "any", ...createKinds });
  const [values, own, dtype] = contentsOf(data);
  return leaf(op, options.shape ?? own, dtype, options, (type) => {
    const size = sizeOf(type.shape);
    if (values.length === size) return makeTensor(op, values, type);
    throw new ShapeError(`${op}: ${values.length} values do not fill shape ${show(type.shape)}, which has ${size}`);
  });
}

/** The values in what `tensor` takes, their shape, and the dtype that they have by themselves. */
function contentsOf(
  data: TensorLike | TypedArray | IntegerArray,
): [values: ArrayLike<number | boolean>, shape: Shape, dtype: DType] {
  if (data instanceof Tensor) return [data.data, data.shape, data.dtype];
  if (ArrayBuffer.isView(data)) return [data, [data.length], dtypeOf(data)];
  if (data === undefined || data === null)
    throw new ValueError(`tensor: expected numbers or arrays of them, got ${data}`);
  const [values, shape] = flattenNested("tensor", data);
  return [values, shape, weakDType(values, undefined)];
}

const constant = (op: string, shape: Shape, value: number | boolean, fallback: DType, options: CreateOptions): Tensor =>
  filled(op, shape, fallback, options, (data, { dtype }) => {
    if (value !== 0) data.fill(element(op, dtype, value, 0, []));
  });

/** A tensor of `shape` in which every element is `value`: float32, or bool for a boolean, unless `dtype` says otherwise. */
export function full(shape: Shape, value: number | boolean, options: CreateOptions = {}): Tensor {
  if (typeof value !== "boolean") checkNumbers("full", { value });
  return constant("full", shape, value, weakDType([value], undefined), options);
}

/** A tensor of `shape` filled with 0. */
export const zeros = (shape: Shape, options: CreateOptions = {}): Tensor =>
  constant("zeros", shape, 0, "float32", options);

/** A tensor of `shape` filled with 1. */
export const ones = (shape: Shape, options: CreateOptions = {}): Tensor =>
  constant("ones", shape, 1, "float32", options);

function like(op: string, x: Tensor, value: number, options: CreateOptions): Tensor {
  checkTensor(op, "x", x);
  return constant(op, x.shape, value, x.dtype, options);
}

/** Zeros of the shape and dtype of `x`. */
export const zerosLike = (x: Tensor, options: CreateOptions = {}): Tensor => like("zerosLike", x, 0, options);

/** Ones of the shape and dtype of `x`. */
export const onesLike = (x: Tensor, options: CreateOptions = {}): Tensor => like("onesLike", x, 1, options);

/**
 * `start, start + step, …` up to but without `stop`: `arange(stop)` counts from 0.
 * int32 where all three are integers, else float32.
 * @see https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export function arange(start: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  checkNumbers("arange", { start: from, stop: to, step });
  const n = Math.ceil((to - from) / step);
  if (!Number.isFinite(n)) throw new ValueError(`arange: from ${from} to ${to} in steps of ${step} does not end`);
  if (n < 0) throw new ValueError(`arange: from ${from} to ${to} goes the other way than the step ${step}`);
  return filled("arange", [n], dtypeOfValues([from, to, step]), options, (data, { dtype, shape }) => {
    for (let i = 0; i < n; i++) data[i] = element("arange", dtype, from + i * step, i, shape);
  });
}

/** `steps` numbers, evenly spaced from `start` to `stop`, both included. */
export function linspace(start: number, stop: number, steps: number, options: CreateOptions = {}): Tensor {
  checkNumbers("linspace", { start, stop, steps });
  const step = steps > 1 ? (stop - start) / (steps - 1) : 0;
  return filled("linspace", [steps], "float32", options, (data, { dtype, shape }) => {
    for (let i = 0; i < steps; i++) {
      // From both ends towards the middle, as PyTorch: the last one is `stop` exactly.
      const value = i < steps / 2 ? start + i * step : stop - (steps - 1 - i) * step;
      data[i] = element("linspace", dtype, value, i, shape);
    }
  });
}

/** The identity matrix, [n, n]. */
export const eye = (n: number, options: CreateOptions = {}): Tensor =>
  filled("eye", [n, n], "float32", options, (data) => {
    for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  });
