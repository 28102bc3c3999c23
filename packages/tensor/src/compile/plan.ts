import { allocate, type DType, type TypedArray } from "../dtype.ts";
import { sizeOf } from "../shape.ts";
import type { Graph, Value } from "./trace.ts";

/** Where the results of a program's ops lie: offsets in one arena, which values share when they do not live together. */
export interface Plan {
  readonly bytes: number;
  readonly offsets: ReadonlyMap<Value, number>;
}

const alignment = 16;
const bytesOf = (dtype: DType, size: number): number => size * allocate(dtype, 0).BYTES_PER_ELEMENT;

/** The bytes that a value takes. */
export const sizeInBytes = ({ type }: Value): number => bytesOf(type.dtype, sizeOf(type.shape));

/** Gives each result the first gap that is large enough among those that live while it does. */
export function plan({ ops, outputs, writes }: Graph): Plan {
  const lastUse = new Map<Value, number>();
  for (const [i, { inputs }] of ops.entries()) for (const { value } of inputs) lastUse.set(value, i);
  for (const { value } of [...outputs, ...writes]) lastUse.set(value, ops.length);

  const offsets = new Map<Value, number>();
  let live: { value: Value; start: number; end: number }[] = [];
  let bytes = 0;
  for (const [i, { out }] of ops.entries()) {
    // What was last read by an earlier op makes room; what this op reads does not, since it is read while this is written.
    live = live.filter(({ value }) => (lastUse.get(value) ?? -1) >= i).sort((a, b) => a.start - b.start);
    const size = Math.ceil(sizeInBytes(out) / alignment) * alignment;
    let start = 0;
    for (const other of live) {
      if (other.start - start >= size) break;
      start = Math.max(start, other.end);
    }
    offsets.set(out, start);
    live.push({ value: out, start, end: start + size });
    bytes = Math.max(bytes, start + size);
  }
  return { bytes, offsets };
}

/** The part of the arena that holds a value. */
export function viewOf(arena: ArrayBuffer, offset: number, { type }: Value): TypedArray {
  const like = allocate(type.dtype, 0);
  const View = like.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => TypedArray;
  return new View(arena, offset, sizeOf(type.shape));
}
