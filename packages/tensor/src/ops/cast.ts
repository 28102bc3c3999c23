// The same values in another dtype, or in storage of their own.
import { bind, makeTensor } from "../bind.ts";
import { checkDType, type DType, isFloat } from "../dtype.ts";
import { flattenNested } from "../nested.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { Tensor, type TensorLike } from "../tensor.ts";

const castP = definePrimitive<readonly [Tensor], { dtype: DType }>({
  name: "cast",
  kind: "elementwise",
  copies: true,
  flops: () => 0,
  infer: ([x], { dtype }) => ({ shape: (x as TensorType).shape, dtype }),
  vjps: [(ct) => ct], // backprop casts it back
  checks: ([x], out) => (out.dtype === "int32" && isFloat((x as TensorType).dtype) ? 0 : null), // NaN is no int32
});

/**
 * x in another dtype: floats truncate towards zero as integers, and non-zero is true. x itself if it has it already.
 * Throws a `ValueError` for a float that no int32 holds: NaN, ±∞, or beyond ±2³¹.
 */
export const cast = (x: TensorLike, dtype: DType): Tensor => castFor("to", x, dtype);

/** `cast`, in the name of another op. */
export function castFor(op: string, x: TensorLike, dtype: DType): Tensor {
  checkDType(op, dtype);
  if (x instanceof Tensor) return x.dtype === dtype ? x : bind(castP, [x], { dtype });
  // Numbers and arrays are made in the wanted precision at once: 0.1 as float64 is not float32's 0.1.
  const [values, shape] = flattenNested(op, x);
  return makeTensor(op, values, { shape, dtype });
}

const cloneP = definePrimitive({
  name: "clone",
  kind: "elementwise",
  copies: true,
  flops: () => 0,
  infer: ([x]) => x as TensorType,
  vjps: [(ct) => ct],
});

/** A copy of x in storage of its own. */
export const clone = (x: Tensor): Tensor => bind(cloneP, [x]);
