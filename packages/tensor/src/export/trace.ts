// Traces a step for export: at one size, or at three batch sizes that show which of its numbers follow the batch.
import "../methods.ts"; // tensors as the main entry has them
import { type Returned, returnedTensors } from "../compile/trace/returned.ts";
import { simplify } from "../compile/trace/simplify.ts";
import { trace } from "../compile/trace/trace.ts";
import { zeros } from "../create.ts";
import { ShapeError, TraceError, ValueError } from "../errors.ts";
import { checkFunction, describeValue, isPlain } from "../options.ts";
import { recording } from "../recorder.ts";
import type { Shape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { generalize, type TracedAt } from "./generalize.ts";
import type { ExportedStep } from "./graph.ts";
import { verify } from "./replay.ts";

/** Tensors by name. */
export type Named = Readonly<Record<string, Tensor>> | Iterable<readonly [name: string, x: Tensor]>;

/** What is traced, and what its parts are called. */
export interface TraceOptions {
  /**
   * Tensors from outside by name, such as `model.namedParameters()`: what the step reads or changes besides its inputs.
   * Those that it changes need a name; others without one become constants. Default: none.
   */
  readonly names?: Named;
  /**
   * Which inputs have the batch as their first axis: `true` for all that have axes, or a list of names. The export then
   * takes batches of any size. Default: `false`, all sizes as they are.
   */
  readonly batch?: boolean | readonly string[];
}

/** The tensors of a list or record by name; throws for what is none. `op` begins the errors, `what` says whose they are. */
export function namedTensors(op: string, what: string, named: unknown): Map<string, Tensor> {
  const isList = typeof named === "object" && named !== null && Symbol.iterator in named;
  if (!isList && !isPlain(named)) {
    throw new ValueError(`${op}: ${what} must be tensors by name, got ${describeValue(named)}`);
  }
  const entries: unknown[] = isList ? [...(named as Iterable<unknown>)] : Object.entries(named as object);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries) {
    if (!Array.isArray(entry)) {
      throw new ValueError(`${op}: ${what} must be tensors by name, got ${describeValue(entry)} without a name`);
    }
    const [name, x] = entry as unknown[];
    if (typeof name !== "string" || name === "" || !(x instanceof Tensor)) {
      throw new ValueError(`${op}: ${what} must be tensors by name, got ${describeValue(x)} as ${describeValue(name)}`);
    }
    if (tensors.has(name)) throw new ValueError(`${op}: ${what} has two tensors called "${name}"`);
    tensors.set(name, x);
  }
  return tensors;
}

/**
 * A step with the names of its inputs and of the tensors around it. `f` gets stand-ins for the inputs, in their order,
 * and nothing that tensors hold has changed afterwards. Throws `ExportError` for what depends on the batch size in a way
 * that no export can follow, and the errors of `compile` for what cannot be traced.
 */
export function exportStep(
  op: string,
  f: (...inputs: Tensor[]) => Returned,
  inputs: Readonly<Record<string, Tensor>>,
  { names = {}, batch = false }: TraceOptions,
): ExportedStep {
  checkFunction(op, f);
  if (recording.current !== null) throw new TraceError(`${op}: called while a step is traced; call it outside`);
  const args = namedTensors(op, "inputs", inputs);
  const states = namedTensors(op, "names", names);
  for (const name of args.keys()) {
    if (states.has(name)) throw new ValueError(`${op}: "${name}" is an input and one of names; rename the input`);
  }
  const batched = batchedInputs(op, args, batch);
  const traceAt = (n: number): TracedAt => {
    const standIns = [...args].map(([name, { shape, dtype }]) =>
      zeros(batched.has(name) ? [n, ...shape.slice(1)] : shape, { dtype }),
    );
    let outputs: string[] = [];
    const step = (...xs: Tensor[]): Tensor[] => {
      const returned = f(...xs);
      const entries = returnedTensors(op, returned);
      outputs = entries.map(([name]) => (Array.isArray(returned) ? `output${name}` : name));
      return entries.map(([, x]) => x);
    };
    // What the first trace makes and the second finds is state, such as an optimizer's.
    tracedFor(op, step, standIns, false);
    const { graph } = tracedFor(op, step, standIns, true);
    return { graph: simplify(graph), outputs };
  };
  const shapes = [...args.values(), ...states.values()].map(({ shape }) => shape);
  const sizes = batched.size === 0 ? [0] : batchSizes(shapes);
  const made = (sizes: readonly number[]): ExportedStep =>
    generalize(op, sizes, sizes.map(traceAt), [...args.keys()], states);
  const exported = made(sizes);
  for (const n of batched.size === 0 ? [] : smallSizes) {
    let own: ExportedStep;
    try {
      own = made([n]);
    } catch {
      continue; // a step that such a batch is too small for
    }
    verify(op, exported, own, n, sizes, args, states);
  }
  return exported;
}

/** A trace, whose own errors begin with `op`. */
function tracedFor(op: string, ...args: Parameters<typeof trace>): ReturnType<typeof trace> {
  try {
    return trace(...args);
  } catch (error) {
    throw error instanceof TraceError ? new TraceError(error.message.replace(/^compile:/, `${op}:`)) : error;
  }
}

/** Batch sizes at which the step is only compared: a number that depends on which of two sizes is smaller shows there. */
const smallSizes: readonly number[] = [1, 3];

/** The inputs whose first axis is the batch. */
function batchedInputs(op: string, args: ReadonlyMap<string, Tensor>, batch: unknown): Set<string> {
  if (batch === false) return new Set();
  const isList = Array.isArray(batch);
  if (batch !== true && !isList) {
    throw new ValueError(`${op}: batch must be true, false or names of inputs, got ${describeValue(batch)}`);
  }
  const names: readonly string[] = isList ? batch : [...args.keys()].filter((name) => args.get(name)?.ndim !== 0);
  for (const name of names) {
    const x = args.get(name);
    if (x === undefined) throw new ValueError(`${op}: batch names ${describeValue(name)}, which is none of the inputs`);
    if (x.ndim === 0) throw new ShapeError(`${op}: batch names "${name}", whose shape [] has no first axis`);
  }
  const [first] = names;
  if (first === undefined) throw new ValueError(`${op}: batch needs an input with axes`);
  const rowsOf = (name: string): number => args.get(name)?.shape[0] as number;
  const other = names.find((name) => rowsOf(name) !== rowsOf(first));
  if (other !== undefined) {
    const what = `"${first}" has ${rowsOf(first)} rows, and "${other}" ${rowsOf(other)}, but a batch has one size`;
    throw new ShapeError(`${op}: ${what}; give all as many, or name in batch those that have it`);
  }
  return new Set(names);
}

/**
 * Three batch sizes, none of them a size of something else: so equal sizes are equal by no accident. Their distances have
 * no common divisor, so that no line goes through ⌊N/2⌋ and the like.
 */
function batchSizes(shapes: readonly Shape[]): number[] {
  const taken = new Set(shapes.flat());
  let first = 23;
  while ([first, first + 14, first + 29].some((n) => taken.has(n))) first++;
  return [first, first + 14, first + 29];
}
