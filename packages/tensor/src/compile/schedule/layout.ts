// How each step is laid out: which way a loop runs over its rows, how much memory it takes, how it is cut for threads.

import type { Value } from "../graph.ts";
import type { Step } from "./fuse.ts";
import { type Item, Loop, type Operand, worthCutting } from "./loop.ts";
import { productSplit, scratchFor } from "./products.ts";
import { stridesOf } from "./strides.ts";

/** Bytes of a register: four elements. */
export const vector = 16;

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
function isShort(loop: Loop, kept: ReadonlySet<Value>): boolean {
  const { items, rows, columns } = loop;
  if (rows < 4 || columns > short || items.some(({ kind }) => kind === "put")) return false;
  const own = new Set(items.map(({ op }) => op.out));
  /** The stride from row to row must be the same for any four rows, and bools must not be moved one by one. */
  const isEven = (operand: Operand, isByte: boolean): boolean => {
    const { rows, column } = stridesOf(operand, loop);
    const stride = rows[0]?.stride ?? 0;
    return rows.length <= 1 && stride >= 0 && column >= 0 && !(isByte && stride > 1);
  };
  return items.every(
    ({ op, operands, place }) =>
      !(place === "element" && op.out.type.dtype === "bool" && kept.has(op.out)) &&
      op.inputs.every((x, k) => own.has(x.value) || isEven(operands[k] as Operand, x.dtype === "bool")),
  );
}

/** Full values of long rows that a later pass needs: they must be in memory. */
export function remembered({ items }: Loop): Set<Value> {
  const makers = new Map(items.map((item) => [item.op.out, item]));
  const found = new Set<Value>();
  for (const item of items) {
    for (const { value } of item.op.inputs) {
      const maker = makers.get(value);
      if (maker?.place === "element" && maker.pass < item.pass) found.add(value);
    }
  }
  return found;
}

/** Bytes for a row, in whole vectors. */
export const rowBytes = ({ columns }: Loop): number => Math.ceil(columns / 4) * vector;

/** Bytes for a row of each value that a later pass needs, for sums of columns, and for what is left of a part's sums. */
function scratchOf(loop: Loop, kept: ReadonlySet<Value>, short: boolean, isCut: boolean): number {
  const { items, columns } = loop;
  const state = isCut ? 2 * vector * items.filter(({ kind }) => kind === "reduceAll").length : 0;
  const sums = items.filter(({ kind }) => kind === "reduceEachColumn").length;
  if (short) return state + (isCut ? 2 * vector * sums * columns : 0);
  const rows = [...remembered(loop)].filter((value) => !kept.has(value)).length;
  return state + (rows + 2 * sums) * rowBytes(loop);
}

/** Into how many parts a loop is cut that adds up over rows: the same for any number of threads, as the sums are. */
const partsOfSums = 8;

const addsUp = ({ kind }: Item): boolean => kind === "reduceEachColumn" || kind === "reduceAll";

/** How a loop is cut, if that pays. */
function splitOf({ items, rows, columns, size }: Loop, short: boolean): Split | null {
  // Two parts may write to the same place if elements are put by a map.
  if (size * items.length < worthCutting || items.some(({ kind }) => kind === "put")) return null;
  if (rows === 1) {
    const whole = items.every(({ place }) => place === "element" || place === "scalar");
    return whole ? { total: 4 * columns, unit: vector } : null;
  }
  if (short) return { total: rows, unit: 4 };
  return columns % 4 === 0 ? { total: rows, unit: 1 } : null; // else a row's last turn would reach into the next part
}

export function layOut({ form, writes }: Step, threads: number): Layout {
  if (form === null) return { scratch: 0, split: null, parts: 1 };
  if (!(form instanceof Loop)) {
    const split = threads > 1 ? productSplit(form) : null;
    // As few parts as threads, since each part packs its operand again.
    return { scratch: scratchFor(form), split, parts: split === null ? 1 : threads };
  }
  const kept = new Set(writes);
  const short = isShort(form, kept);
  const adds = form.items.some(addsUp);
  const split = threads > 1 || adds ? splitOf(form, short) : null;
  const scratch = scratchOf(form, kept, short, split !== null);
  return { short, scratch, split, parts: split === null ? 1 : partsOf(split, adds ? partsOfSums : 4 * threads) };
}

/** Into how many parts, up to `most`: each has something to do, since one that does not run would leave no sums. */
function partsOf({ total, unit }: Split, most: number): number {
  const pieces = Math.ceil(total / unit);
  return Math.ceil(pieces / Math.ceil(pieces / most));
}
