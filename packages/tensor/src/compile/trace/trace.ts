// Runs a function on stand-ins for its arguments, and notes what it does and what it depends on.
import { isGradEnabled } from "../../bind.ts";
import type { TypedArray } from "../../dtype.ts";
import { TraceError } from "../../errors.ts";
import { describeValue } from "../../options.ts";
import type { Params, Primitive, TensorType } from "../../primitive.ts";
import { type Recorder, recording } from "../../recorder.ts";
import { sizeOf } from "../../shape.ts";
import { type Storage, Tensor } from "../../tensor.ts";
import { type Explanation, type Graph, type Op, type Ref, Value } from "../graph.ts";
import { firstWith, type Guards } from "./guards.ts";

/** A step as it was traced, and what must hold for the trace to stay right. */
export interface Traced {
  readonly graph: Graph;
  readonly guards: Guards;
}

/**
 * Traces `step` as it is called with `args`. Nothing that tensors hold has changed afterwards, and nothing has been
 * computed. `settled`: an earlier trace has shown that tensors which the step makes are new at every call.
 */
export function trace(
  step: (...inputs: Tensor[]) => readonly Tensor[],
  args: readonly Tensor[],
  settled: boolean,
): Traced {
  const tracer = new Tracer(args, settled);
  recording.current = tracer;
  try {
    return tracer.finish(step(...tracer.standIns()));
  } finally {
    recording.current = null;
    tracer.restore();
  }
}

/** `x.grad` of a leaf from outside: what it was, and whether the step read it before it set it. */
interface Slot {
  readonly before: Tensor | null;
  readonly isRead: boolean;
}

class Tracer implements Recorder {
  readonly #ops: Op[] = [];
  /** The values that stand for storages from outside, those of arguments among them, and for constants. */
  readonly #values = new Map<Storage, Value>();
  /** What each value has been assigned, where the function has assigned to it. */
  readonly #assigned = new Map<Value, Value>();
  readonly #assignments: Graph["assignments"][number][] = [];
  readonly #versions = new Map<Storage, number>();
  readonly #made = new Set<Tensor>();
  readonly #slots = new Map<Tensor, Slot>();
  readonly #flags = new Map<Tensor, boolean>();
  readonly #properties = new Map<object, readonly (readonly [string, unknown])[]>();
  readonly #captured = new Set<Value>();
  readonly #inputs: Value[] = [];
  /** The storages that arguments have outside. */
  readonly #twins = new Map<Value, Storage>();
  #args: readonly Tensor[];
  #explanation: Explanation | null = null;

  constructor(
    args: readonly Tensor[],
    readonly settled: boolean,
  ) {
    this.#args = args;
  }

