// One step from its traces at several batch sizes: a number that differs among them follows the batch size, or is refused.
import type { Graph, Op, Ref, Value } from "../compile/graph.ts";
import type { DType } from "../dtype.ts";
import { isPlain } from "../options.ts";
import type { Params } from "../primitive.ts";
import { type Shape, show } from "../shape.ts";
import type { Storage, Tensor } from "../tensor.ts";
import {
  ExportError,
  type ExportedOp,
  type ExportedRef,
  type ExportedStep,
  type ExportedValue,
  type Origin,
} from "./graph.ts";
import { Affine, fitSize, type Size } from "./size.ts";

/** A step that was traced at one batch size, and the names of what it returned. */
export interface TracedAt {
  readonly graph: Graph;
  readonly outputs: readonly string[];
}

/** The relative error that rounding may leave in a number of each dtype. */
const precisions: Readonly<Record<DType, number>> = { float64: 1e-15, float32: 5e-7, int32: 0, bool: 0 };

/** The step of these traces, one at each batch size. `names`: the tensors from outside. Errors begin with `op`. */
export function generalize(
  op: string,
  sizes: readonly number[],
  traces: readonly TracedAt[],
  inputs: readonly string[],
  names: ReadonlyMap<string, Tensor>,
): ExportedStep {
  return new Generalization(op, sizes, inputs, names).step(traces);
}

const nameIt = "give it one in names: model.namedState() and optimizer.namedState() have them";

/** One value in all traces, and the value that stands for it. */
interface Merged {
  readonly all: readonly Value[];
  readonly value: ExportedValue;
}

class Generalization {
  readonly #merged = new Map<Value, Merged>();
  readonly #nameOf: ReadonlyMap<Storage, string>;
  readonly #states: ExportedValue[] = [];

  constructor(
    readonly op: string,
    readonly sizes: readonly number[],
    readonly inputs: readonly string[],
    readonly tensors: ReadonlyMap<string, Tensor>,
  ) {
    // Tensors that share memory are one state, by the first of their names.
    this.#nameOf = new Map([...tensors].reverse().map(([name, { storage }]) => [storage, name]));
  }

  step(traces: readonly TracedAt[]): ExportedStep {
    const graphs = traces.map(({ graph }) => graph);
    this.#checkGradients(graphs[0] as Graph);
    /** What `merge` makes of each entry of a list that every graph has. */
    const each = <X, R>(
      listOf: (graph: Graph) => readonly X[],
      merge: (entries: readonly X[], i: number) => R,
    ): R[] => {
      const lists = graphs.map(listOf);
      const [first] = lists as [readonly X[]];
      if (lists.some(({ length }) => length !== first.length)) throw this.#differs("has other ops");
      return first.map((_, i) =>
        merge(
          lists.map((list) => list[i] as X),
          i,
        ),
      );
    };
    const inputs = each(
      ({ inputs }) => inputs,
      (values) => this.#value(values),
    );
    const ops = each(
      ({ ops }) => ops,
      (all) => this.#op(all),
    );
    const outputs = each(
      ({ outputs }) => outputs,
      (refs, i) => ({ name: traces[0]?.outputs[i] as string, result: this.#ref(refs) }),
    );
    const writes = each(
      ({ writes }) => writes,
      (all) => {
        const { origin } = this.#value(all.map(({ target }) => target));
        if (origin.kind === "input") {
          throw new ExportError(
            `${this.op}: the step changes its input "${origin.name}"; return the new value instead`,
          );
        }
        if (origin.kind !== "state") throw this.#unnamed(all.map(({ target }) => target));
        const value = this.#value(all.map(({ value }) => value));
        const { shape, dtype } = origin.tensor;
        return { name: origin.name, tensor: origin.tensor, result: { value, shape, dtype } };
      },
    );
    // Each is of the kind that its list is for: `#value` made it so.
    const [allInputs, states] = [inputs, this.#states] as unknown as [ExportedStep["inputs"], ExportedStep["states"]];
    return { inputs: allInputs, states, ops, outputs, writes, isBatched: this.sizes.length > 1 };
  }

  /** A gradient that stays in `.grad`, or comes from there, is memory that an export has no place for. */
  #checkGradients({ gradients }: Graph): void {
    for (const { leaf, result } of gradients) {
      if (result === null) continue;
      const name = this.#nameOf.get(leaf.storage);
      if (name === undefined) {
        const what = `a tensor of shape ${show(leaf.shape)} requires a gradient and has no name`;
        throw new ExportError(`${this.op}: ${what}; ${nameIt}`);
      }
      const remedy = "call zeroGrad() in the step, before backward()";
      throw new ExportError(`${this.op}: the step adds to the gradient that ${name} has already; ${remedy}`);
    }
  }

  #op(all: readonly Op[]): ExportedOp {
    const [first] = all as [Op];
    const { primitive, inputs } = first;
    const other = all.find((op) => op.primitive !== primitive || op.inputs.length !== inputs.length);
    if (other !== undefined) throw this.#differs(`does ${primitive.name} or ${other.primitive.name}`);
    const params = this.#merge(
      all.map(({ params }) => params),
      (path) => `${primitive.name}: ${path}`,
    ) as Params;
    const refs = inputs.map((_, i) => this.#ref(all.map((op) => op.inputs[i] as Ref)));
    return { primitive, inputs: refs, params, out: this.#value(all.map(({ out }) => out)) };
  }

  #ref(refs: readonly Ref[]): ExportedRef {
    const [{ dtype }] = refs as [Ref];
    return { value: this.#value(refs.map(({ value }) => value)), shape: this.#shape(refs), dtype };
  }

  #shape(types: readonly { readonly shape: Shape }[]): Size[] {
    return this.#merge(
      types.map(({ shape }) => shape),
      () => "a size",
    ) as Size[];
  }

