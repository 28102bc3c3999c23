// The order of each row.
import type { NDArray } from "../../primitive.ts";
import { overRows } from "../rows.ts";
import type { Kernel } from "./index.ts";

/** NaN is larger than every number, as in PyTorch. */
const compare = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));

export const argsortKernel: Kernel = (out, [x], { dims, descending }) => {
  const sign = descending ? -1 : 1;
  overRows(out, x as NDArray, dims as number[], (to, from, n) => {
    for (let base = 0; base < to.length; base += n) {
      const row = from.subarray(base, base + n);
      const order = to.subarray(base, base + n);
      for (let i = 0; i < n; i++) order[i] = i;
      order.sort((i, j) => sign * compare(row[i] as number, row[j] as number) || i - j);
    }
  });
};
