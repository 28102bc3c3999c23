// Dtypes: what they hold, to which dtype two of them promote, and typed arrays of them.
import { DTypeError, ShapeError, ValueError } from "./errors.ts";
import { describeValue } from "./options.ts";
import type { NDArray, TensorType } from "./primitive.ts";
import { placeOf, type Shape, show, sizeOf } from "./shape.ts";

/** The element types, from the narrowest to the widest: an operation on two of them works in the later one. */
const dtypes = ["bool", "int32", "float32", "float64"] as const;

/** What a tensor's elements are. `float32` is the default; a `bool` is stored as one byte, 0 or 1. */
export type DType = (typeof dtypes)[number];

/** Where elements live: row-major, one typed array for each dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A zeroed typed array for `size` elements of `dtype`. */
export function allocate(dtype: DType, size: number): TypedArray {
  // Spelled out, since engines make an array faster when they see of which type it is.
  if (dtype === "float32") return new Float32Array(size);
  if (dtype === "float64") return new Float64Array(size);
  return dtype === "int32" ? new Int32Array(size) : new Uint8Array(size);
}

/** The same for a tensor of this type; in the name of `op` where there is not so much memory. */
export function allocateFor(op: string, type: TensorType): TypedArray {
  try {
    return allocate(type.dtype, sizeOf(type.shape));
  } catch (error) {
    throw asMemoryError(op, type, error);
  }
}

/** What engines throw where an array finds no memory, in the name of `op`; other errors as they are. */
export function asMemoryError(op: string, { shape, dtype }: TensorType, error: unknown): unknown {
  if (!(error instanceof RangeError) || !/alloc|length/i.test(error.message)) return error;
  return new ShapeError(`${op}: not enough memory for ${dtype} ${show(shape)}; use smaller parts`);
}

/**
 * A number as an element of a dtype: in int32 without its fraction, in bool 1 unless it is 0, as in PyTorch. A number
 * that no int32 holds is an error: as 0 it would be a wrong label. `i` is its place in the flat data.
 */
export function element(op: string, dtype: DType, value: number | boolean, i: number, shape: Shape): number {
  if (dtype === "bool") return Number(value) === 0 ? 0 : 1;
  if (dtype !== "int32") return Number(value);
  const whole = Math.trunc(Number(value));
  if ((whole | 0) === whole) return whole;
  const place = shape.length === 0 ? "" : ` at ${show(placeOf(i, shape))}`;
  throw new ValueError(`${op}: ${value}${place} is not an int32, which runs from -2147483648 to 2147483647`);
}

/** Writes values to `out`, as elements of its dtype. */
export function writeElements(op: string, out: NDArray, values: ArrayLike<number | boolean>): void {
  const { data, dtype, shape } = out;
  if (isFloat(dtype)) data.set(values as ArrayLike<number>);
  else for (let i = 0; i < values.length; i++) data[i] = element(op, dtype, values[i] as number | boolean, i, shape);
}

export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

/** Throws unless `dtype` is one of the four. */
export function checkDType(op: string, dtype: DType): void {
  if (dtypes.includes(dtype)) return;
  throw new DTypeError(`${op}: unknown dtype ${describeValue(dtype)}; there are ${dtypes.join(", ")}`);
}

/** The dtype in which two dtypes meet: bool < int32 < float32 < float64. PyTorch's promotion, on these four. */
export const promote = (a: DType, b: DType): DType => (a === b || dtypes.indexOf(a) > dtypes.indexOf(b) ? a : b);

/** PyTorch's word for bool, integer or float, here numbered from the narrowest on. */
const category = (dtype: DType): number => Math.min(dtypes.indexOf(dtype), 2);

/**
 * The dtype of an elementwise result: the widest of the inputs. A 0-d tensor counts like a number: beside tensors with
 * axes it widens the category (bool → integer → float) but never the precision, as in PyTorch.
 */
export function resultType(inputs: readonly { readonly dtype: DType; readonly shape: readonly number[] }[]): DType {
  let single: DType | undefined;
  let many: DType | undefined;
  for (const { dtype, shape } of inputs) {
    if (shape.length === 0) single = promote(single ?? dtype, dtype);
    else many = promote(many ?? dtype, dtype);
  }
  if (many === undefined || (single !== undefined && category(single) > category(many))) return single ?? "bool";
  return many;
}

/** Integers and booleans become float32, as PyTorch's default dtype; floats stay. */
export const toFloat = (dtype: DType): DType => promote(dtype, "float32");

/** What kind of JavaScript values an array holds: the narrowest dtype that keeps them, floats counting as float32. */
export function dtypeOfValues(values: readonly (number | boolean)[]): "bool" | "int32" | "float32" {
  if (values.length > 0 && values.every((v) => typeof v === "boolean")) return "bool";
  return values.every((v) => typeof v === "boolean" || ((v | 0) === v && !Object.is(v, -0))) ? "int32" : "float32";
}

/**
 * The dtype of plain numbers beside a tensor of dtype `other`: like PyTorch's scalars they only widen its category
 * (bool → integer → float), never its precision. Without a tensor, numbers are float32 and booleans bool.
 */
export function weakDType(values: readonly (number | boolean)[], other: DType | undefined): DType {
  if (other !== undefined && isFloat(other)) return other; // the common case, without a look at the values
  const own = dtypeOfValues(values);
  if (other === undefined) return own === "bool" ? "bool" : "float32";
  return promote(own, other);
}
