import "../methods.ts"; // tensors as the main entry has them
import { toWat } from "../backend/wasm/module.ts";
import { isGradEnabled } from "../bind.ts";
import { TraceError, ValueError } from "../errors.ts";
import { show } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { printProgram } from "./print.ts";
import { build, type Program } from "./program.ts";
import { trace } from "./trace.ts";

/** What a step may return: a tensor, several (in an array or by name), or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement is a step, too
export type Returned = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>> | undefined | void;

/** A compiled step: called as the function that it was made from. */
export interface Compiled<A extends Tensor[], R extends Returned> {
  (...args: A): R;
  /** The program for arguments of these shapes and dtypes, as text; it is compiled if need be, and not run. */
  program(...args: A): string;
  /** The program's loops in WebAssembly's text format, for the curious: `loop0` is the first that `program` shows. */
  toWat(...args: A): string;
}

export interface CompileOptions {
  /**
   * On how many threads large steps run, where they can share memory: in Node from 20.16 on, and on pages that are
   * cross-origin isolated; elsewhere one thread does it all. No more than there are cores. Results do not depend on it.
   */
  readonly threads?: number;
}

/** So many programs for one step mean that its shapes keep changing. */
const manyPrograms = 16;

/**
 * Compiles a step: the first call with arguments of certain shapes traces it (its forward pass, its backward pass, its
 * update, all that goes through ops) into one flat program, and every further such call runs that program. Tensors from
 * outside are read, and changed by `assign`, as if the function itself ran; what the step returns is a copy. A failing
 * step leaves them as they were.
 *
 * While it is traced a value cannot be read (`item`, `data`, `toArray`: TraceError), and what is no tensor, such as a
 * flag or a number, keeps the value that it has then.
 *
 * ```ts
 * const double = compile((x: Tensor) => x.mul(2));
 * double(tensor([1, 2])); // [2, 4]
 * ```
 */
export function compile<A extends Tensor[], R extends Returned>(
  step: (...args: A) => R,
  { threads = 1 }: CompileOptions = {},
): Compiled<A, R> {
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new ValueError(`compile: threads must be an integer from 1 to 64, got ${threads}`);
  }
  const programs = new Map<string, { program: Program; rebuild: (results: readonly Tensor[]) => Returned }>();
  const compiledFor = (args: readonly Tensor[]) => {
    for (const [i, x] of args.entries()) check(x, i);
    const key = `${args.map(({ dtype, shape }) => dtype + show(shape)).join(" ")} ${isGradEnabled()}`;
    let entry = programs.get(key);
    if (entry === undefined) {
      let rebuild: (results: readonly Tensor[]) => Returned = () => undefined;
      const graph = trace((...stands) => {
        const [tensors, back] = flatten(step(...(stands as A)));
        rebuild = back;
        return tensors;
      }, args);
      entry = { program: build(graph, threads), rebuild };
      programs.set(key, entry);
      if (programs.size === manyPrograms) {
        console.warn(
          `compile: ${manyPrograms} programs for one step, since the shapes of its arguments keep changing; pad them`,
        );
      }
    }
    return entry;
  };
  const call = (...args: A): R => {
    const { program, rebuild } = compiledFor(args);
    return rebuild(program.run(args)) as R;
  };
  return Object.assign(call, {
    program: (...args: A): string => printProgram(compiledFor(args).program),
    toWat: (...args: A): string => toWat(compiledFor(args).program.functions),
  });
}

function check(x: Tensor, i: number): void {
  if (!(x instanceof Tensor)) throw new TraceError(`compile: argument ${i} is not a tensor; wrap it in tensor(…)`);
  if (x.requiresGrad) {
    throw new TraceError(`compile: argument ${i} requires a gradient; close over parameters, and pass data`);
  }
}

/** What a step returned as a list of tensors, and the way back. */
function flatten(returned: Returned): [Tensor[], (results: readonly Tensor[]) => Returned] {
  if (returned === undefined) return [[], () => undefined];
  if (returned instanceof Tensor) return [[returned], ([x]) => x];
  const entries = Object.entries(returned);
  for (const [name, x] of entries) {
    if (!(x instanceof Tensor))
      throw new TraceError(`compile: the step returned ${typeof x} as ${name}; return tensors`);
  }
  const tensors = entries.map(([, x]) => x as Tensor);
  if (Array.isArray(returned)) return [tensors, (results) => results];
  return [tensors, (results) => Object.fromEntries(entries.map(([name], i) => [name, results[i] as Tensor]))];
}
