// Which products of matrices a program computes itself, and how they are cut for threads.
import { columns, longSum, type Product, panelBytes, productOf, rows } from "../../backend/wasm/matmul.ts";
import { sizeOf } from "../../shape.ts";
import type { Op, Ref } from "../graph.ts";
import type { Split } from "./layout.ts";

/** Products of the same form, one after the other. */
export interface Products extends Product {
  /** How many there are, and how far apart (in bytes) their matrices; 0 for one that serves all. */
  readonly count: number;
  readonly strideA: number;
  readonly strideB: number;
}

/** The op as products of matrices that can be computed here. */
export function productsOf({ primitive, inputs, params, out }: Op): Products | undefined {
  if (primitive.kind !== "product" || out.type.dtype !== "float32") return undefined;
  const [a, b] = inputs as readonly [Ref, Ref];
  const product = productOf(a.shape, b.shape, out.type.shape, params);
  const { m, n, k } = product;
  // Sums that are too long for single precision are added up in parts, by the kernel.
  if (a.dtype !== b.dtype || k > longSum) return undefined;
  const count = sizeOf(out.type.shape) / (m * n); // of empty matrices NaN, which is no count
  const [countA, countB] = [sizeOf(a.shape) / (m * k), sizeOf(b.shape) / (k * n)];
  if ((countA !== count && countA !== 1) || (countB !== count && countB !== 1)) return undefined;
  return { ...product, count, strideA: countA === 1 ? 0 : 4 * m * k, strideB: countB === 1 ? 0 : 4 * k * n };
}

/** Up to so many columns stay in registers for a whole sum, so that neither operand needs to be packed. */
export const narrow: number = columns;
/** The memory that a product needs meanwhile, in bytes. */
export function scratchFor({ m, n, k, columnB }: Products): number {
  if (n > narrow) return panelBytes(m, n, k);
  return columnB === 4 ? 0 : 16 * k * Math.ceil(n / 4);
}

/** Products of fewer multiplications than this are not worth waiting for other threads. */
const smallest = 2 ** 18;

/** How products are cut into parts for threads: between matrices, or between the rows of a single one. */
export function productSplit({ m, n, k, count }: Products): Split | null {
  // Rows of a narrow product may reach into the next ones, which another thread may have written.
  if (m * n * k * count < smallest || (n <= narrow && n % 4 > 0)) return null;
  return count > 1 ? { total: count, unit: 1 } : { total: m, unit: rows };
}
