// Checks that many functions share. Each error is one line: the op, what is wanted, what was given.
import {
  type DType,
  DTypeError,
  describeValue,
  ShapeError,
  Tensor,
  type TensorLike,
  tensor,
  ValueError,
} from "@tendril/tensor";
import { describe } from "./copies.ts";

/** `[2, 3]`, as errors show a shape. */
export const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** Plain numbers as a tensor of `dtype`; a tensor cast to it, which gradients pass. */
export const asTensor = (x: TensorLike, dtype: DType): Tensor =>
  x instanceof Tensor ? x.to(dtype) : tensor(x, { dtype });

export const isFloat = (x: Tensor): boolean => x.dtype === "float32" || x.dtype === "float64";

/** An object literal, of any realm. */
export function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What an argument must be an instance of. */
type Class = abstract new (...args: never[]) => object;

/** Throws unless `x` is an instance of `type`, which is called `what`. */
export function requireInstance(op: string, name: string, x: unknown, type: Class, what: string): void {
  if (!(x instanceof type)) throw new ValueError(`${op}: ${name} must be ${what}, got ${describe(x)}`);
}

export const requireTensor = (op: string, name: string, x: Tensor): void =>
  requireInstance(op, name, x, Tensor, "a tensor");

export function requireFloat(op: string, name: string, x: Tensor): void {
  requireTensor(op, name, x);
  if (!isFloat(x)) throw new DTypeError(`${op}: ${name} must be float32 or float64, got ${x.dtype}`);
}

/** Throws unless `target` has the shape of `input`: broadcasting here would average over pairs that nobody meant. */
export function requireSameShape(op: string, input: Tensor, target: Tensor): void {
  requireTensor(op, "target", target);
  if (show(input.shape) === show(target.shape)) return;
  throw new ShapeError(
    `${op}: input ${show(input.shape)} and target ${show(target.shape)} differ; reshape one to match the other`,
  );
}

/** Throws unless x is [N, channels, ...], with one of so many axes. */
export function requireChannels(op: string, x: Tensor, channels: number, ndims?: readonly number[]): void {
  requireTensor(op, "input", x);
  if (x.shape[1] === channels && (ndims === undefined || ndims.includes(x.ndim))) return;
  const axes = ndims === undefined ? "" : ` with ${ndims.join(" or ")} axes`;
  throw new ShapeError(`${op}: input ${show(x.shape)} must be [N, ${channels}, ...]${axes}`);
}

/** Throws unless `value` is a finite number from `min` up to `max`, if there is one. */
export function requireBetween(
  op: string,
  name: string,
  value: unknown,
  min: number,
  max?: number,
): asserts value is number {
  if (typeof value === "number" && value >= min && value <= (max ?? Number.MAX_VALUE)) return;
  const range = max !== undefined ? `between ${min} and ${max}` : `a finite number${min < 0 ? "" : ` ≥ ${min}`}`;
  throw new ValueError(`${op}: ${name} must be ${range}, got ${describeValue(value)}`);
}

/** Throws unless `value` is a finite number. */
export const requireFinite = (op: string, name: string, value: unknown): void =>
  requireBetween(op, name, value, -Number.MAX_VALUE);

export function requirePositiveInteger(op: string, name: string, value: unknown): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return;
  throw new ValueError(`${op}: ${name} must be a positive integer, got ${describeValue(value)}`);
}

/** The items of `x`: parameters, or groups of them. */
export function listOf(op: string, name: string, x: unknown): unknown[] {
  if (typeof x === "object" && x !== null && Symbol.iterator in x) return [...(x as Iterable<unknown>)];
  throw new ValueError(`${op}: ${name} must be a list of tensors, got ${describeValue(x)}; pass model.parameters()`);
}
