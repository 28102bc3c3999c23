import type { Params, Primitive, TensorType } from "./primitive.ts";
import type { Storage, Tensor } from "./tensor.ts";

/** What stands at the door instead of the kernels while a function is traced: see compile/trace.ts. */
export interface Recorder {
  /** Notes an op, and gives the storage that stands for its result. */
  run(primitive: Primitive, inputs: readonly Tensor[], type: TensorType, params: Params): Storage;
  /** Notes that `target` has the elements of `value` from here on. */
  assign(target: Tensor, value: Tensor): void;
  /** Somebody wants to see elements: throws, unless they are a constant that the traced function made itself. */
  read(storage: Storage): void;
  /** A leaf is about to get a gradient. */
  gradient(leaf: Tensor): void;
}

/** The recorder at work, if any. */
export const recording: { current: Recorder | null } = { current: null };
