import { type DType, DTypeError, ShapeError, Tensor, type TensorLike, tensor, ValueError } from "@tendril/tensor";

/** `[2, 3]`, as errors show a shape. */
export const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** Plain numbers as a tensor of `dtype`; a tensor cast to it, which gradients pass. */
export const asTensor = (x: TensorLike, dtype: DType): Tensor =>
  x instanceof Tensor ? x.to(dtype) : tensor(x, { dtype });

export const isFloat = (x: Tensor): boolean => x.dtype === "float32" || x.dtype === "float64";

export function requireFloat(op: string, name: string, x: Tensor): void {
  if (!isFloat(x)) throw new DTypeError(`${op}: ${name} must be float32 or float64, got ${x.dtype}`);
}

/** Throws unless both shapes are equal: broadcasting here would average over pairs that nobody meant. */
export function requireSameShape(op: string, a: Tensor, b: Tensor): void {
  if (show(a.shape) === show(b.shape)) return;
  throw new ShapeError(
    `${op}: input ${show(a.shape)} and target ${show(b.shape)} differ; reshape one to match the other`,
  );
}

/** Throws unless `value` is a finite number from `min` up to `max`, if there is one. */
export function requireBetween(op: string, name: string, value: number, min: number, max?: number): void {
  if (value >= min && value <= (max ?? Number.MAX_VALUE)) return;
  const range = max === undefined ? `a finite number ≥ ${min}` : `between ${min} and ${max}`;
  throw new ValueError(`${op}: ${name} must be ${range}, got ${value}`);
}

export function requirePositiveInteger(op: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new ValueError(`${op}: ${name} must be a positive integer, got ${value}`);
}
