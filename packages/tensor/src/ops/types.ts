// Type rules: the type of an op's result, from the types of its inputs.
import { type DType, isFloat, resultType, toFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { Primitive, TensorType } from "../primitive.ts";
import { broadcastShapes } from "../shape.ts";

export type Infer = Primitive["infer"];

/** Throws unless a tensor holds floats. */
export function checkFloat(op: string, { dtype }: TensorType): void {
  if (!isFloat(dtype)) throw new DTypeError(`${op}: needs floats, got ${dtype}; use .to("float32")`);
}

/** Sums and products of booleans are integers. */
export const counted = (dtype: DType): DType => (dtype === "bool" ? "int32" : dtype);

/** Inputs broadcast and promote; what differs is the dtype of the result. */
const elementwise =
  (result: (dtype: DType, name: string) => DType): Infer =>
  (inputs, _, name) => {
    let { shape } = inputs[0] as TensorType;
    for (let i = 1; i < inputs.length; i++) shape = broadcastShapes(name, shape, (inputs[i] as TensorType).shape);
    return { shape, dtype: result(resultType(inputs), name) };
  };
export const same: Infer = elementwise((dtype) => dtype);
export const counts: Infer = elementwise(counted);
export const floating: Infer = elementwise(toFloat);
export const truth: Infer = elementwise(() => "bool");
export const numeric: Infer = elementwise((dtype, name) => {
  if (dtype === "bool") throw new DTypeError(`${name}: bool has no arithmetic sign; cast with .to("int32") first`);
  return dtype;
});
