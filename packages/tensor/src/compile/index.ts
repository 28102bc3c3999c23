// compile: a step as a function that runs its program.
import "../methods.ts"; // tensors as the main entry has them
import { toWat } from "../backend/wasm/assembler/module.ts";
import { TraceError, ValueError } from "../errors.ts";
import { checkOptions, describeValue } from "../options.ts";
import { recording } from "../recorder.ts";
import { Tensor } from "../tensor.ts";
import { printProgram } from "./print.ts";
import { build, type Program } from "./run/program.ts";
import { changeSince, fits, type Guards, hasOwnState } from "./trace/guards.ts";
import { type Returned, returnedTensors } from "./trace/returned.ts";
import { trace } from "./trace/trace.ts";

export type { Returned };

/** A compiled step: called as the function that it was made from. */
export interface Compiled<A extends Tensor[], R extends Returned> {
  (...args: A): R;
  /** The program for arguments of these shapes and dtypes, as text; it is compiled if need be, and not run. */
  program(...args: A): string;
  /**
   * The program in WebAssembly's text format, to be read: its loops and products, one for all that differ only in their
   * addresses; functions that combine the parts of a loop; and `run…`, which call the others in order.
   */
  toWat(...args: A): string;
}

/** The options of `compile`. */
export interface CompileOptions {
  /**
   * On how many threads large steps run, where they can share memory: in Node from 20.16 on, and on pages that are
   * cross-origin isolated; elsewhere one thread does it all. No more than there are cores. Results do not depend on it.
   * Default 1.
   */
  readonly threads?: number;
}

/** How many programs a step keeps: those that were called last. */
const mostPrograms = 16;

/**
 * Compiles a step: the first call with arguments of certain shapes traces it (its forward pass, its backward pass, its
 * update, all that goes through ops) into one flat program, and every further such call runs that program. Tensors from
 * outside and arguments are read, and changed by `assign`, as if the function itself ran; what the step returns is a
 * copy, without a graph. A failing step leaves tensors as they were.
 *
 * The step is traced again when something has changed that it read: `requiresGrad` of a tensor, whether there is a
 * gradient, a property of a module or of an object that `watch` was told of. It cannot see other variables: they keep
 * the value that they had. At most 16 programs are kept, those that were called last.
 * @throws {ValueError} when the step is not a function, or an option is wrong
 * @throws {TraceError} at a call: when the step reads a value while it is traced (`item`, `data`, `toArray`), an
 * argument is not a tensor or requires a gradient, or the step returns anything but tensors; what its ops throw, it throws
 * @example
 * const double = compile((x: Tensor) => x.mul(2));
 * double(tensor([1, 2])) // tensor([2., 4.])
 */
export function compile<A extends Tensor[], R extends Returned>(
  step: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  if (typeof step !== "function") throw new ValueError(`compile: needs a function, got ${describeValue(step)}`);
  checkOptions("compile", options, { threads: "number" });
  const { threads = 1 } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new ValueError(`compile: threads must be an integer from 1 to 64, got ${threads}`);
  }
  const programs = new Programs((...args) => step(...(args as A)), threads);
  const call = (...args: A): R => {
    const { program, rebuild } = programs.find(args);
    return rebuild(program.run(args)) as R;
  };
  return Object.assign(call, {
    program: (...args: A): string => printProgram(programs.find(args).program),
    toWat: (...args: A): string => toWat(programs.find(args).program.functions),
  });
}

/** A program, what it relies on, and the way from its results to what the step returns. */
interface Entry {
  readonly program: Program;
  readonly guards: Guards;
  readonly rebuild: (results: readonly Tensor[]) => Returned;
}

/** The programs of one step, those that were called last in front. */
class Programs {
  readonly #entries: Entry[] = [];
  #warned = false;

  constructor(
    readonly step: (...args: Tensor[]) => Returned,
    readonly threads: number,
  ) {}

  /** The program for these arguments, as things are now; it is made if there is none. */
  find(args: readonly Tensor[]): Entry {
    if (recording.current !== null) {
      throw new TraceError("compile: a compiled step is called inside another; call the function itself");
    }
    for (let i = 0; i < args.length; i++) check(args[i] as Tensor, i);
    let why = "the shapes of its arguments keep changing; pad them";
    let settled = false;
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      if (!fits(entry.guards, args)) continue;
      const change = changeSince(entry.guards, args);
      if (change === null) {
        if (i > 0) this.#entries.unshift(...this.#entries.splice(i, 1));
        return entry;
      }
      why = change;
      // The step has made tensors and assigned to them: traced again, it shows whether it has kept them.
      if (!hasOwnState(entry.guards)) continue;
      settled = true;
      this.#entries.splice(i--, 1);
    }
    const entry = this.#make(args, settled);
    this.#entries.unshift(entry);
    if (this.#entries.length > mostPrograms) this.#dropLast(why);
    return entry;
  }

  #make(args: readonly Tensor[], settled: boolean): Entry {
    let rebuild: Entry["rebuild"] = () => undefined;
    const traced = (...standIns: Tensor[]): readonly Tensor[] => {
      const [tensors, back] = flatten(this.step(...standIns));
      rebuild = back;
      return tensors;
    };
    const { graph, guards } = trace(traced, args, settled);
    return { program: build(graph, this.threads), guards, rebuild };
  }

  #dropLast(why: string): void {
    this.#entries.pop();
    if (this.#warned) return;
    this.#warned = true;
    console.warn(`compile: one step has more than ${mostPrograms} programs, so the oldest are dropped: ${why}`);
  }
}

function check(x: Tensor, i: number): void {
  if (!(x instanceof Tensor))
    throw new TraceError(`compile: argument ${i} must be a tensor, got ${describeValue(x)}; pass tensors one by one`);
  if (x.requiresGrad) {
    throw new TraceError(`compile: argument ${i} requires a gradient; use it from outside, or pass x.detach()`);
  }
}

/** What a step returned as a list of tensors, and the way back. */
function flatten(returned: unknown): [Tensor[], (results: readonly Tensor[]) => Returned] {
  const entries = returnedTensors("compile", returned);
  const tensors = entries.map(([, x]) => x);
  if (returned instanceof Tensor) return [tensors, ([x]) => x];
  if (Array.isArray(returned)) return [tensors, (results) => results];
  if (entries.length === 0) return [tensors, () => returned as Returned];
  return [tensors, (results) => Object.fromEntries(entries.map(([name], i) => [name, results[i] as Tensor]))];
}
