// The op matmul: which of its products are computed by the kernel in matmul.ts.
import type { NDArray, Params } from "../../primitive.ts";
import { sizeOf } from "../../shape.ts";
import { broadcastStrides, offsets } from "../js/offsets.ts";
import { fits, multiply, productOf } from "./matmul.ts";

/** The number of multiplications from which on it pays, copies included. */
const from = 1024;

/** Runs a matmul here, if it is float32 and large enough. */
export function matmul(out: NDArray, [x, y]: readonly NDArray[], params: Params, always: boolean): boolean {
  const [a, b] = [x, y] as [NDArray, NDArray];
  if (a.dtype !== "float32" || b.dtype !== "float32" || out.data.length === 0) return false;
  const product = productOf(a.shape, b.shape, out.shape, params);
  const { m, n, k } = product;
  // JavaScript takes empty sums, and long ones of a single row or column, which it adds up in double precision.
  if (k === 0 || ((m * n * k < from || ((m === 1 || n === 1) && k > 4096)) && !always)) return false;
  if (!fits(product)) return false;
  const [to, p, q] = [out.data, a.data, b.data] as [Float32Array, Float32Array, Float32Array];
  if (to.length === m * n) {
    multiply(to, 0, p, 0, q, 0, product);
    return true;
  }
  const batch = out.shape.slice(0, -2);
  const startsA = offsets(batch, broadcastStrides(a.shape.slice(0, -2), batch));
  const startsB = offsets(batch, broadcastStrides(b.shape.slice(0, -2), batch));
  for (let i = 0; i < sizeOf(batch); i++) {
    multiply(to, i * m * n, p, (startsA[i] as number) * m * k, q, (startsB[i] as number) * k * n, product);
  }
  return true;
}
