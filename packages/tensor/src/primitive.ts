import type { DType, TypedArray } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** The type of a value, without the value: what a type rule sees and returns. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A value as kernels see it: a type and its elements, row-major. */
export interface NDArray extends TensorType {
  readonly data: TypedArray;
}

/** The static arguments of a primitive: axes, flags, sizes. Never tensors. */
export type Params = Readonly<Record<string, unknown>>;

/**
 * One vector-Jacobian product: from `ct`, the gradient of the loss by the output, the gradient by one input.
 * It is written with public ops, so that gradients are differentiable themselves; `i` is which input it is for.
 */
export type Vjp<I extends readonly Tensor[] = readonly Tensor[], P = Params> = (
  ct: Tensor,
  inputs: I,
  out: Tensor,
  params: P,
  i: number,
) => Tensor;

/** How gradients pass back through an operation: all that backprop needs to know of it. */
export interface Rules<I extends readonly Tensor[] = readonly Tensor[], P = Params> {
  readonly name: string;
  /**
   * One rule for each input, `null` where there is nothing to differentiate (indices, masks).
   * A single rule instead of the list serves every input of an op that takes any number of them.
   */
  readonly vjps: readonly (Vjp<I, P> | null)[] | Vjp<I, P>;
}

/** One operation: its name, its type rule, its derivatives. Its kernel, in each backend, has the same name. */
export interface Primitive<I extends readonly Tensor[] = readonly Tensor[], P = Params> extends Rules<I, P> {
  /** The output's type, or a typed error whose message begins with the op's name. */
  infer(inputs: readonly TensorType[], params: P, name: string): TensorType;
  /** The output is its input's storage under another shape: nothing is computed or copied. */
  readonly view?: boolean;
  /** It does something beside its result: it runs at every call of a program, also where nobody reads the result. */
  readonly effect?: boolean;
  /** The position of the input whose values may make the kernel throw, such as indices; `null` for types that never do. */
  checks?(inputs: readonly TensorType[], out: TensorType): number | null;
}

/** How a tensor came to be: what backprop walks. */
export interface Node {
  readonly rules: Rules;
  readonly inputs: readonly Tensor[];
  readonly params: Params;
  /** The versions of the inputs' storages, and of the output's, last: backprop must find the same values again. */
  readonly versions: readonly number[];
  /** Nodes are numbered as they are made, so an op's inputs always have smaller numbers than its output. */
  readonly id: number;
}

const registry = new Map<string, Primitive>();

/** Every primitive there is, by name: tests check that each has a row in the table of operations, and a kernel. */
export const primitives: ReadonlyMap<string, Primitive> = registry;

/** Makes a primitive and registers it under its name. */
export function definePrimitive<I extends readonly Tensor[] = readonly Tensor[], P = Params>(
  primitive: Primitive<I, P>,
): Primitive {
  // Rules see their inputs as a tuple and their own params; the engine calls them all alike.
  const erased = primitive as unknown as Primitive;
  registry.set(primitive.name, erased);
  return erased;
}

const functionIds = new WeakMap<object, number>();
let functions = 0;

/** A param as text: the same for equal values only. −0, NaN and ±∞ are told apart, functions are equal to themselves. */
export function showParam(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(showParam).join(",")}]`;
  if (typeof value === "function") {
    const id = functionIds.get(value) ?? functions++;
    functionIds.set(value, id);
    return `function ${id}`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  return `{${Object.entries(value)
    .map(([name, entry]) => `${name}:${showParam(entry)}`)
    .join(",")}}`;
}
