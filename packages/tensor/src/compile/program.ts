import { execute } from "../backend/index.ts";
import type { TypedArray } from "../dtype.ts";
import type { Buffer, Params } from "../primitive.ts";
import { Storage, Tensor } from "../tensor.ts";
import { plan, viewOf } from "./plan.ts";
import type { Graph, Ref, Value } from "./trace.ts";

/** A program that can run: kernels with their buffers, in order. */
export interface Program {
  readonly graph: Graph;
  readonly arenaBytes: number;
  run(args: readonly Tensor[]): Tensor[];
}

/** Kernels that write where there is something, and count on zeros elsewhere. */
const needZeros = new Set(["unslice", "oneHot"]);

/** A kernel call whose buffers stay where they are. */
interface Step {
  readonly name: string;
  readonly out: Buffer;
  readonly inputs: readonly Buffer[];
  readonly params: Params;
  readonly clear: boolean;
}

/** A buffer whose elements are those of an argument, which changes from call to call. */
type ArgumentBuffer = { -readonly [K in keyof Buffer]: Buffer[K] };

/** Plans the memory of a graph and sets up its kernel calls. */
export function build(graph: Graph): Program {
  const { bytes, offsets } = plan(graph);
  const arena = new ArrayBuffer(bytes);
  const args: ArgumentBuffer[][] = graph.inputs.map(() => []);
  const elements = (value: Value): TypedArray => {
    const { origin } = value;
    if (origin.kind === "state" || origin.kind === "constant") return origin.storage.elements;
    return viewOf(arena, offsets.get(value) ?? 0, value);
  };
  const bufferOf = ({ value, shape, dtype }: Ref): Buffer => {
    if (value.origin.kind !== "input") return { shape, dtype, data: elements(value) };
    const buffer: ArgumentBuffer = { shape, dtype, data: value.elements };
    args[value.origin.index]?.push(buffer);
    return buffer;
  };

  const steps = graph.ops.map(({ primitive, inputs, params, out }): Step => {
    const buffer = { ...out.type, data: elements(out) };
    return {
      name: primitive.name,
      out: buffer,
      inputs: inputs.map(bufferOf),
      params,
      clear: needZeros.has(primitive.name),
    };
  });
  const outputs = graph.outputs.map(bufferOf);
  // What is written from a tensor outside, or from an argument, may be about to change itself: it is copied first.
  const writes = graph.writes.map(({ storage, value }) => ({
    storage,
    from: bufferOf({ value, ...value.type }),
    copyFirst: value.origin.kind !== "op",
  }));

  const run = (tensors: readonly Tensor[]): Tensor[] => {
    for (const [i, x] of tensors.entries()) for (const buffer of args[i] ?? []) buffer.data = x.data;
    for (const { name, out, inputs, params, clear } of steps) {
      if (clear) out.data.fill(0);
      execute(name, out, inputs, params);
    }
    const results = outputs.map(({ data, shape, dtype }) => new Tensor(new Storage(data.slice()), shape, dtype));
    // Only now, when nothing can fail any more, do tensors outside change.
    const values = writes.map(({ from, copyFirst }) => (copyFirst ? from.data.slice() : from.data));
    for (const [i, { storage }] of writes.entries()) {
      storage.elements.set(values[i] as TypedArray);
      storage.version++;
    }
    return results;
  };
  return { graph, arenaBytes: bytes, run };
}
