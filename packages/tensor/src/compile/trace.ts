import { TraceError } from "../errors.ts";
import type { Params, Primitive, TensorType } from "../primitive.ts";
import { type Recorder, recording } from "../recorder.ts";
import { sizeOf } from "../shape.ts";
import { Storage, Tensor } from "../tensor.ts";

/** Where a value comes from: an argument, a tensor outside the function, a constant inside it, or an op. */
export type Origin =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "state"; readonly storage: Storage }
  | { readonly kind: "constant"; readonly storage: Storage }
  | { readonly kind: "op"; readonly name: string };

/** A value of a program: what stands for its elements while the function is traced, and for a buffer afterwards. */
export class Value extends Storage {
  constructor(
    readonly id: number,
    readonly origin: Origin,
    readonly type: TensorType,
  ) {
    super(new Float32Array(0));
  }
  override get data(): never {
    const what = this.origin.kind === "op" ? `the result of ${this.origin.name}` : `an argument`;
    const remedy = "return it from the step and read it there, or choose with where";
    throw new TraceError(`compile: ${what} is read while the step is traced, before it has a value; ${remedy}`);
  }
}

/** A value as an op uses it: a reshape changes nothing but this. */
export interface Ref extends TensorType {
  readonly value: Value;
}

/** Whether an operand is this number, one alone. */
export function isConstant(x: Ref | undefined, value: number): boolean {
  const origin = x?.value.origin;
  return origin?.kind === "constant" && origin.storage.elements.length === 1 && origin.storage.elements[0] === value;
}

/** One op of a program. */
export interface Op {
  readonly primitive: Primitive;
  readonly inputs: readonly Ref[];
  readonly params: Params;
  readonly out: Value;
}

/** A traced function, flat: every rule of every gradient is ops, so nothing else is left of it. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly ops: readonly Op[];
  readonly outputs: readonly Ref[];
  /** What tensors outside the function hold when it has run. */
  readonly writes: readonly { readonly storage: Storage; readonly value: Value }[];
}

/** Runs `step` on stand-ins for its arguments and notes what it does. */
export function trace(step: (...inputs: Tensor[]) => readonly Tensor[], types: readonly TensorType[]): Graph {
  if (recording.current !== null)
    throw new TraceError("compile: a compiled step is called inside another; call the function itself");
  const tracer = new Tracer();
  recording.current = tracer;
  try {
    const inputs = types.map((type, index) => tracer.make({ kind: "input", index }, type));
    const outputs = step(...inputs.map((value) => new Tensor(value, value.type.shape, value.type.dtype)));
    return tracer.finish(inputs, outputs);
  } finally {
    recording.current = null;
    tracer.forgetGradients();
  }
}

class Tracer implements Recorder {
  readonly #ops: Op[] = [];
  readonly #values = new Map<Storage, Value>();
  /** What each storage holds by now, where the function has assigned to it. */
  readonly #assigned = new Map<Storage, Value>();
  readonly #leaves = new Set<Tensor>();
  #count = 0;

  make(origin: Origin, type: TensorType): Value {
    return new Value(this.#count++, origin, type);
  }

  run(primitive: Primitive, inputs: readonly Tensor[], type: TensorType, params: Params): Storage {
    const out = this.make({ kind: "op", name: primitive.name }, type);
    this.#ops.push({ primitive, inputs: inputs.map((x) => this.#ref(x)), params, out });
    return out;
  }

  assign(target: Tensor, value: Tensor): void {
    this.#ref(target); // known from its first use on, be it only to be overwritten
    this.#assigned.set(target.storage, this.#ref(value).value);
  }

  read(storage: Storage): void {
    if (storage.madeIn === this && !this.#assigned.has(storage)) return;
    const what =
      "a tensor from outside the step is read while the step is traced, and its value would be kept for ever";
    throw new TraceError(`compile: ${what}; compute with the tensor itself, or read it before`);
  }

  gradient(leaf: Tensor): void {
    if (leaf.grad !== null && !(leaf.grad.storage instanceof Value)) {
      throw new TraceError(
        "compile: a parameter has a gradient from before the step; call optimizer.zeroGrad() inside it",
      );
    }
    this.#leaves.add(leaf);
  }

  watch(_object: object): void {}

  explain<R>(fn: () => R, error: (cause: unknown) => unknown): R {
    try {
      return fn();
    } catch (cause) {
      throw error(cause);
    }
  }

  finish(inputs: readonly Value[], outputs: readonly Tensor[]): Graph {
    const refs = outputs.map((x) => this.#ref(x));
    const outside = [...this.#assigned].filter(([storage]) => storage.madeIn !== this);
    return { inputs, ops: this.#ops, outputs: refs, writes: outside.map(([storage, value]) => ({ storage, value })) };
  }

  /** Gradients of a trace are stand-ins: they must not stay on the leaves. */
  forgetGradients(): void {
    for (const leaf of this.#leaves) leaf.grad = null;
  }

  #ref(x: Tensor): Ref {
    return { value: this.#assigned.get(x.storage) ?? this.#known(x), shape: x.shape, dtype: x.dtype };
  }

  #known({ storage, shape, dtype }: Tensor): Value {
    if (storage instanceof Value) {
      if (storage.madeIn !== this)
        throw new TraceError("compile: a tensor of another trace is used; only returned tensors outlive a step");
      return storage;
    }
    let value = this.#values.get(storage);
    if (value === undefined) {
      const kind = storage.madeIn === this ? "constant" : "state";
      value = this.make({ kind, storage }, { shape: [sizeOf(shape)], dtype });
      this.#values.set(storage, value);
    }
    return value;
  }
}
