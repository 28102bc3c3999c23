// A program that can run: its memory, its functions and kernels, and what a call does around them.

import { copy } from "../../backend/copy.ts";
import { execute } from "../../backend/index.ts";
import type { Func } from "../../backend/wasm/assembler/code.ts";
import { instantiate, makeMemory, makeModule, Unavailable } from "../../backend/wasm/scratch.ts";
import { allocate, type TypedArray } from "../../dtype.ts";
import { wholeMap } from "../../index-map.ts";
import type { NDArray } from "../../primitive.ts";
import { sizeOf } from "../../shape.ts";
import { Storage, Tensor } from "../../tensor.ts";
import { emit } from "../code/emit.ts";
import { wordBytes } from "../code/threads.ts";
import { type Graph, type Op, type Origin, type Ref, resultsOf, sourceOf, type Value } from "../graph.ts";
import { fuse, noTables, type Step } from "../schedule/fuse.ts";
import { layOut } from "../schedule/layout.ts";
import { plan, updatesInPlace, viewOf } from "../schedule/plan.ts";
import { readThrough } from "../schedule/views.ts";
import { decompose } from "../trace/decompose.ts";
import { joinParts } from "../trace/join-parts.ts";
import { simplify } from "../trace/simplify.ts";
import { drawnForChecks, explainFailure } from "./failure.ts";
import { callWorkers, canShare, type Shared } from "./workers.ts";

/** A program that can run. */
export interface Program {
  readonly graph: Graph;
  readonly steps: readonly Step[];
  /** The memory of its intermediate results. */
  readonly arenaBytes: number;
  /** Its steps as WebAssembly functions: loop0, loop1, … in the order of `steps`, products, and `run0`, …, which call them. */
  readonly functions: readonly Func[];
  /** Runs it: gives what the step returns, and changes tensors outside as the step does. If it throws, nothing changed. */
  run(args: readonly Tensor[]): Tensor[];
}

/** Where a program runs: in the memory of WebAssembly functions, or by the kernels in memory of its own. */
interface Machine {
  readonly functions: readonly Func[];
  readonly buffer: ArrayBuffer;
  /** The steps from i on, up to the next kernel, as one call; 1 means that an index is wrong. */
  readonly runs: Readonly<Record<string, () => number>>;
  /** What workers need to take part; `null` where there is nothing for them to do. */
  readonly shared: Shared | null;
}

/** Builds the program of a traced step: simplifies its ops, groups them into steps, places their values, emits the code. */
export function build(traced: Graph, threads: number): Program {
  try {
    return makeProgram(joinParts(simplify(decompose(traced))), traced, canShare() ? threads : 1);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return makeProgram(simplify(traced), traced, 0);
  }
}

