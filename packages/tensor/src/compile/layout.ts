import type { Step } from "./fuse.ts";
import { type Item, Loop } from "./loop.ts";
import { productSplit, scratchFor } from "./product.ts";
import type { Value } from "./trace.ts";

// How a step is laid out: the shape of its loop, the memory that it needs for itself, its parts for threads.

/** How work is cut into parts: `total` turns, in pieces of `unit`. */
export interface Split {
  readonly total: number;
  readonly unit: number;
}

/** Rows up to this long are worked on four at a time, their columns one by one. */
const short = 8;

/** Whether a loop's rows are so short that lanes are better spent on several of them. */
export const isShort = ({ items, rows, columns }: Loop, kept: ReadonlySet<Value>): boolean =>
  rows >= 4 &&
  columns <= short &&
  items.every(({ op, operands, place }) => {
    // Bytes are not moved one by one.
    if (place === "full" && op.out.type.dtype === "bool" && kept.has(op.out)) return false;
    const own = new Set(items.map((item) => item.op.out));
    return op.inputs.every((x, k) => x.dtype !== "bool" || operands[k] !== "full" || own.has(x.value));
  });

/** Full values of long rows that a later pass needs, or that are picked from: they must be in memory. */
export function remembered({ items }: Loop): Set<Value> {
  const makers = new Map(items.map((item) => [item.op.out, item]));
  const found = new Set<Value>();
  for (const item of items) {
    for (const [k, { value }] of item.op.inputs.entries()) {
      const maker = makers.get(value);
      if (maker?.place !== "full" || item.operands[k] !== "full") continue;
      if (item.kind === "pick" || maker.pass < item.pass) found.add(value);
    }
  }
  return found;
}

/** Bytes for a row, in whole vectors. */
export const rowBytes = ({ columns }: Loop): number => Math.ceil(columns / 4) * 16;

/** Bytes that a step needs for itself, in each part: a row of each value that a later pass needs, and sums of columns. */
export function scratchOf({ code, writes }: Step): number {
  if (code === null) return 0;
  if (!(code instanceof Loop)) return scratchFor(code);
  const kept = new Set(writes);
  if (isShort(code, kept)) return 0;
  const rows = [...remembered(code)].filter((value) => !kept.has(value)).length;
  const sums = code.items.filter(({ kind }) => kind === "reduceRows").length;
  return (rows + 2 * sums) * rowBytes(code);
}

/** A step with less work than this, in results of ops, is not worth waiting for other threads. */
const smallest = 2 ** 15;

/** How a step is cut into parts for threads, if that pays, and nothing adds up beyond a cut. */
export function splitOf({ code, writes }: Step): Split | null {
  if (code === null) return null;
  if (!(code instanceof Loop)) return code.m * code.n * code.k < 8 * smallest ? null : productSplit(code);
  const { items, rows, columns, size } = code;
  const adds = ({ kind }: Item): boolean => kind === "reduceRows" || kind === "reduceAll";
  if (size * items.length < smallest || items.some(adds)) return null;
  if (rows === 1) return items.every(({ place }) => place === "full") ? { total: 4 * columns, unit: 16 } : null;
  if (isShort(code, new Set(writes))) return { total: rows, unit: 4 };
  return columns % 4 === 0 ? { total: rows, unit: 1 } : null; // else a row's last turn would reach into the next part
}

/** In how many parts: a product in as few as there are threads, since each packs its operand anew. */
export function partsOf(step: Step, threads: number): number {
  if (threads === 1 || splitOf(step) === null) return 1;
  return step.code instanceof Loop ? 4 * threads : threads;
}
