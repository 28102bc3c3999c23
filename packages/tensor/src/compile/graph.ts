// A traced function: values, and the ops that make them. Every stage of the compiler reads or rewrites this.
import type { TypedArray } from "../dtype.ts";
import { TendrilError, TraceError } from "../errors.ts";
import type { IndexMap } from "../index-map.ts";
import { type Params, type Primitive, showParam, type TensorType } from "../primitive.ts";
import { Storage, type Tensor } from "../tensor.ts";

/**
 * Where a value comes from: an argument, a tensor outside the function, the gradient that a leaf has before the call, a
 * constant made inside the function, or an op.
 */
export type Origin =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "state"; readonly storage: Storage }
  | { readonly kind: "gradient"; readonly leaf: Tensor }
  | { readonly kind: "constant"; readonly storage: Storage }
  | { readonly kind: "op"; readonly name: string };

const nothing = new Float32Array(0);

/** A value of a program. While the function is traced it is the storage of a stand-in: a tensor without elements. */
export class Value extends Storage {
  /** The value in a call that failed, for its error message. */
  found: TypedArray | null = null;

  constructor(
    readonly origin: Origin,
    readonly type: TensorType,
  ) {
    super(nothing);
  }
  override get data(): TypedArray {
    if (this.found !== null) return this.found;
    const { kind } = this.origin;
    const what = kind === "op" ? `the result of ${this.origin.name}` : kind === "input" ? "an argument" : "a gradient";
    const remedy = "return it from the step and read it after the call, or choose by where(condition, a, b)";
    throw new TraceError(`compile: ${what} is read while the step is traced, before it has a value; ${remedy}`);
  }
  override get known(): TypedArray | null {
    return this.found;
  }
}

/** A value as an op uses it: with a shape of its own, which is all that a reshape changes. */
export interface Ref extends TensorType {
  readonly value: Value;
  /** Where its elements lie in the value, if they are read there instead of being moved first; row-major, in any shape. */
  readonly through?: View;
}

/** A map that movements have led to. */
export interface View {
  readonly map: IndexMap;
  /** Which movements, as programs print it: `permute(unfold(` and the like. */
  readonly movements: readonly string[];
}

/** The number that an operand is known to be, if it is one alone. */
export function constantOf({ value: { origin } }: Ref): number | undefined {
  return origin.kind === "constant" && origin.storage.elements.length === 1 ? origin.storage.elements[0] : undefined;
}

/** What is to be thrown in place of what an op throws: the innermost `explain` around it, and those around that. */
export interface Explanation {
  readonly error: (cause: unknown) => unknown;
  readonly outer: Explanation | null;
}

/** One op of a program. */
export interface Op {
  readonly primitive: Primitive;
  readonly inputs: readonly Ref[];
  readonly params: Params;
  readonly out: Value;
  readonly explanation?: Explanation | null;
}

/** What an op does, as text: the same for equal ops only. */
export function keyOf({ primitive, inputs, params, out }: Op): string {
  let key = primitive.name;
  for (const { value, shape, dtype } of inputs) key += ` ${value.id} ${dtype}[${shape}]`;
  for (const name in params) if (name !== "keepdim") key += ` ${name}:${showParam(params[name])}`;
  // A reduction's result is the same whether its axes are kept. Elsewhere the shape tells how operands are stretched.
  return `${key} ${out.type.dtype} ${primitive.kind === "reduction" ? "" : out.type.shape}`;
}

/** The operand whose values may make the op throw, if there is one. */
export function checkedBy({ primitive, inputs, out }: Op): Ref | undefined {
  return inputs[primitive.checks?.(inputs, out.type) ?? -1];
}

/** A traced function, flat: every rule of every gradient is ops, so nothing else is left of it. */
export interface Graph {
  /** One value for each argument; the same one for arguments that share a storage. */
  readonly inputs: readonly Value[];
  readonly ops: readonly Op[];
  readonly outputs: readonly Ref[];
  /** What tensors outside the function, and arguments, hold when it has run. */
  readonly writes: readonly { readonly target: Value; readonly value: Value }[];
  /** Each assignment, made before the op at this position: what an explanation is to see. */
  readonly assignments: readonly { readonly position: number; readonly target: Value; readonly value: Value }[];
  /** What is in a leaf's `.grad` when it has run; `null` for nothing. */
  readonly gradients: readonly { readonly leaf: Tensor; readonly result: Ref | null }[];
  /** What tensors' `requiresGrad` is when it has run, where it changes that. */
  readonly flags: readonly { readonly tensor: Tensor; readonly requiresGrad: boolean }[];
}

/** The values that must be there when a program has run. */
export const resultsOf = ({ outputs, writes, gradients }: Graph): Value[] => [
  ...outputs.map(({ value }) => value),
  ...writes.map(({ value }) => value),
  ...gradients.flatMap(({ result }) => (result === null ? [] : [result.value])),
];

/** The storage that a value from outside has in a call with `args`. */
export function sourceOf(origin: Origin, args: readonly Tensor[]): Storage {
  if (origin.kind === "input") return (args[origin.index] as Tensor).storage;
  if (origin.kind === "gradient") return (origin.leaf.grad as Tensor).storage;
  if (origin.kind === "op") throw new TendrilError(`compile: the result of ${origin.name} is not from outside`);
  return origin.storage;
}
