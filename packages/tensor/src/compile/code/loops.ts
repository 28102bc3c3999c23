// A loop as WebAssembly functions, which loops that differ only in their addresses share.
import { code, type Func, type Local } from "../../backend/wasm/assembler/code.ts";
import { func } from "../../backend/wasm/assembler/control.ts";
import type { Address } from "../../backend/wasm/assembler/memory.ts";
import { showParam } from "../../primitive.ts";
import { constantOf, type Ref, type Value } from "../graph.ts";
import type { Layout } from "../schedule/layout.ts";
import type { Loop } from "../schedule/loop.ts";
import { elementBytes } from "../schedule/plan.ts";
import { axesOf, toFirst } from "../schedule/strides.ts";
import { LongRows } from "./long-rows.ts";
import type { RowsCode } from "./rows.ts";
import { ShortRows } from "./short-rows.ts";

/** A loop's functions; both take the addresses first, unless these are in their code. */
export interface LoopFunctions {
  /**
   * Runs the loop; gives 1 if an index is wrong, else 0, where there are indices. If the loop is cut it also takes where a
   * part begins and ends, and how far off that part's memory is.
   */
  readonly run: Func;
  /** Combines the parts' results into one, if a loop that is cut adds up over rows. */
  readonly combine: Func | null;
}

/** Loops with more addresses have them in their code: a function may have 1000 parameters. */
const mostAddresses = 100;

/** The offset in bytes, in each value, of the first element that a loop reads of it. */
function firstReads({ items }: Loop): Map<Value, number> {
  const first = new Map<Value, number>();
  for (const { op, operands } of items)
    for (const [i, { map }] of operands.entries()) {
      const ref = op.inputs[i] as Ref;
      const at = (map.offset + toFirst(axesOf(map))) * elementBytes[ref.dtype];
      first.set(ref.value, Math.min(at, first.get(ref.value) ?? at));
    }
  return first;
}

/** A loop as it is emitted. */
export interface LoopForm {
  /** What it does, as text: the same for loops that differ in their addresses only. */
  readonly key: string;
  /** Of the values that it reads and writes, from the first element that it reads on; and of its scratch memory. */
  readonly addresses: readonly number[];
  /** Whether its functions take the addresses. */
  readonly isShared: boolean;
  emit(name: string): LoopFunctions;
}

/** A loop for `values` at these addresses. */
export function loopForm(
  loop: Loop,
  layout: Layout,
  values: readonly Value[],
  addressOf: (value: Value) => number,
  scratch: number,
): LoopForm {
  const first = firstReads(loop);
  const addresses = [...values.map((value) => addressOf(value) + (first.get(value) ?? 0)), scratch];
  const isShared = addresses.length <= mostAddresses;
  const numbers = new Map(values.map((value, k) => [value, k]));
  const emit = (name: string): LoopFunctions => {
    const checks = loop.items.some(({ kind }) => kind === "pick" || kind === "oneHot");
    const params = isShared ? addresses.map(() => "i32" as const) : [];
    const range = layout.split === null ? [] : (["i32", "i32", "i32"] as const);
    let rows: RowsCode | undefined;
    const run = func(name, [...params, ...range], checks ? "i32" : null, (given, local) => {
      const at = (k: number, offset: number): Address =>
        isShared ? { base: given[k] as Local, offset } : { base: null, offset: (addresses[k] as number) + offset };
      const of = (value: Value): Address => at(numbers.get(value) as number, -(first.get(value) ?? 0));
      const places = { of, scratch: at(values.length, 0), kept: new Set(values) };
      const [from, to, room] = given.slice(params.length);
      const part = from && to && room && { from, to, room };
      rows = new (layout.short ? ShortRows : LongRows)(loop, places, layout, local, part);
      return [...rows.write(), ...(checks ? [code("i32", 0)] : [])];
    });
    const combine = func(`${name}Combine`, params, null, (_, local) => rows?.combine(local) ?? []);
    return { run, combine: combine.body.length === 0 ? null : combine };
  };
  return { key: keyOf(loop, values, first), addresses, isShared, emit };
}

function keyOf(loop: Loop, values: readonly Value[], first: ReadonlyMap<Value, number>): string {
  const { items, rows, columns } = loop;
  // The text names values by numbers, which are the same in loops that differ only in their addresses.
  const numbers = new Map([...items.map(({ op }) => op.out), ...values].map((value, k) => [value, k]));
  let key = `${rows} ${columns} ${values.length}`;
  for (const { op, kind, operands, targets = [], place, pass } of items) {
    const { primitive, params, inputs, out } = op;
    key += `; ${numbers.get(out)} ${primitive.name} ${kind} ${place} ${pass} ${out.type.dtype}`;
    if (primitive.kind !== "movement") key += ` ${showParam(params)}`; // of a movement the maps say all
    for (const { map } of targets) key += ` [${out.type.shape}] ${showParam(map)}`;
    for (const [i, { of, map }] of operands.entries()) {
      const ref = inputs[i] as Ref;
      const known = constantOf(ref);
      const offset = map.offset * elementBytes[ref.dtype] - (first.get(ref.value) as number);
      key += ` ${numbers.get(ref.value)} ${ref.dtype}[${ref.shape}] ${of} [${map.shape}] [${map.strides}] ${offset}`;
      // The code may depend on the value of a constant with one element.
      if (known !== undefined) key += ` ${showParam(known)}`;
    }
  }
  return key;
}
