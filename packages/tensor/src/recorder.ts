// The recorder, which takes the place of the kernels while a step is traced; watch.
import { shared } from "./copies.ts";
import type { TypedArray } from "./dtype.ts";
import type { Params, Primitive, TensorType } from "./primitive.ts";
import type { Storage, Tensor } from "./tensor.ts";

/** What takes the place of the kernels while a function is traced: see compile/trace/trace.ts. */
export interface Recorder {
  /** Notes an op, and gives the storage that stands for its result. */
  run(primitive: Primitive, inputs: readonly Tensor[], type: TensorType, params: Params): Storage;
  /** Notes that `target` has the elements of `value` from here on. */
  assign(target: Tensor, value: Tensor): void;
  /** Elements are about to be read: throws, unless they are a constant that the traced function made itself. */
  read(storage: Storage): void;
  /** Elements as far as they are known while tracing, for printing. */
  known(storage: Storage): TypedArray | null;
  /** A tensor was made. */
  made(x: Tensor): void;
  /** `x.grad` is about to be read, or set. */
  gradient(x: Tensor, isRead: boolean): void;
  /** `x.requiresGrad` is about to be read, or set. */
  flag(x: Tensor): void;
  /** The properties of `object` were read: see `watch`. */
  watch(object: object): void;
  /** Runs `fn`: what its ops throw, now or in the program, is what `error` makes of it. */
  explain<R>(fn: () => R, error: (cause: unknown) => unknown): R;
}

/** The recorder at work, if any. */
export const recording: { current: Recorder | null } = shared("recording", () => ({ current: null }));

/**
 * Tells a step that is being traced that it depends on the own properties of `object`: when one of them holds another
 * tensor, module, number, … at a later call, the step is traced again. Elsewhere it does nothing. Modules are watched
 * without it; it is for parameters and settings in objects of your own. Never throws.
 * @returns `object`
 * @example
 * const settings = { scale: 2 };
 * const step = compile((x: Tensor) => x.mul(watch(settings).scale));
 * step(tensor([1])) // tensor([2.])
 * settings.scale = 3;
 * step(tensor([1])) // tensor([3.])
 */
export function watch<T extends object>(object: T): T {
  recording.current?.watch(object);
  return object;
}
