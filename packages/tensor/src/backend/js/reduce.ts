import type { TypedArray } from "../../dtype.ts";
import type { NDArray } from "../../primitive.ts";
import { stridesOf } from "../../shape.ts";
import type { Kernel } from "./index.ts";
import { offsets } from "./offsets.ts";

/** The entries of `x` at `base + at[0]`, `base + at[1]`, …: those that one result is made from. */
type Rows<R> = (x: TypedArray, base: number, at: Int32Array) => R;

/** Where the rows over `dims` begin in data of x's shape, and where the entries of each lie from there on. */
function rowsOf({ shape }: NDArray, dims: readonly number[]): { bases: Int32Array; at: Int32Array } {
  const strides = stridesOf(shape);
  const pick = (along: boolean): Int32Array => {
    const sizes: number[] = [];
    const steps: number[] = [];
    for (let i = 0; i < shape.length; i++) {
      if (dims.includes(i) !== along) continue;
      sizes.push(shape[i] as number);
      steps.push(strides[i] as number);
    }
    return offsets(sizes, steps);
  };
  return { bases: pick(false), at: pick(true) };
}

/** A reduction: one number from each row. Computed in double precision, rounded once at the end. */
const reduction =
  (f: Rows<number>): Kernel =>
  (out, [x], params) => {
    const { bases, at } = rowsOf(x as NDArray, params.dims as number[]);
    const { data } = x as NDArray;
    for (let o = 0; o < bases.length; o++) out.data[o] = f(data, bases[o] as number, at);
  };

const sumFloats = reduction((x, base, at) => {
  let total = 0;
  for (let j = 0; j < at.length; j++) total += x[base + (at[j] as number)] as number;
  return total;
});
/** Wraps around as in C; a double would lose the low bits of long sums. */
const sumInts = reduction((x, base, at) => {
  let total = 0;
  for (let j = 0; j < at.length; j++) total = (total + (x[base + (at[j] as number)] as number)) | 0;
  return total;
});

/** Which entry is the first that no other beats, given the sign of the order; NaN beats everything. */
const best =
  (sign: 1 | -1): Rows<number> =>
  (x, base, at) => {
    let found = 0;
    let most = sign * (x[base + (at[0] as number)] as number);
    for (let j = 1; j < at.length && !Number.isNaN(most); j++) {
      const value = sign * (x[base + (at[j] as number)] as number);
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
  (which: Rows<number>): Rows<number> =>
  (x, base, at) =>
    x[base + (at[which(x, base, at)] as number)] as number;
const amax = entry(argmax);

/** The largest entry and Σ e^(x − largest), which lies between 1 and the length of the row. */
const shifted: Rows<[max: number, total: number]> = (x, base, at) => {
  const max = at.length === 0 ? Number.NEGATIVE_INFINITY : amax(x, base, at);
  let total = 0;
  for (let j = 0; j < at.length; j++) total += Math.exp((x[base + (at[j] as number)] as number) - max);
  return [max, total];
};

export const reduceKernels: Readonly<Record<string, Kernel>> = {
  sum: (out, inputs, params) => (out.dtype === "int32" ? sumInts : sumFloats)(out, inputs, params),
  amax: reduction(amax),
  amin: reduction(entry(argmin)),
  argmax: reduction(argmax),
  argmin: reduction(argmin),
  logSumExp: reduction((x, base, at) => {
    const [max, total] = shifted(x, base, at);
    return Number.isFinite(max) ? max + Math.log(total) : max; // all −∞, or some +∞: the shift would be ∞ − ∞
  }),
  cumsum: (out, [x], { dim, reverse }) => {
    const { data, shape } = x as NDArray;
    const { bases, at } = rowsOf(x as NDArray, shape.length === 0 ? [] : [dim as number]);
    if (reverse) at.reverse();
    for (const base of bases) {
      let total = 0;
      for (const offset of at) {
        total += data[base + offset] as number;
        if (out.dtype === "int32") total |= 0; // wraps around as in C
        out.data[base + offset] = total;
      }
    }
  },
  softmax: (out, [x], params) => {
    const { bases, at } = rowsOf(x as NDArray, params.dims as number[]);
    const { data } = x as NDArray;
    const powers = new Float64Array(at.length);
    for (const base of bases) {
      const max = at.length === 0 ? 0 : amax(data, base, at);
      let total = 0;
      for (let j = 0; j < at.length; j++) {
        powers[j] = Math.exp((data[base + (at[j] as number)] as number) - max);
        total += powers[j] as number;
      }
      for (let j = 0; j < at.length; j++) out.data[base + (at[j] as number)] = (powers[j] as number) / total;
    }
  },
  logSoftmax: (out, [x], params) => {
    const { bases, at } = rowsOf(x as NDArray, params.dims as number[]);
    const { data } = x as NDArray;
    for (const base of bases) {
      const [max, total] = shifted(data, base, at);
      const logTotal = Math.log(total);
      for (let j = 0; j < at.length; j++) {
        const i = base + (at[j] as number);
        out.data[i] = (data[i] as number) - max - logTotal;
      }
    }
  },
};
