import type { TypedArray } from "../../dtype.ts";
import type { Buffer } from "../../primitive.ts";
import { stridesOf } from "../../shape.ts";
import type { Kernel } from "./index.ts";
import { offsets } from "./offsets.ts";

/** The elements that one result is made from: a stretch of the data itself, or a copy in double precision. */
type Row = TypedArray;

/** Calls `visit(row, o, at)` for each result `o` of a reduction of x over `dims`; `at` is where the row's entries lie. */
function eachRow(
  x: Buffer,
  dims: readonly number[],
  visit: (row: Row, o: number, base: number, at: Int32Array) => void,
): void {
  const strides = stridesOf(x.shape);
  const pick = (keep: boolean): Int32Array => {
    const axes = x.shape.map((_, i) => i).filter((i) => dims.includes(i) !== keep);
    return offsets(
      axes.map((i) => x.shape[i] as number),
      axes.map((i) => strides[i] as number),
    );
  };
  const bases = pick(true);
  const at = pick(false);
  const n = at.length;
  const contiguous = n === 0 || at[n - 1] === n - 1;
  const row = contiguous ? null : new Float64Array(n);
  for (let o = 0; o < bases.length; o++) {
    const base = bases[o] as number;
    if (row === null) {
      visit(x.data.subarray(base, base + n), o, base, at);
    } else {
      for (let j = 0; j < n; j++) row[j] = x.data[base + (at[j] as number)] as number;
      visit(row, o, base, at);
    }
  }
}

/** A reduction: one number from each row. Computed in double precision, rounded once at the end. */
const reduction =
  (f: (row: Row) => number): Kernel =>
  (out, [x], params) => {
    eachRow(x as Buffer, params.dims as number[], (row, o) => {
      out.data[o] = f(row);
    });
  };

/** The same number of results as inputs: each row is mapped by the function that `f` makes for it. */
const rowwise =
  (f: (row: Row) => (x: number) => number): Kernel =>
  (out, [x], params) => {
    eachRow(x as Buffer, params.dims as number[], (row, _, base, at) => {
      const g = f(row);
      for (let j = 0; j < row.length; j++) out.data[base + (at[j] as number)] = g(row[j] as number);
    });
  };

function sum(row: Row): number {
  let total = 0;
  for (let j = 0; j < row.length; j++) total += row[j] as number;
  return total;
}

/** Where the first entry is that no other beats; NaN beats everything. */
const best =
  (beats: (a: number, b: number) => boolean) =>
  (row: Row): number => {
    let at = 0;
    for (let j = 0; j < row.length; j++) {
      if (Number.isNaN(row[j])) return j;
      if (beats(row[j] as number, row[at] as number)) at = j;
    }
    return at;
  };
const argmax = best((a, b) => a > b);
const argmin = best((a, b) => a < b);

/** The largest entry and Σ e^(x − largest), which lies between 1 and the length of the row. */
function shifted(row: Row): [max: number, total: number] {
  const max = row.length === 0 ? Number.NEGATIVE_INFINITY : (row[argmax(row)] as number);
  let total = 0;
  for (let j = 0; j < row.length; j++) total += Math.exp((row[j] as number) - max);
  return [max, total];
}

export const reduceKernels: Readonly<Record<string, Kernel>> = {
  sum: reduction(sum),
  amax: reduction((row) => row[argmax(row)] as number),
  amin: reduction((row) => row[argmin(row)] as number),
  argmax: reduction(argmax),
  argmin: reduction(argmin),
  logSumExp: reduction((row) => {
    const [max, total] = shifted(row);
    return Number.isFinite(max) ? max + Math.log(total) : max; // all −∞, or some +∞: the shift would be ∞ − ∞
  }),
  cumsum: (out, [x], { dim, reverse }) => {
    eachRow(x as Buffer, (x as Buffer).shape.length === 0 ? [] : [dim as number], (row, _, base, at) => {
      let total = 0;
      for (let k = 0; k < row.length; k++) {
        const j = reverse ? row.length - 1 - k : k;
        total += row[j] as number;
        out.data[base + (at[j] as number)] = total;
      }
    });
  },
  softmax: rowwise((row) => {
    const [max, total] = shifted(row);
    return (x) => Math.exp(x - max) / total;
  }),
  logSoftmax: rowwise((row) => {
    const [max, total] = shifted(row);
    const logTotal = Math.log(total);
    return (x) => x - max - logTotal;
  }),
};
