import { execute } from "../backend/index.ts";
import type { Func } from "../backend/wasm/assembler.ts";
import { instantiate, makeMemory, Unavailable } from "../backend/wasm/scratch.ts";
import type { TypedArray } from "../dtype.ts";
import type { Buffer } from "../primitive.ts";
import { Storage, Tensor } from "../tensor.ts";
import { emitLoop } from "./emit.ts";
import { fuse, type Step } from "./fuse.ts";
import { plan, viewOf } from "./plan.ts";
import type { Graph, Op, Ref, Value } from "./trace.ts";

/** A program that can run. */
export interface Program {
  readonly graph: Graph;
  readonly steps: readonly Step[];
  /** The memory of its intermediate results. */
  readonly arenaBytes: number;
  /** The fused steps as WebAssembly functions: loop0, loop1, … */
  readonly loops: readonly Func[];
  run(args: readonly Tensor[]): Tensor[];
}

/** Plans a graph's memory, and sets up its loops and kernel calls there. */
export function build(graph: Graph): Program {
  try {
    return assemble(graph, fuse(graph), true);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return assemble(graph, graph.ops.map(alone), false); // without WebAssembly every op runs by its kernel
  }
}

const alone = (op: Op): Step => {
  const reads = op.inputs.map(({ value }) => value);
  return { ops: [op], fused: false, rows: 0, columns: 0, reads, writes: [op.out] };
};

/** Kernels that write where there is something, and count on zeros elsewhere. */
const needZeros = new Set(["unslice", "oneHot"]);

function assemble(graph: Graph, steps: readonly Step[], withLoops: boolean): Program {
  const kept = [...graph.outputs, ...graph.writes].map(({ value }) => value);
  const all = new Set([...graph.inputs, ...steps.flatMap(({ reads }) => reads), ...kept]);
  const outside = [...all].filter(({ origin }) => origin.kind !== "op");
  const { bytes, arenaBytes, addresses } = plan(steps, outside, kept);
  const addressOf = (value: Value): number => addresses.get(value) as number;

  let count = 0;
  const loops: Func[] = [];
  for (const step of steps) if (step.fused) loops.push(emitLoop(`loop${count++}`, step, addressOf));
  const memory = withLoops ? makeMemory(bytes) : null;
  const compiled = memory === null || loops.length === 0 ? {} : instantiate(loops, memory);
  const buffer = memory?.buffer ?? new ArrayBuffer(bytes);
  const view = (value: Value): TypedArray => viewOf(buffer, addressOf(value), value);
  const bufferOf = ({ value, shape, dtype }: Ref): Buffer => ({ shape, dtype, data: view(value) });

  const nextLoop = loops.values();
  const actions = steps.map((step): (() => void) => {
    if (step.fused) return (compiled as Record<string, () => void>)[nextLoop.next().value?.name ?? ""] as () => void;
    const { primitive, inputs, params, out } = step.ops[0] as Op;
    const [to, from, clear] = [{ ...out.type, data: view(out) }, inputs.map(bufferOf), needZeros.has(primitive.name)];
    return () => {
      if (clear) to.data.fill(0);
      execute(primitive.name, to, from, params);
    };
  });
  for (const value of outside) if (value.origin.kind === "constant") view(value).set(value.origin.storage.elements);
  const args = graph.inputs.map(view);
  // Tensors from outside have a copy in the program's memory, which is as good as their version.
  const states = outside.flatMap((value) => {
    const { origin } = value;
    return origin.kind === "state" ? { storage: origin.storage, copy: view(value), version: -1 } : [];
  });
  const outputs = graph.outputs.map(bufferOf);
  // What is written from outside, or from an argument, may be about to change itself: it is taken out first.
  const writes = graph.writes.map(({ storage, value }) => ({
    storage,
    from: view(value),
    takeFirst: value.origin.kind !== "op",
    state: states.find((state) => state.storage === storage),
  }));

  const run = (tensors: readonly Tensor[]): Tensor[] => {
    for (let i = 0; i < args.length; i++) (args[i] as TypedArray).set((tensors[i] as Tensor).data);
    for (const state of states) {
      if (state.version === state.storage.version) continue;
      state.copy.set(state.storage.elements);
      state.version = state.storage.version;
    }
    for (const action of actions) action();
    const results = outputs.map(({ data, shape, dtype }) => new Tensor(new Storage(data.slice()), shape, dtype));
    // Only now, when nothing can fail any more, do tensors outside change.
    const values = writes.map(({ from, takeFirst }) => (takeFirst ? from.slice() : from));
    for (let i = 0; i < writes.length; i++) {
      const { storage, state } = writes[i] as (typeof writes)[number];
      storage.elements.set(values[i] as TypedArray);
      storage.version++;
      if (state === undefined) continue;
      state.copy.set(values[i] as TypedArray);
      state.version = storage.version;
    }
    return results;
  };
  return { graph, steps, arenaBytes, loops, run };
}
