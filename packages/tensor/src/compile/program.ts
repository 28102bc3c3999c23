import { execute } from "../backend/index.ts";
import {
  type Code,
  call,
  code,
  type Func,
  func,
  i32,
  type NewLocal,
  returning,
  when,
} from "../backend/wasm/assembler.ts";
import { instantiate, makeMemory, makeModule, Unavailable } from "../backend/wasm/scratch.ts";
import { allocate, type TypedArray } from "../dtype.ts";
import { TendrilError } from "../errors.ts";
import type { Buffer } from "../primitive.ts";
import { sizeOf } from "../shape.ts";
import { Storage, Tensor } from "../tensor.ts";
import { emitLoop } from "./emit.ts";
import { expand } from "./expand.ts";
import { fuse, type Step } from "./fuse.ts";
import { type Layout, layOut } from "./layout.ts";
import { Loop } from "./loop.ts";
import { simplify } from "./passes.ts";
import { plan, updatesInPlace, viewOf } from "./plan.ts";
import { type Part, ProductEmitter, type Products } from "./product.ts";
import { canShare, isWrong, setWrong, shared, startWorkers, wordBytes } from "./threads.ts";
import type { Graph, Op, Ref, Value } from "./trace.ts";

/** A program that can run. */
export interface Program {
  readonly graph: Graph;
  readonly steps: readonly Step[];
  /** The memory of its intermediate results. */
  readonly arenaBytes: number;
  /** Its steps as WebAssembly functions: loop0, loop1, … in the order of `steps`, products, and `run0`, …, which call them. */
  readonly functions: readonly Func[];
  run(args: readonly Tensor[]): Tensor[];
}

/** Plans a traced graph's memory, and sets up its loops and kernel calls there. */
export function build(traced: Graph, threads: number): Program {
  try {
    return assemble(simplify(expand(traced)), canShare() ? threads : 1);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return interpreted(simplify(traced));
  }
}

/** Kernels that write where there is something, and count on zeros elsewhere. */
const needZeros = new Set(["unslice", "oneHot"]);

function assemble(graph: Graph, threads: number): Program {
  const steps = fuse(graph);
  const results = [...graph.outputs, ...graph.writes].map(({ value }) => value);
  const all = new Set([...graph.inputs, ...steps.flatMap(({ reads }) => reads), ...results]);
  const outside = [...all].filter(({ origin }) => origin.kind !== "op");
  const layouts = steps.map((step) => layOut(step, threads));
  const updates = updatesInPlace(graph, steps, outside);
  const { bytes, arenaBytes, addresses, scratch } = plan(steps, layouts, outside, results, updates);
  const addressOf = (value: Value): number => addresses.get(value) as number;
  const several = threads > 1;
  const memory = makeMemory(bytes + wordBytes, several);
  const view = (value: Value): TypedArray => viewOf(memory.buffer, addressOf(value), value);
  const bufferOf = ({ value, shape, dtype }: Ref): Buffer => ({ shape, dtype, data: view(value) });

  const functions = emit(steps, layouts, addressOf, scratch, several ? bytes : null);
  const module = makeModule(functions, several);
  const compiled = instantiate(module, memory);
  /** Runs in order: functions for steps that follow one another, and kernels; true means that an index is wrong. */
  const actions: (() => boolean)[] = [];
  for (const [i, step] of steps.entries()) {
    if (step.code !== null) {
      const run = compiled[`run${i}`];
      if (run !== undefined) actions.push(() => run() !== 0);
      continue;
    }
    const { primitive, inputs, params, out } = step.ops[0] as Op;
    const [to, from] = [{ ...out.type, data: view(out) }, inputs.map(bufferOf)];
    const clear = needZeros.has(primitive.name) || from.some(({ data }) => data.length === 0);
    actions.push(() => {
      if (clear) to.data.fill(0);
      execute(primitive.name, to, from, params);
      return false;
    });
  }

  for (const value of outside) if (value.origin.kind === "constant") view(value).set(value.origin.storage.elements);
  // Tensors from outside, arguments too, have a copy in the program's memory, which is as good as their version.
  const copies = outside.flatMap((value): Copy[] => {
    const { origin } = value;
    if (origin.kind === "input") return [{ argument: origin.index, storage: null, copy: view(value), version: -1 }];
    return origin.kind === "state" ? [{ argument: null, storage: origin.storage, copy: view(value), version: -1 }] : [];
  });
  const outputs = graph.outputs.map(bufferOf);
  // What is written from outside, or from an argument, may be about to change itself: it is taken out first.
  const writes = graph.writes.map(({ storage, value }) => ({
    storage,
    from: view(value),
    takeFirst: value.origin.kind !== "op",
    inPlace: updates.has(value),
    copy: copies.find((copy) => copy.argument === null && copy.storage === storage),
  }));

  const run = (tensors: readonly Tensor[]): Tensor[] => {
    for (const copy of copies) renew(copy, tensors);
    // If the step fails, what it has written over is to be read again.
    for (const { copy, inPlace } of writes) if (inPlace && copy !== undefined) copy.version = -1;
    for (const action of actions) if (action()) return wrongIndex(graph, tensors);
    const results = outputs.map(({ data, shape, dtype }) => new Tensor(new Storage(data.slice()), shape, dtype));
    // Only now, when nothing can fail any more, do tensors outside change.
    const values = writes.map(({ from, takeFirst }) => (takeFirst ? from.slice() : from));
    for (let i = 0; i < writes.length; i++) {
      const { storage, copy, inPlace } = writes[i] as (typeof writes)[number];
      storage.elements.set(values[i] as TypedArray);
      storage.version++;
      if (copy === undefined) continue;
      if (!inPlace) copy.copy.set(values[i] as TypedArray);
      copy.version = storage.version;
    }
    return results;
  };
  if (several) startWorkers(run, threads - 1, module, memory, bytes);
  return { graph, steps, arenaBytes, functions, run };
}

