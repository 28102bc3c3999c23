import type { Buffer, Params } from "../../primitive.ts";
import { sizeOf } from "../../shape.ts";
import { broadcastStrides, offsets } from "../js/offsets.ts";
import { fits, multiply, type Product } from "./matmul.ts";

/** From how many multiplications on this pays, with the copies. */
const from = 1024;

/** Runs a matmul here, if it is float32 and large enough. */
export function matmul(out: Buffer, [x, y]: readonly Buffer[], params: Params, always: boolean): boolean {
  const [a, b] = [x, y] as [Buffer, Buffer];
  if (a.dtype !== "float32" || b.dtype !== "float32" || out.data.length === 0) return false;
  const { length } = out.shape;
  const m = out.shape[length - 2] as number;
  const n = out.shape[length - 1] as number;
  const k = a.shape[a.shape.length - (params.transposeA ? 2 : 1)] as number;
  // The long sums of a single row or column are JavaScript's, in double precision throughout.
  if ((m * n * k < from || ((m === 1 || n === 1) && k > 4096)) && !always) return false;
  // Many matrices times one are one tall matrix times it.
  const tall = !params.transposeA && b.data.length === k * n;
  const product: Product = {
    m: tall ? a.data.length / k : m,
    n,
    k,
    rowA: params.transposeA ? 1 : k,
    alongA: params.transposeA ? m : 1,
    alongB: params.transposeB ? 1 : n,
    columnB: params.transposeB ? k : 1,
  };
  if (!fits(product)) return false;
  const [to, p, q] = [out.data, a.data, b.data] as [Float32Array, Float32Array, Float32Array];
  if (tall || length === 2) {
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
