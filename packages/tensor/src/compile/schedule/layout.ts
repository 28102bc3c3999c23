import { productSplit, scratchFor } from "../code/product.ts";
import type { Value } from "../graph.ts";
import type { Step } from "./fuse.ts";
import { type Item, Loop } from "./loop.ts";

/** How a step is laid out. */
export interface Layout {
  /** Whether it is a loop that has short rows. */
  readonly short?: boolean;
  /** Bytes that it needs for itself, in each part. */
  readonly scratch: number;
  /** How it is cut into parts for threads, and into how many. */
  readonly split: Split | null;
  readonly parts: number;
}

/** How work is cut into parts: `total` turns, in pieces of `unit`. */
export interface Split {
  readonly total: number;
  readonly unit: number;
}

/** Rows up to this long are worked on four at a time, their columns one by one. */
const short = 8;

/** Whether a loop's rows are so short that lanes are better spent on several of them. */
function isShort({ items, rows, columns }: Loop, kept: ReadonlySet<Value>): boolean {
  if (rows < 4 || columns > short) return false;
  const own = new Set(items.map(({ op }) => op.out));
  // Bytes are not moved one by one.
  return items.every(
    ({ op, operands, place }) =>
      !(place === "full" && op.out.type.dtype === "bool" && kept.has(op.out)) &&
      op.inputs.every((x, k) => x.dtype !== "bool" || operands[k] !== "full" || own.has(x.value)),
  );
}

/** Full values of long rows that a later pass needs: they must be in memory. */
export function remembered({ items }: Loop): Set<Value> {
  const makers = new Map(items.map((item) => [item.op.out, item]));
  const found = new Set<Value>();
  for (const item of items) {
    for (const { value } of item.op.inputs) {
      const maker = makers.get(value);
      if (maker?.place === "full" && maker.pass < item.pass) found.add(value);
    }
  }
  return found;
}

/** Bytes for a row, in whole vectors. */
export const rowBytes = ({ columns }: Loop): number => Math.ceil(columns / 4) * 16;

/** For a row of each value that a later pass needs, and for sums of columns. */
function scratchOf(loop: Loop, kept: ReadonlySet<Value>): number {
  const rows = [...remembered(loop)].filter((value) => !kept.has(value)).length;
  const sums = loop.items.filter(({ kind }) => kind === "reduceRows").length;
  return (rows + 2 * sums) * rowBytes(loop);
}

/** A step with less work than this, in results of ops, is not worth waiting for other threads. */
const smallest = 2 ** 15;

/** How a loop is cut, if that pays, and nothing adds up beyond a cut. */
function splitOf({ items, rows, columns, size }: Loop, short: boolean): Split | null {
  const adds = ({ kind }: Item): boolean => kind === "reduceRows" || kind === "reduceAll";
  if (size * items.length < smallest || items.some(adds)) return null;
  if (rows === 1) return items.every(({ place }) => place === "full") ? { total: 4 * columns, unit: 16 } : null;
  if (short) return { total: rows, unit: 4 };
  return columns % 4 === 0 ? { total: rows, unit: 1 } : null; // else a row's last turn would reach into the next part
}

export function layOut({ code, writes }: Step, threads: number): Layout {
  if (code === null) return { scratch: 0, split: null, parts: 1 };
  if (!(code instanceof Loop)) {
    const split = threads > 1 ? productSplit(code) : null;
    // In as few parts as there are threads, since each packs its operand anew.
    return { scratch: scratchFor(code), split, parts: split === null ? 1 : threads };
  }
  const kept = new Set(writes);
  const short = isShort(code, kept);
  const split = threads > 1 ? splitOf(code, short) : null;
  return { short, scratch: short ? 0 : scratchOf(code, kept), split, parts: split === null ? 1 : 4 * threads };
}
