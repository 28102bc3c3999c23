// Checks of values, which hold in a compiled step as they do in eager mode.
import { bind } from "../bind.ts";
import { TendrilError } from "../errors.ts";
import { checkFunction } from "../options.ts";
import { definePrimitive } from "../primitive.ts";
import { recording } from "../recorder.ts";
import type { TensorLike } from "../tensor.ts";
import { all } from "./composite.ts";

const ensureP = definePrimitive({
  name: "ensure",
  kind: "check",
  effect: true, // it may throw
  checks: () => 0,
  infer: () => ({ shape: [], dtype: "bool" }),
  vjps: [null],
});

/**
 * Throws what `error` gives unless `ok` (bool, any shape) holds everywhere. In a compiled step it looks at the values
 * of each call; `error` may read tensors, such as to name the value that is wrong.
 * @throws {Error} what `error` gives, when `ok` does not hold somewhere
 * @throws {ValueError} when `error` is not a function
 * @example
 * const x = tensor([1, -4]);
 * ensure(x.le(1), () => new ValueError("too large"));
 * ensure(x.ge(0), () => new ValueError(`sqrtOf: ${x.amin().item()} is negative`)); // ValueError: sqrtOf: -4 is negative
 */
export function ensure(ok: TensorLike, error: () => Error): void {
  checkFunction("ensure", error);
  explain(() => bind(ensureP, [all(ok)]), error);
}

/**
 * Runs `fn`; where one of its ops throws, throws what `error` makes of that instead. In a compiled step it holds for
 * the errors of each call, such as an index that is out of range; `error` may read tensors. Tensors of any shape pass
 * through.
 * @returns what `fn` returns
 * @throws {Error} what `error` gives, when `fn` throws
 * @throws {ValueError} when `fn` or `error` is not a function
 * @example
 * const labels = tensor([0, 7], { dtype: "int32" });
 * explain(() => oneHot(labels, 3), () => new ValueError("labels are 0, 1 or 2")); // ValueError: labels are 0, 1 or 2
 */
export function explain<R>(fn: () => R, error: (cause: unknown) => unknown): R {
  checkFunction("explain", fn);
  checkFunction("explain", error);
  if (recording.current !== null) return recording.current.explain(fn, error);
  try {
    return fn();
  } catch (cause) {
    throw error(cause);
  }
}

/** Runs `fn`; errors of the ops in it begin with the name of `op`. */
export const inTheNameOf = <R>(op: string, fn: () => R): R =>
  explain(fn, (cause) => {
    if (!(cause instanceof TendrilError)) return cause;
    return new (cause.constructor as new (message: string) => TendrilError)(cause.message.replace(/^\w+/, op));
  });