  /** What the function gets in place of its arguments; those that share a storage share a value. */
  standIns(): Tensor[] {
    return this.#args.map(({ storage, shape, dtype }, index) => {
      const value = this.#values.get(storage) ?? new Value({ kind: "input", index }, { shape, dtype });
      this.#values.set(storage, value);
      this.#twins.set(value, storage);
      this.#inputs.push(value);
      return new Tensor(value, shape, dtype);
    });
  }

  run(primitive: Primitive, inputs: readonly Tensor[], type: TensorType, params: Params): Storage {
    const out = new Value({ kind: "op", name: primitive.name }, type);
    const refs = inputs.map((x) => this.#ref(x));
    this.#ops.push({ primitive, inputs: refs, params, out, explanation: this.#explanation });
    return out;
  }

  assign(target: Tensor, value: Tensor): void {
    const known = this.#known(target); // from its first use on, be it only to be overwritten
    const assigned = this.#ref(value).value;
    this.#assigned.set(known, assigned);
    this.#assignments.push({ position: this.#ops.length, target: known, value: assigned });
    // An argument that is also used from outside has two storages while it is traced: both have changed.
    for (const storage of new Set([target.storage, known, this.#twins.get(known) ?? known])) {
      if (!this.#versions.has(storage)) this.#versions.set(storage, storage.version);
      storage.version++;
    }
  }

  read(storage: Storage): void {
    if (this.known(storage) !== null && storage.madeIn === this) return;
    const what =
      "a tensor from outside the step is read while the step is traced, and later values of it would not be seen";
    throw new TraceError(`compile: ${what}; compute with the tensor itself, or read it outside the step`);
  }

  known(storage: Storage): TypedArray | null {
    const value = this.#values.get(storage);
    return value !== undefined && this.#assigned.has(value) ? null : storage.elements;
  }

  made(x: Tensor): void {
    this.#requireOwn(x);
    this.#made.add(x);
  }

  gradient(x: Tensor, isRead: boolean): void {
    if (this.#made.has(x) || this.#slots.has(x)) return;
    this.#slots.set(x, { before: null, isRead });
    const before = x.grad;
    this.#slots.set(x, { before, isRead });
    if (!isRead || before === null) return;
    const value = new Value({ kind: "gradient", leaf: x }, before);
    x.grad = new Tensor(value, before.shape, before.dtype);
  }

  flag(x: Tensor): void {
    if (this.#made.has(x) || this.#flags.has(x)) return;
    this.#flags.set(x, false);
    this.#flags.set(x, x.requiresGrad);
  }

  watch(object: object): void {
    if (!this.#properties.has(object)) this.#properties.set(object, Object.entries(object));
  }

  explain<R>(fn: () => R, error: (cause: unknown) => unknown): R {
    const outer = this.#explanation;
    this.#explanation = { error, outer };
    try {
      return fn();
    } catch (cause) {
      throw error(cause);
    } finally {
      this.#explanation = outer;
    }
  }

  finish(returned: readonly Tensor[]): Traced {
    const outputs = returned.map((x) => this.#ref(x));
    const gradients = [...this.#slots].flatMap(([leaf, slot]) => this.#gradientAfter(leaf, slot));
    const flags = [...this.#flags].flatMap(([tensor, before]) => {
      const { requiresGrad } = tensor;
      return requiresGrad === before ? [] : [{ tensor, requiresGrad }];
    });
    for (const object of this.#properties.keys()) this.#checkProperties(object);
    const writes = [...this.#assigned].flatMap(([target, value]) => {
      const { kind } = target.origin;
      return kind === "op" || (kind === "constant" && this.settled) ? [] : [{ target, value }];
    });
    const [inputs, ops, assignments] = [this.#inputs, this.#ops, this.#assignments];
    const graph: Graph = { inputs, ops, outputs, writes, assignments, gradients, flags };
    return { graph, guards: this.#guards(graph) };
  }

  /**
   * What `.grad` holds after the step. A gradient that the step has added to what was there stays, as in eager mode. One
   * that it has made from nothing, after forgetting what was there, is its own affair: it need not leave the program.
   */
  #gradientAfter(leaf: Tensor, { isRead }: Slot): Graph["gradients"] {
    const after = leaf.grad;
    if (after === null || !isRead) return [{ leaf, result: null }];
    const result = this.#ref(after);
    return result.value.origin.kind === "gradient" && result.value.origin.leaf === leaf ? [] : [{ leaf, result }];
  }

  /** A result that is put into a watched object would stay a stand-in there. */
  #checkProperties(object: object): void {
    for (const [key, value] of Object.entries(object)) {
      if (!(value instanceof Tensor) || !(value.storage instanceof Value)) continue;
      const name = `${object.constructor.name}.${key}`;
      const remedy = "return it from the step, or assign it to a tensor made outside";
      throw new TraceError(`compile: ${name} is set to a result, which has no value yet; ${remedy}`);
    }
  }

  #guards({ writes }: Graph): Guards {
    const targets = writes.map(({ target }) => target);
    const writesInputs = targets.some(({ origin }) => origin.kind === "input");
    const apart = writesInputs ? [...this.#values.values()] : targets;
    return {
      types: this.#args.map(({ shape, dtype }) => ({ shape, dtype })),
      gradEnabled: isGradEnabled(),
      shares: this.#args.map(({ storage }) => firstWith(this.#args, storage)),
      captured: this.#args.map(({ storage }, i) => (this.#captured.has(this.#inputs[i] as Value) ? storage : null)),
      apart: new Set(apart.flatMap(({ origin }) => ("storage" in origin ? origin.storage : []))),
      writesInputs,
      flags: [...this.#flags],
      gradients: [...this.#slots].flatMap(([leaf, { before, isRead }]) =>
        isRead ? [[leaf, before && { shape: before.shape, dtype: before.dtype }] as const] : [],
      ),
      properties: [...this.#properties].flatMap(([object, entries]) =>
        entries.map(([key, value]) => [object as Record<string, unknown>, key, value] as const),
      ),
      constants: this.settled ? [] : [...this.#values].flatMap(([storage, value]) => this.#constant(storage, value)),
    };
  }

  #constant(storage: Storage, { origin }: Value): [Storage, number][] {
    return origin.kind === "constant" ? [[storage, this.#versions.get(storage) ?? storage.version]] : [];
  }

  /** Puts back what the step has changed while it was traced: its program does it, when it runs. */
  restore(): void {
    for (const [storage, version] of this.#versions) storage.version = version;
    for (const [leaf, { before }] of this.#slots) leaf.grad = before;
    for (const [tensor, before] of this.#flags) if (tensor.requiresGrad !== before) tensor.requiresGrad = before;
    for (const [object, entries] of this.#properties) {
      for (const [key, value] of Object.entries(object)) {
        if (!(value instanceof Tensor) || !(value.storage instanceof Value)) continue;
        Object.assign(object, { [key]: entries.find(([name]) => name === key)?.[1] });
      }
    }
    // What the step has made refers to the trace: arguments and the like are not to live as long.
    for (const held of [this.#values, this.#twins, this.#made, this.#slots, this.#properties]) held.clear();
    this.#args = [];
  }

  #ref(x: Tensor): Ref {
    const value = this.#known(x);
    return { value: this.#assigned.get(value) ?? value, shape: x.shape, dtype: x.dtype };
  }

  /** Another copy of this library notifies the same recorder. */
  #requireOwn(x: Tensor): void {
    if (!(x instanceof Tensor)) throw new TraceError(`compile: the step computes with ${describeValue(x)}`);
  }

  #known(x: Tensor): Value {
    this.#requireOwn(x);
    const { storage, shape, dtype } = x;
    if (storage instanceof Value) {
      if (storage.madeIn !== this)
        throw new TraceError("compile: a tensor that an earlier trace made is used; return it, and pass it in");
      return storage;
    }
    let value = this.#values.get(storage);
    if (value === undefined) {
      const kind = storage.madeIn === this ? "constant" : "state";
      value = new Value({ kind, storage }, { shape: [sizeOf(shape)], dtype });
      this.#values.set(storage, value);
    } else {
      this.#captured.add(value);
    }
    return value;
  }
}