/** `threads`: how many there are for loops and products; 0 where there is no WebAssembly. */
function makeProgram(simple: Graph, traced: Graph, threads: number): Program {
  const graph = threads > 0 ? readThrough(simple) : simple;
  const steps = threads > 0 ? fuse(graph) : graph.ops.map(byKernel);
  const results = resultsOf(graph);
  const all = new Set([...graph.inputs, ...steps.flatMap(({ reads }) => reads), ...results]);
  const outside = [...all].filter(({ origin }) => origin.kind !== "op");
  const layouts = steps.map((step) => layOut(step, threads));
  const updates = updatesInPlace(graph, steps, new Set(outside));
  const drawn = drawnForChecks(graph);
  const { bytes, arenaBytes, addresses, scratch } = plan(steps, layouts, outside, [...results, ...drawn], updates);
  const addressOf = (value: Value): number => addresses.get(value) as number;
  const isCut = threads > 1 && layouts.some(({ split }) => split !== null);
  const { functions, buffer, runs, shared }: Machine =
    threads === 0
      ? { functions: [], buffer: new ArrayBuffer(bytes), runs: {}, shared: null }
      : machine(emit(steps, layouts, addressOf, scratch, isCut ? bytes : null), bytes, isCut);
  const view = (value: Value): TypedArray => viewOf(buffer, addressOf(value), value);
  const bufferOf = ({ value, shape, dtype }: Ref): NDArray => ({ shape, dtype, data: view(value) });

  const actions = steps.flatMap((step, i) => actionOf(step, runs[`run${i}`], bufferOf));

  for (const value of outside) if (value.origin.kind === "constant") view(value).set(value.origin.storage.elements);
  const copies = outside
    .filter(({ origin }) => origin.kind !== "constant")
    .map((value): Copy => ({ value, origin: value.origin, data: view(value), storage: 0, version: 0 }));
  const outputs = graph.outputs.map(bufferOf);
  const gradients = graph.gradients.map(({ leaf, result }) => ({ leaf, from: result && bufferOf(result) }));
  const writes = graph.writes.map(({ target, value }) => ({
    origin: target.origin,
    from: view(value),
    /** The copy that the result is written over, in place. */
    over: updates.get(value) === target ? copies.find((copy) => copy.value === target) : undefined,
  }));

  const fail = (args: readonly Tensor[], cause: unknown): never => {
    throw explainFailure(traced, args, new Map([...drawn].map((value) => [value, view(value)])), cause);
  };
  const run = (args: readonly Tensor[]): Tensor[] => {
    if (shared !== null) callWorkers(shared, threads - 1);
    for (let i = 0; i < copies.length; i++) renew(copies[i] as Copy, args);
    // If the step fails, the copies that it has overwritten must be read again.
    for (const { over } of writes) if (over !== undefined) over.storage = 0;
    try {
      for (const action of actions) if (action()) return fail(args, null);
    } catch (cause) {
      return fail(args, cause);
    }
    const returned = outputs.map(copyOf);
    const kept = gradients.map(({ from }) => from && copyOf(from));
    // Only now, when nothing can fail any more, do tensors outside change.
    for (let i = 0; i < writes.length; i++) {
      const { origin, from, over } = writes[i] as (typeof writes)[number];
      const storage = sourceOf(origin, args);
      storage.elements.set(from);
      storage.version++;
      if (over === undefined) continue;
      over.storage = storage.id;
      over.version = storage.version;
    }
    for (let i = 0; i < gradients.length; i++) (gradients[i] as { leaf: Tensor }).leaf.grad = kept[i] as Tensor | null;
    for (const { tensor, requiresGrad } of graph.flags) tensor.requiresGrad = requiresGrad;
    return returned;
  };
  return { graph, steps, arenaBytes, functions, run };
}

/** Does a step, or all up to the next kernel; true means that an index is wrong. Nothing for steps that others do. */
function actionOf(
  { ops, form }: Step,
  run: (() => number) | undefined,
  bufferOf: (x: Ref) => NDArray,
): (() => boolean)[] {
  if (form !== null) return run === undefined ? [] : [() => run() !== 0];
  const { primitive, inputs, params, out } = ops[0] as Op;
  const [to, from] = [bufferOf({ ...out.type, value: out }), inputs.map(bufferOf)];
  /** For kernels, which cannot read through maps: moves the operands that loops would read through a map. */
  const moves = inputs.flatMap(({ dtype, shape, through }, i) => {
    if (through === undefined) return [];
    const { data } = from[i] as NDArray;
    const moved = { shape, dtype, data: allocate(dtype, sizeOf(shape)) };
    from[i] = moved;
    return () => copy(moved.data, wholeMap(through.map.shape), data, through.map);
  });
  return [
    () => {
      if (primitive.zeroed) to.data.fill(0);
      for (const move of moves) move();
      execute(primitive, to, from, params);
      return false;
    },
  ];
}

/** An op as a step of its own, for the kernel. */
function byKernel(op: Op): Step {
  return { ops: [op], form: null, tables: noTables, reads: op.inputs.map(({ value }) => value), writes: [op.out] };
}

/** Functions at work on a memory of `bytes`; the words by which threads agree follow it. */
function machine(functions: readonly Func[], bytes: number, isCut: boolean): Machine {
  const memory = makeMemory(bytes + wordBytes, isCut);
  const module = makeModule(functions, isCut);
  const runs = instantiate(module, memory);
  return { functions, buffer: memory.buffer, runs, shared: isCut ? { module, memory, at: bytes } : null };
}

const copyOf = ({ data, shape, dtype }: NDArray): Tensor => new Tensor(new Storage(data.slice()), shape, dtype);

/** What a program's memory holds of a tensor from outside: valid while the storage and its version are the same. */
interface Copy {
  readonly value: Value;
  readonly origin: Origin;
  readonly data: TypedArray;
  /** By number, so that an argument does not live as long as the program; 0 for none. */
  storage: number;
  version: number;
}

function renew(copy: Copy, args: readonly Tensor[]): void {
  const storage = sourceOf(copy.origin, args);
  if (copy.storage === storage.id && copy.version === storage.version) return;
  copy.data.set(storage.elements);
  copy.storage = storage.id;
  copy.version = storage.version;
}
