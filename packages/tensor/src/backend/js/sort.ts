// The kernel of sorting: the order of the entries of each row.
import type { TypedArray } from "../../dtype.ts";
import type { NDArray } from "../../primitive.ts";
import { overRows } from "../rows.ts";
import type { Kernel } from "./index.ts";

/** NaN is larger than every number, as in PyTorch. */
const compare = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));

/** From the bits of a float32 to an int32: ordered as integers, these are in the order of `compare`. */
function rank(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return 2 ** 31 - 1; // NaN
  return bits < 0 ? bits ^ 0x7fffffff : bits; // the more negative a float, the larger its bits
}

/** A rank of 32 bits and a place of 21 fit one double: arrays of doubles sort several times as fast without a function. */
const places = 2 ** 21;

function sortPacked(order: TypedArray, row: TypedArray, sign: number): void {
  // −0 is equal to 0: adding 0 makes it 0.
  const bits = row instanceof Float32Array ? new Int32Array(row.map((x) => x + 0).buffer) : null;
  const keys = new Float64Array(row.length);
  for (let i = 0; i < keys.length; i++) {
    keys[i] = sign * (bits === null ? (row[i] as number) : rank(bits[i] as number)) * places + i;
  }
  keys.sort();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    order[i] = key - Math.floor(key / places) * places;
  }
}

export const argsortKernel: Kernel = (out, [x], { dims, descending }) => {
  const sign = descending ? -1 : 1;
  overRows(out, x as NDArray, dims as number[], (to, from, n) => {
    for (let base = 0; base < to.length; base += n) {
      const row = from.subarray(base, base + n);
      const order = to.subarray(base, base + n);
      if (n <= places && !(row instanceof Float64Array)) {
        sortPacked(order, row, sign);
        continue;
      }
      for (let i = 0; i < n; i++) order[i] = i;
      order.sort((i, j) => sign * compare(row[i] as number, row[j] as number) || i - j);
    }
  });
};
