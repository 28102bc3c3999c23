// A step as other engines get it: flat, every tensor from outside by its name, sizes by the batch size where they follow it.
import type { DType, TypedArray } from "../dtype.ts";
import { TendrilError } from "../errors.ts";
import type { Params, Primitive } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import type { Size } from "./size.ts";

/**
 * A step that cannot be exported: one line with the op, the shape and what to do. Never throws by itself.
 * @example
 * const w = ones([4], { requiresGrad: true });
 * toTorch((x) => x.mul(w), { x: ones([4]) }, { names: { "a..b": w } }); // ExportError: toTorch: the name "a..b" has an empty part, which PyTorch does not allow; rename it in names
 */
export class ExportError extends TendrilError {
  override name = "ExportError";
}

/** A type whose shape may follow the batch size. */
export interface SizedType {
  readonly shape: readonly Size[];
  readonly dtype: DType;
}

/**
 * Where a value comes from: an argument; a tensor from outside, by its name; numbers known when the step was traced
 * (one alone fills the shape); or an op.
 */
export type Origin =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "state"; readonly name: string; readonly tensor: Tensor }
  | { readonly kind: "constant"; readonly elements: TypedArray | readonly [Size] }
  | { readonly kind: "op" };

export interface ExportedValue extends SizedType {
  readonly origin: Origin;
}

/** A value as an op reads it: with as many elements, maybe in another shape. */
export interface ExportedRef extends SizedType {
  readonly value: ExportedValue;
}

export interface ExportedOp {
  readonly primitive: Primitive;
  readonly inputs: readonly ExportedRef[];
  /** As the primitive has them, but for numbers that follow the batch size: those are `Affine`. */
  readonly params: Params;
  readonly out: ExportedValue;
}

/** A state and what it holds after the step. */
export interface ExportedWrite {
  readonly name: string;
  readonly tensor: Tensor;
  readonly result: ExportedRef;
}

/** A traced step with names. */
export interface ExportedStep {
  /** One for each argument, in their order. */
  readonly inputs: readonly (ExportedValue & { readonly origin: { readonly kind: "input"; readonly name: string } })[];
  /** The tensors from outside that it reads or writes, each once. */
  readonly states: readonly (ExportedValue & { readonly origin: Origin & { readonly kind: "state" } })[];
  readonly ops: readonly ExportedOp[];
  /** What the function returned, by name. */
  readonly outputs: readonly { readonly name: string; readonly result: ExportedRef }[];
  readonly writes: readonly ExportedWrite[];
  /** Whether sizes follow the batch size N. */
  readonly isBatched: boolean;
}
