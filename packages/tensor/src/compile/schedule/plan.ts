// Places in memory: one arena for results, which share it over time, and one place for each tensor from outside.
import { allocate, type DType, type TypedArray } from "../../dtype.ts";
import { isWhole } from "../../index-map.ts";
import { sizeOf } from "../../shape.ts";
import { type Graph, resultsOf, type Value } from "../graph.ts";
import type { Step } from "./fuse.ts";
import type { Layout } from "./layout.ts";
import { type Item, Loop, type Operand } from "./loop.ts";

/** Where values lie in a program's memory, in bytes. */
export interface Plan {
  readonly bytes: number;
  /** How much of it holds results of ops, which share their places when they do not live together. */
  readonly arenaBytes: number;
  readonly addresses: ReadonlyMap<Value, number>;
  /** Where each step has memory for itself, while it runs. */
  readonly scratch: readonly number[];
}

const alignment = 16;
/** Loops may read and write this far beyond the end of a value. */
const margin = 16;
/** The bytes of an element. */
export const elementBytes: Readonly<Record<DType, number>> = { bool: 1, int32: 4, float32: 4, float64: 8 };

/** The bytes that a value takes. */
export const sizeInBytes = ({ type }: Value): number => elementBytes[type.dtype] * sizeOf(type.shape);

const roomFor = (bytes: number): number => Math.ceil((bytes + margin) / alignment) * alignment;

/**
 * Gives each value of `steps` a place in memory: `fixed` values each their own, results the first gap that is free while
 * they are live; `updates` are results that are written over a fixed value.
 */
export function plan(
  steps: readonly Step[],
  layouts: readonly Layout[],
  fixed: Iterable<Value>,
  kept: Iterable<Value>,
  updates: ReadonlyMap<Value, Value>,
): Plan {
  const lastUse = new Map<Value, number>();
  for (const [i, { reads }] of steps.entries()) for (const value of reads) lastUse.set(value, i);
  for (const value of kept) lastUse.set(value, steps.length);

  const addresses = new Map<Value, number>();
  const scratch: number[] = [];
  /** What is free, by address; the last gap has no end. */
  const gaps: Gap[] = [{ start: 0, end: Number.POSITIVE_INFINITY }];
  /** What each step is the last to use. */
  const ending = steps.map((): Gap[] => []);
  let arenaBytes = 0;
  const place = (bytes: number, last: number): number => {
    const room = roomFor(bytes);
    const k = gaps.findIndex(({ start, end }) => end - start >= room);
    const { start, end } = gaps[k] as Gap;
    gaps.splice(k, 1, ...(end - start > room ? [{ start: start + room, end }] : []));
    ending[last]?.push({ start, end: start + room });
    arenaBytes = Math.max(arenaBytes, start + room);
    return start;
  };
  for (const [i, step] of steps.entries()) {
    // What was last read by an earlier step makes room; what this one reads does not, since it writes meanwhile.
    for (const gap of ending[i - 1] ?? []) free(gaps, gap);
    for (const value of step.writes)
      if (!updates.has(value)) addresses.set(value, place(sizeInBytes(value), lastUse.get(value) ?? i));
    const own = layouts[i] as Layout;
    const bytes = own.scratch * own.parts;
    scratch.push(bytes === 0 ? 0 : place(bytes, i));
  }
  let bytes = arenaBytes;
  for (const value of fixed) {
    addresses.set(value, bytes);
    bytes += roomFor(sizeInBytes(value));
  }
  for (const [value, state] of updates) addresses.set(value, addresses.get(state) as number);
  return { bytes, arenaBytes, addresses, scratch };
}

interface Gap {
  readonly start: number;
  readonly end: number;
}

/** Adds a gap to others, joined to those that it touches. */
function free(gaps: Gap[], { start, end }: Gap): void {
  const first = gaps.findIndex((gap) => gap.end >= start);
  const touched = gaps.slice(first, gaps.findLastIndex((gap) => gap.start <= end) + 1);
  const joined = { start: Math.min(start, touched[0]?.start ?? start), end: Math.max(end, touched.at(-1)?.end ?? end) };
  gaps.splice(first, touched.length, joined);
}

/**
 * Which results can be written directly over the tensor from outside to which they are assigned: those after which its
 * old value is not read. The step that makes the result may read the old value only at the place that it writes next.
 * `outside` are the values that have a place.
 */
export function updatesInPlace(graph: Graph, steps: readonly Step[], outside: ReadonlySet<Value>): Map<Value, Value> {
  const updates = new Map<Value, Value>();
  const results = new Set(resultsOf(graph));
  const makers = new Map(steps.flatMap((step, i) => step.writes.map((value) => [value, i])));
  const lastReads = new Map(steps.flatMap(({ reads }, i) => reads.map((value) => [value, i])));
  for (const { target, value } of graph.writes) {
    if (target.origin.kind !== "state" || !outside.has(target) || results.has(target)) continue;
    // A target has a place since some step reads it: where no step makes the value, one reads the target after that.
    const made = makers.get(value) ?? -1;
    if (made >= (lastReads.get(target) ?? 0) && overwrites(steps[made] as Step, value, target))
      updates.set(value, target);
  }
  return updates;
}

function overwrites({ form, reads }: Step, value: Value, state: Value): boolean {
  if (!reads.includes(state)) return true;
  if (!(form instanceof Loop) || form.rows > 1) return false;
  // A single number is loaded before the loop, an element where it is read: that must not be after it is written, so
  // nothing may be put, or filled with zeros, where other elements are still to be read.
  const made = form.items.findIndex(({ op }) => op.out === value);
  if (form.items[made]?.kind === "put") return false;
  return form.items.every(({ op, operands, place, pass }, i) => {
    const before = i <= made && place === "element" && pass <= (form.items[made] as Item).pass;
    const isOne = sizeOf(state.type.shape) === 1;
    return op.inputs.every((x, k) => x.value !== state || isOne || (before && isWhole((operands[k] as Operand).map)));
  });
}

/** The part of a memory that holds a value. */
export function viewOf(memory: ArrayBuffer, address: number, { type }: Value): TypedArray {
  const View = allocate(type.dtype, 0).constructor as new (
    buffer: ArrayBuffer,
    address: number,
    length: number,
  ) => TypedArray;
  return new View(memory, address, sizeOf(type.shape));
}
