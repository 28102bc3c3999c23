import { DTypeError } from "./errors.ts";

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

/** The dtype that a typed array's elements have; a `Uint8Array` counts as int32, since bytes are seldom booleans. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return "int32";
}

export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

/** Throws unless `dtype` is one of the four. */
export function checkDType(op: string, dtype: DType): void {
  if (!dtypes.includes(dtype)) throw new DTypeError(`${op}: unknown dtype "${dtype}"; there are ${dtypes.join(", ")}`);
}

/** The dtype in which two dtypes meet: bool < int32 < float32 < float64. PyTorch's promotion, on these four. */
export const promote = (a: DType, b: DType): DType => (a === b || dtypes.indexOf(a) > dtypes.indexOf(b) ? a : b);

/** bool, integer or float, from the narrowest on. */
const kind = (dtype: DType): number => Math.min(dtypes.indexOf(dtype), 2);

/**
 * The dtype of an elementwise result: the widest of the inputs. A 0-d tensor counts like a number: beside tensors with
 * axes it widens the kind (bool → integer → float) but never the precision, as in PyTorch.
 */
export function resultType(inputs: readonly { readonly dtype: DType; readonly shape: readonly number[] }[]): DType {
  let single: DType | undefined;
  let many: DType | undefined;
  for (const { dtype, shape } of inputs) {
    if (shape.length === 0) single = promote(single ?? dtype, dtype);
    else many = promote(many ?? dtype, dtype);
  }
  if (many === undefined || (single !== undefined && kind(single) > kind(many))) return single ?? "bool";
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
 * The dtype of plain numbers beside a tensor of dtype `other`: like PyTorch's scalars they only widen its *kind*
 * (bool → integer → float), never its precision. Without a tensor, numbers are float32 and booleans bool.
 */
export function weakDType(values: readonly (number | boolean)[], other: DType | undefined): DType {
  if (other !== undefined && isFloat(other)) return other; // the common case, without a look at the values
  const own = dtypeOfValues(values);
  if (other === undefined) return own === "bool" ? "bool" : "float32";
  return promote(own, other);
}
