// Tensors from numbers: the leaves of every graph.
import { checkTensor } from "./bind.ts";
import { allocateFor, checkDType, type DType, dtypeOfValues, element, type TypedArray, weakDType } from "./dtype.ts";
import { DTypeError, ShapeError, ValueError } from "./errors.ts";
import { flattenNested } from "./nested.ts";
import { checkNumbers, checkOptions, describeValue } from "./options.ts";
import type { TensorType } from "./primitive.ts";
import { checkShape, type Shape, show, sizeOf } from "./shape.ts";
import { makeTensor, Storage, Tensor, type TensorLike } from "./tensor.ts";

/** How a new tensor is made. */
export interface CreateOptions {
  /** Of the elements. Default: float32, unless the values say otherwise. */
  readonly dtype?: DType;
  /** Make a leaf that `backward()` fills. Default false. */
  readonly requiresGrad?: boolean;
}

export const createKinds = { dtype: "any", requiresGrad: "boolean" } as const;

/** Every way of making a leaf ends here: checks, makes the elements, marks. `own` is its type, unless the options say. */
export function leaf(op: string, own: TensorType, options: CreateOptions, make: (type: TensorType) => Tensor): Tensor {
  const { dtype = own.dtype, requiresGrad = false } = options;
  checkDType(op, dtype);
  checkShape(op, own.shape);
  const t = make({ shape: [...own.shape], dtype });
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/** One value for all elements, or the value of the i-th in the flat data. */
type Filling = number | boolean | ((i: number) => number);

function filled(op: string, own: TensorType, options: CreateOptions, value: Filling): Tensor {
  checkOptions(op, options, createKinds);
  return leaf(op, own, options, ({ shape, dtype }) => {
    const data = allocateFor(op, { shape, dtype });
    if (typeof value !== "function") {
      if (value !== 0) data.fill(element(op, dtype, value, 0, []));
    } else {
      for (let i = 0; i < data.length; i++) data[i] = element(op, dtype, value(i), i, shape);
    }
    return new Tensor(new Storage(data), shape, dtype);
  });
}

/** The options of `tensor`. */
export interface TensorOptions extends CreateOptions {
  /** Of the tensor. Default: that of the data. */
  readonly shape?: Shape;
}

/**
 * A tensor with a copy of `data`: a number, nested arrays, a typed array or a tensor. Its shape is that of the nesting;
 * of a typed array [length], unless `shape` says otherwise. Numbers make float32 (JavaScript cannot tell 1 from 1.0),
 * booleans bool, typed arrays and tensors their own dtype, integers of up to 32 bits int32. As int32, fractions are cut
 * off; as bool, all but 0 is true.
 * @throws {ShapeError} when nested arrays are ragged, or the values do not fill the shape
 * @throws {ValueError} when there are no numbers, or one that no int32 holds: NaN, ±∞ or beyond ±2³¹
 * @throws {DTypeError} when there is no such dtype
 * @throws {GradError} when what requires a gradient is not a float
 * @example
 * tensor([[1, 2], [3, 4]]) // tensor([[1., 2.], [3., 4.]])
 * tensor([0, 2, 1], { dtype: "int32" }) // tensor([0, 2, 1], dtype=int32)
 * tensor(new Float32Array(6), { shape: [2, 3] }) // tensor([[0., 0., 0.], [0., 0., 0.]])
 * @see https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(data: TensorLike | TypedArray | IntegerArray, options: TensorOptions = {}): Tensor {
  const op = "tensor";
  const { shape } = checkOptions(op, options, { shape: "any", ...createKinds });
  const [values, own, dtype] = contentsOf(data);
  return leaf(op, { shape: shape ?? own, dtype }, options, (type) => {
    const size = sizeOf(type.shape);
    if (values.length === size) return makeTensor(op, values, type);
    throw new ShapeError(`${op}: ${values.length} values do not fill shape ${show(type.shape)}, which has ${size}`);
  });
}

/** Other arrays of numbers, whose elements become int32. */
type IntegerArray = Int8Array | Int16Array | Uint16Array | Uint32Array | Uint8ClampedArray;

/** The dtype that an array's elements get; integers of up to 32 bits, and so bytes, are int32. */
function dtypeOf(data: ArrayLike<unknown>): DType {
  if (data instanceof Float64Array) return "float64";
  const { name } = data.constructor; // Float16Array is not in every engine
  if (name === "Float32Array" || name === "Float16Array") return "float32";
  if (/^(Int|Uint)(8|16|32)(Clamped)?Array$/.test(name) || data instanceof Uint8Array) return "int32";
  const remedy = "copy its elements into a Float64Array or an Int32Array";
  throw new DTypeError(`tensor: ${describeValue(data)} has no dtype here; ${remedy}`);
}

/** The values in what `tensor` takes, their shape, and the dtype that they have by themselves. */
function contentsOf(data: TensorLike | TypedArray | IntegerArray): [ArrayLike<number | boolean>, Shape, DType] {
  if (data instanceof Tensor) return [data.data, data.shape, data.dtype];
  if (ArrayBuffer.isView(data)) return [data, [data.length], dtypeOf(data)];
  if (data == null) throw new ValueError(`tensor: expected numbers or arrays of them, got ${data}`);
  const [values, shape] = flattenNested("tensor", data);
  return [values, shape, weakDType(values, undefined)];
}

/**
 * A tensor of `shape` in which every element is `value`: float32, or bool for a boolean, unless `dtype` says otherwise.
 * @throws {ShapeError} when the shape is not an array of sizes, or there is no memory for it
 * @throws {ValueError} when the value is neither a number nor a boolean, or its dtype cannot hold it
 * @throws {DTypeError} when there is no such dtype
 * @example
 * full([2, 2], 7) // tensor([[7., 7.], [7., 7.]])
 * @see https://pytorch.org/docs/stable/generated/torch.full.html
 */
export function full(shape: Shape, value: number | boolean, options: CreateOptions = {}): Tensor {
  if (typeof value !== "boolean") checkNumbers("full", { value });
  return filled("full", { shape, dtype: weakDType([value], undefined) }, options, value);
}

/**
 * A tensor of `shape` filled with 0: float32 unless `dtype` says otherwise.
 * @throws {ShapeError} when the shape is not an array of sizes, or there is no memory for it
 * @throws {DTypeError} when there is no such dtype
 * @example
 * zeros([2, 3]) // tensor([[0., 0., 0.], [0., 0., 0.]])
 * @see https://pytorch.org/docs/stable/generated/torch.zeros.html
 */
export const zeros = (shape: Shape, options: CreateOptions = {}): Tensor =>
  filled("zeros", { shape, dtype: "float32" }, options, 0);

/**
 * A tensor of `shape` filled with 1: float32 unless `dtype` says otherwise.
 * @throws {ShapeError} when the shape is not an array of sizes, or there is no memory for it
 * @throws {DTypeError} when there is no such dtype
 * @example
 * ones([2], { dtype: "int32" }) // tensor([1, 1], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.ones.html
 */
export const ones = (shape: Shape, options: CreateOptions = {}): Tensor =>
  filled("ones", { shape, dtype: "float32" }, options, 1);

function like(op: string, x: Tensor, value: number, options: CreateOptions): Tensor {
  checkTensor(op, "x", x);
  return filled(op, x, options, value);
}

/**
 * Zeros of the shape of `x`, and of its dtype unless `dtype` says otherwise.
 * @throws {ValueError} when `x` is not a tensor
 * @throws {DTypeError} when there is no such dtype
 * @example
 * zerosLike(tensor([[1, 2]])) // tensor([[0., 0.]])
 * @see https://pytorch.org/docs/stable/generated/torch.zeros_like.html
 */
export const zerosLike = (x: Tensor, options: CreateOptions = {}): Tensor => like("zerosLike", x, 0, options);

/**
 * Ones of the shape of `x`, and of its dtype unless `dtype` says otherwise.
 * @throws {ValueError} when `x` is not a tensor
 * @throws {DTypeError} when there is no such dtype
 * @example
 * onesLike(tensor([[1, 2]])) // tensor([[1., 1.]])
 * @see https://pytorch.org/docs/stable/generated/torch.ones_like.html
 */
export const onesLike = (x: Tensor, options: CreateOptions = {}): Tensor => like("onesLike", x, 1, options);

/**
 * The numbers start, start + step, … up to but without `stop`, [n]: int32 where all three are integers, else float32.
 * `arange(stop)` counts from 0.
 * @param start left out when there is one number, which is `stop`: then 0
 * @param step default 1
 * @throws {ValueError} when they are not numbers, the step is 0 or goes the other way
 * @throws {DTypeError} when there is no such dtype
 * @example
 * arange(3) // tensor([0, 1, 2], dtype=int32)
 * arange(1, 2, 0.25) // tensor([1.0000, 1.2500, 1.5000, 1.7500])
 * @see https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export function arange(start: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  checkNumbers("arange", { start: from, stop: to, step });
  const n = Math.ceil((to - from) / step);
  if (!Number.isFinite(n)) throw new ValueError(`arange: from ${from} to ${to} in steps of ${step} does not end`);
  if (n < 0) throw new ValueError(`arange: steps of ${step} do not lead from ${from} to ${to}`);
  const own = { shape: [n], dtype: dtypeOfValues([from, to, step]) };
  return filled("arange", own, options, (i) => from + i * step);
}

/**
 * `steps` numbers, evenly spaced from `start` to `stop`, both included: [steps], float32.
 * @throws {ValueError} when they are not numbers
 * @throws {ShapeError} when `steps` is not a size
 * @throws {DTypeError} when there is no such dtype
 * @example
 * linspace(0, 1, 5) // tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.linspace.html
 */
export function linspace(start: number, stop: number, steps: number, options: CreateOptions = {}): Tensor {
  checkNumbers("linspace", { start, stop, steps });
  const step = steps > 1 ? (stop - start) / (steps - 1) : 0;
  // From both ends towards the middle, as PyTorch: the last one is `stop` exactly.
  const value = (i: number): number => (i < steps / 2 ? start + i * step : stop - (steps - 1 - i) * step);
  return filled("linspace", { shape: [steps], dtype: "float32" }, options, value);
}

/**
 * The identity matrix, [n, n], float32.
 * @throws {ShapeError} when n is not a size
 * @throws {DTypeError} when there is no such dtype
 * @example
 * eye(2) // tensor([[1., 0.], [0., 1.]])
 * @see https://pytorch.org/docs/stable/generated/torch.eye.html
 */
export const eye = (n: number, options: CreateOptions = {}): Tensor =>
  filled("eye", { shape: [n, n], dtype: "float32" }, options, (i) => (i % (n + 1) === 0 ? 1 : 0));