/** What a program keeps of a tensor from outside, or of the argument of the last call. */
interface Copy {
  readonly argument: number | null;
  storage: Storage | null;
  readonly copy: TypedArray;
  version: number;
}

function renew(copy: Copy, args: readonly Tensor[]): void {
  const storage = copy.argument === null ? (copy.storage as Storage) : (args[copy.argument] as Tensor).storage;
  if (copy.storage === storage && copy.version === storage.version) return;
  copy.copy.set(storage.elements);
  copy.storage = storage;
  copy.version = storage.version;
}

/** The functions of a program. Threads, if there are several, agree by the words at `words`. */
function emit(
  steps: readonly Step[],
  layouts: readonly Layout[],
  addressOf: (value: Value) => number,
  scratch: readonly number[],
  words: number | null,
): Func[] {
  const loops: Func[] = [];
  const runs: Func[] = [];
  const products = new ProductEmitter();

  /** Code for a step, or for a part of it; `wrong` is what to do about a wrong index. */
  const stepCode = (i: number, wrong: Code, local: NewLocal, part?: Part): Code[] => {
    const { code: form, ops, writes } = steps[i] as Step;
    if (form instanceof Loop) {
      const place = { of: addressOf, scratch: scratch[i] as number, kept: new Set(writes) };
      const loop = emitLoop(`loop${loops.length}`, form, place, layouts[i] as Layout);
      loops.push(loop);
      const run = part === undefined ? call(loop) : call(loop, part.from, part.to, part.room);
      return [loop.result === null ? run : when(run, [wrong])];
    }
    const { inputs, out } = ops[0] as Op;
    const [a, b] = inputs.map(({ value }) => addressOf(value)) as [number, number];
    const at = { c: addressOf(out), a, b, scratch: scratch[i] as number };
    return products.emit(form as Products, `product${i}`, at, local, part);
  };

  /** A step, in parts if it is cut, which all threads do: `part5(2)` does the third part of step 5. */
  const stepOrParts = (i: number, local: NewLocal): Code[] => {
    const { split, scratch, parts } = layouts[i] as Layout;
    if (split === null || words === null) return stepCode(i, returning(1), local);
    const { total, unit } = split;
    const size = Math.ceil(total / unit / parts) * unit;
    const one = func(`part${i}`, ["i32"], null, ([index], local) => {
      const [from, to] = [local("i32"), local("i32")];
      const part: Part = { from, to, room: i32.mul(index, scratch) };
      return [
        from.set(i32.mul(index, size)),
        to.set(i32.add(from, size)),
        when(i32.gt_u(to, total), [to.set(total)]),
        when(i32.lt_u(from, to), stepCode(i, setWrong(words, 1), local, part)),
      ];
    });
    runs.push(one);
    return shared(i, parts, words, (index) => [call(one, index)], local);
  };

  /** The steps from i on, up to the next kernel. It gives 1 if an index is wrong. */
  const run = (first: number): Func =>
    func(`run${first}`, [], "i32", (_, local) => {
      const body = chain(first).flatMap((i) => stepOrParts(i, local));
      return words === null ? [...body, code("i32", 0)] : [setWrong(words, 0), ...body, isWrong(words)];
    });
  const chain = (first: number): number[] => {
    const next = steps.findIndex(({ code }, i) => i >= first && code === null);
    return Array.from({ length: (next < 0 ? steps.length : next) - first }, (_, k) => first + k);
  };
  for (const [i, { code }] of steps.entries()) {
    const begins = code !== null && (i === 0 || (steps[i - 1] as Step).code === null);
    if (begins) runs.push(run(i));
  }
  return [...loops, ...products.funcs, ...runs];
}

/** The program without WebAssembly: every op by its kernel, in memory of its own. */
function interpreted(graph: Graph): Program {
  const steps = graph.ops.map((op): Step => {
    const reads = op.inputs.map(({ value }) => value);
    return { ops: [op], code: null, reads, writes: [op.out] };
  });
  const run = (args: readonly Tensor[]): Tensor[] => {
    const dataOf = interpret(graph, args);
    const results = graph.outputs.map(
      ({ value, shape, dtype }) => new Tensor(new Storage(dataOf(value).slice()), shape, dtype),
    );
    const values = graph.writes.map(({ value }) => dataOf(value).slice());
    for (const [i, { storage }] of graph.writes.entries()) {
      storage.elements.set(values[i] as TypedArray);
      storage.version++;
    }
    return results;
  };
  return { graph, steps, arenaBytes: 0, functions: [], run };
}

function interpret({ ops }: Graph, args: readonly Tensor[]): (value: Value) => TypedArray {
  const values = new Map<Value, TypedArray>();
  const dataOf = (value: Value): TypedArray => {
    const { origin } = value;
    if (origin.kind === "op") return values.get(value) as TypedArray;
    return origin.kind === "input" ? (args[origin.index] as Tensor).storage.elements : origin.storage.elements;
  };
  for (const { primitive, inputs, params, out } of ops) {
    const data = allocate(out.type.dtype, sizeOf(out.type.shape));
    const from = inputs.map(({ value, shape, dtype }) => ({ shape, dtype, data: dataOf(value) }));
    execute(primitive.name, { ...out.type, data }, from, params);
    values.set(out, data);
  }
  return dataOf;
}

/** Loops notice that an index is out of range; which one, and where, the kernels can say. */
function wrongIndex(graph: Graph, args: readonly Tensor[]): never {
  interpret(graph, args);
  throw new TendrilError("compile: an index is wrong");
}
