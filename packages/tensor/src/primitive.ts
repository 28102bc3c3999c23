// What an op is to the engine: its rules, its type, and the properties by which the compiler treats it.
import type { DType, TypedArray } from "./dtype.ts";
import type { IndexMap } from "./index-map.ts";
import { type Shape, sizeOf } from "./shape.ts";
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
  /** The op's name, for errors and graphs. */
  readonly name: string;
  /**
   * One rule for each input, `null` where there is nothing to differentiate (indices, masks).
   * A single rule instead of the list serves every input of an op that takes any number of them.
   */
  readonly vjps: readonly (Vjp<I, P> | null)[] | Vjp<I, P>;
}

/**
 * How the elements of an op's output come from those of its inputs:
 * - `view`: they are its input's storage, under another shape;
 * - `elementwise`: each from the elements at the same place, of inputs that broadcast;
 * - `reduction`: each from a row over the axes `params.dims`;
 * - `normalization`: a row over the axes `params.dims` from such a row; `scan`: each from those before it in a row;
 * - `movement`: each is one of the inputs' elements, or 0, whatever their values;
 * - `gather`, `scatter`, `one-hot`: they move to, or from, places that integers name;
 * - `product`: matrices; `source`: drawn at random; `check`: none that anybody reads.
 */
export type Kind =
  | ("view" | "elementwise" | "reduction" | "normalization" | "scan" | "movement")
  | ("gather" | "scatter" | "one-hot" | "product" | "source" | "check");

/**
 * One operation: its name, its type rule, its derivatives, and what the compiler needs to know of it. Its kernel, in each
 * backend, has the same name.
 */
export interface Primitive<I extends readonly Tensor[] = readonly Tensor[], P = Params> extends Rules<I, P> {
  readonly kind: Kind;
  /** The output's type, or a typed error whose message begins with the op's name. */
  infer(inputs: readonly TensorType[], params: P, name: string): TensorType;
  /** The kernel writes only where there is something, and counts on zeros elsewhere. */
  readonly zeroed?: boolean;
  /** Where each element of a movement's output, of shape `to`, lies in its only input, which is read through `from`. */
  map?(from: IndexMap, params: P, to: Shape): IndexMap;
  /** Where in a movement's output, which is written through `to`, each element of input i is added to zeros. */
  onto?(to: IndexMap, params: P, inputs: readonly TensorType[], i: number): IndexMap;
  /** Wherever input and output have one dtype and as many elements, they have the same elements. */
  readonly copies?: boolean;
  /** For each input the number that, alone there, makes the output the other input. */
  readonly neutral?: readonly (number | null)[];
  /** Done twice, it gives its input back. */
  readonly involution?: boolean;
  /** The same result by simpler ops, which loops can take in. */
  decompose?(inputs: I, params: P): Tensor;
  /** Arithmetic operations; without it, one for each element of the largest input or the output, and 0 for a movement. */
  flops?(inputs: readonly TensorType[], out: TensorType, params: P): number;
  /** Its kernel, if it is not among those of the backends, so that a page has it only with the op. */
  kernel?(out: NDArray, inputs: readonly NDArray[], params: P): void;
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

/** The arithmetic operations of one call of an op. */
export function flopsOf(
  { kind, flops }: Primitive,
  inputs: readonly TensorType[],
  out: TensorType,
  params: Params,
): number {
  if (flops !== undefined) return flops(inputs, out, params);
  if (kind === "movement") return 0;
  return inputs.reduce((most, { shape }) => Math.max(most, sizeOf(shape)), sizeOf(out.shape));
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
