// Reductions and normalisations of rows, in double precision, rounded once at the end.
import type { TypedArray } from "../../dtype.ts";
import type { NDArray } from "../../primitive.ts";
import { overRows } from "../rows.ts";
import type { Kernel } from "./index.ts";

/** A function of the n entries of x from `base` on. */
type Row<R> = (x: TypedArray, base: number, n: number) => R;

/** One number from each row. */
const reduction =
  (f: Row<number>): Kernel =>
  (out, [x], { dims }) =>
    overRows(out, x as NDArray, dims as number[], (to, from, n) => {
      for (let o = 0; o < to.length; o++) to[o] = f(from, o * n, n);
    });

const sumFloats = reduction((x, base, n) => {
  let total = 0;
  for (let i = base; i < base + n; i++) total += x[i] as number;
  return total;
});
/** Wraps around as in C; a double would lose the low bits of long sums. */
const sumInts = reduction((x, base, n) => {
  let total = 0;
  for (let i = base; i < base + n; i++) total = (total + (x[i] as number)) | 0;
  return total;
});

/** The index of the first largest entry (sign 1), or of the first smallest (−1); NaN beats every number. */
const best =
  (sign: 1 | -1): Row<number> =>
  (x, base, n) => {
    let found = 0;
    let most = sign * (x[base] as number);
    for (let j = 1; j < n && !Number.isNaN(most); j++) {
      const value = sign * (x[base + j] as number);
      if (value > most || Number.isNaN(value)) {
        most = value;
        found = j;
      }
    }
    return found;
  };
const argmax = best(1);
const argmin = best(-1);

const entry =
  (which: Row<number>): Row<number> =>
  (x, base, n) =>
    x[base + which(x, base, n)] as number;
const amax = entry(argmax);

/** The largest entry and Σ e^(x − largest), which lies between 1 and the length of the row. */
const shifted: Row<[max: number, total: number]> = (x, base, n) => {
  const max = n === 0 ? Number.NEGATIVE_INFINITY : amax(x, base, n);
  let total = 0;
  for (let i = base; i < base + n; i++) total += Math.exp((x[i] as number) - max);
  return [max, total];
};

export const reduceKernels: Readonly<Record<string, Kernel>> = {
  sum: (out, inputs, params) => (out.dtype === "int32" ? sumInts : sumFloats)(out, inputs, params),
  amax: reduction(amax),
  amin: reduction(entry(argmin)),
  argmax: reduction(argmax),
  argmin: reduction(argmin),
  logSumExp: reduction((x, base, n) => {
    const [max, total] = shifted(x, base, n);
    return Number.isFinite(max) ? max + Math.log(total) : max; // all −∞, or some +∞: the shift would be ∞ − ∞
  }),
  cumsum: (out, [x], { dim, reverse }) => {
    const dims = (x as NDArray).shape.length === 0 ? [] : [dim as number];
    overRows(out, x as NDArray, dims, (to, from, n) => {
      for (let base = 0; base < to.length; base += n) {
        let total = 0;
        for (let j = 0; j < n; j++) {
          const i = base + (reverse ? n - 1 - j : j);
          total += from[i] as number;
          if (out.dtype === "int32") total |= 0; // wraps around as in C
          to[i] = total;
        }
      }
    });
  },
  softmax: (out, [x], { dims }) =>
    overRows(out, x as NDArray, dims as number[], (to, from, n) => {
      const powers = new Float64Array(n);
      for (let base = 0; base < to.length; base += n) {
        const max = amax(from, base, n);
        let total = 0;
        for (let i = 0; i < n; i++) {
          powers[i] = Math.exp((from[base + i] as number) - max);
          total += powers[i] as number;
        }
        for (let i = 0; i < n; i++) to[base + i] = (powers[i] as number) / total;
      }
    }),
  logSoftmax: (out, [x], { dims }) =>
    overRows(out, x as NDArray, dims as number[], (to, from, n) => {
      for (let base = 0; base < to.length; base += n) {
        const [max, total] = shifted(from, base, n);
        const logTotal = Math.log(total);
        for (let i = base; i < base + n; i++) to[i] = (from[i] as number) - max - logTotal;
      }
    }),
};
