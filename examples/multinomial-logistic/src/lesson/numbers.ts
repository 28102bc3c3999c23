/** Numbers in text, both ways, and out of tensors. */
import type { Tensor } from "@tendril/tensor";

/** A plain decimal number, such as `-1.5e3`; `undefined` for everything else ("", "0x10", "NaN", "Infinity"). */
export function parseNumber(text: string): number | undefined {
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A number for a column of numbers: always `digits` decimals, or an exponent where that would be too wide. */
export function fixed(value: number, digits = 4): string {
  const text = value.toFixed(digits);
  if (Math.abs(value) >= 1e6 || !Number.isFinite(value)) return value.toPrecision(digits);
  // Rounding can leave "-0.0000", which reads as if the sign meant something.
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** "1 row", "2 rows". */
export function counted(howMany: number, what: string): string {
  return `${howMany} ${what}${howMany === 1 ? "" : "s"}`;
}

export function vector(t: Tensor): number[] {
  return Array.from(t.data);
}

/** The rows of a 2-D tensor. */
export function matrix(t: Tensor): number[][] {
  const [rows = 0, columns = 0] = t.shape;
  const values = vector(t);
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}