  #value(all: readonly Value[]): ExportedValue {
    const [first] = all as [Value];
    const known = this.#merged.get(first);
    if (known !== undefined) {
      if (known.all.some((value, i) => value !== all[i])) throw this.#differs("reads other values");
      return known.value;
    }
    const value = this.#newValue(all);
    this.#merged.set(first, { all, value });
    if (value.origin.kind === "state") this.#states.push(value);
    return value;
  }

  #newValue(all: readonly Value[]): ExportedValue {
    const [{ origin, type }] = all as [Value];
    const shaped = (origin: Origin): ExportedValue => ({
      origin,
      shape: this.#shape(all.map(({ type }) => type)),
      dtype: type.dtype,
    });
    if (origin.kind === "op") return shaped({ kind: "op" });
    if (origin.kind === "input") return shaped({ kind: "input", name: this.inputs[origin.index] as string });
    if (origin.kind === "gradient") {
      const remedy = "call zeroGrad() in the step, before backward()";
      throw new ExportError(`${this.op}: the step reads a gradient from before it; ${remedy}`);
    }
    const name = this.#nameOf.get(origin.storage);
    if (name === undefined) return shaped(this.#constant(all));
    const tensor = this.tensors.get(name) as Tensor;
    return { origin: { kind: "state", name, tensor }, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** Elements that are known: of one shape for all batches, or one number that fills it. */
  #constant(all: readonly Value[]): Origin {
    const lists = all.map(({ origin }) => ("storage" in origin ? origin.storage.elements : undefined));
    const [first] = lists;
    if (first === undefined) throw this.#differs("reads other values");
    const same = (list: typeof first | undefined): boolean =>
      list === first || (list?.length === first.length && list.every((x, i) => Object.is(x, first[i])));
    const isUniform = (list: typeof first | undefined): boolean => list?.every((x) => Object.is(x, list[0])) === true;
    if (lists.every(isUniform) && first.length > 0) {
      const values = lists.map((list) => list?.[0] as number);
      const [{ type }] = all as [Value];
      const fitted = fitSize(this.sizes, values, precisions[type.dtype]);
      if (fitted instanceof Affine) return { kind: "constant", elements: [fitted] };
      if (fitted !== undefined) return { kind: "constant", elements: first.slice(0, 1) };
    } else if (lists.every(same)) {
      return { kind: "constant", elements: first };
    }
    const [{ type }] = all as [Value];
    const what = `a constant of shape ${show(type.shape)} for batch size ${this.sizes[0]}`;
    throw new ExportError(`${this.op}: ${what} depends on the batch size; make it an input, or leave out batch`);
  }

  /** What stands for parts of ops, which may differ in numbers alone. `where` names the part at a path in errors. */
  #merge(parts: readonly unknown[], where: (path: string) => string, path = ""): unknown {
    const [first] = parts;
    if (typeof first === "number") {
      const fitted = fitSize(this.sizes, parts as number[], Number.isInteger(first) ? 0 : precisions.float64);
      if (fitted !== undefined) return fitted;
      const remedy = "leave out batch, or compute it from the sizes by sums and constant factors";
      const what = `is ${parts.join(", ")} for batch sizes ${this.sizes.join(", ")}`;
      throw new ExportError(`${this.op}: ${where(path)} ${what}; ${remedy}`);
    }
    const inside = (key: string | number): unknown =>
      this.#merge(
        parts.map((part) => (part as Record<string | number, unknown>)[key]),
        where,
        path === "" ? String(key) : `${path}.${key}`,
      );
    if (Array.isArray(first)) {
      if (parts.some((part) => (part as unknown[]).length !== first.length)) throw this.#differs("has other axes");
      return first.map((_, i) => inside(i));
    }
    if (isPlain(first)) return Object.fromEntries(Object.keys(first).map((key) => [key, inside(key)]));
    // What draws random numbers is a function of its own in each trace.
    if (typeof first !== "function" && parts.some((part) => part !== first)) throw this.#differs(where(path));
    return first;
  }

  #unnamed([target]: readonly Value[]): ExportError {
    const { shape, dtype } = (target as Value).type;
    const what = `the step changes a tensor that has no name (${dtype}, number of elements: ${shape})`;
    return new ExportError(`${this.op}: ${what}; ${nameIt}`);
  }

  #differs(what: string): ExportError {
    const remedy = "leave out batch";
    return new ExportError(`${this.op}: the step ${what} for batch sizes ${this.sizes.join(", ")}; ${remedy}`);
  }
}
