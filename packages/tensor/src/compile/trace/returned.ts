// What a step returned.
import { TraceError } from "../../errors.ts";
import { describeValue, isPlain } from "../../options.ts";
import { Tensor } from "../../tensor.ts";

/** What a step may return: a tensor, several (in an array or by name), or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement is a step, too
export type Returned = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>> | undefined | void;

/**
 * What a step returned as a list of tensors: those of an array and of an object by their keys, a tensor alone as
 * "output". Errors begin with `op`.
 */
export function returnedTensors(op: string, returned: unknown): [name: string, x: Tensor][] {
  if (returned === undefined || returned === null) return [];
  if (returned instanceof Tensor) return [["output", returned]];
  if (returned instanceof Promise) {
    throw new TraceError(`${op}: the step returned a promise; pass a synchronous function, and await outside it`);
  }
  if (!Array.isArray(returned) && !isPlain(returned)) {
    const remedy = "return a tensor, an array or an object of tensors, or nothing";
    throw new TraceError(`${op}: the step returned ${describeValue(returned)}; ${remedy}`);
  }
  return Object.entries(returned).map(([name, x]) => {
    if (x instanceof Tensor) return [name, x];
    const remedy = "return tensors, which are read when it has run";
    throw new TraceError(`${op}: the step returned ${describeValue(x)} as ${name}; ${remedy}`);
  });
}
