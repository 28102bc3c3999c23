import type { Shape } from "../shape.ts";

/**
 * How an operand is stretched to the output: not at all (period 0, repeat 1), or its elements come round again
 * (`period`: a number, a row), or each is repeated (`repeat`: a column).
 */
export interface BroadcastPattern {
  readonly period: number;
  readonly repeat: number;
}
const asIs: BroadcastPattern = { period: 0, repeat: 1 };

/** The pattern of an operand of this shape and size; `null` for any other way of stretching. */
export function broadcastPattern(shape: Shape, size: number, out: Shape, outSize: number): BroadcastPattern | null {
  if (size === outSize) return asIs;
  if (size === 1) return { period: 1, repeat: 1 };
  const extra = out.length - shape.length;
  let first = 0;
  while (shape[first] === 1) first++;
  let last = shape.length;
  while (shape[last - 1] === 1) last--;
  let [tail, head] = [true, true];
  for (let i = 0; i < out.length; i++) {
    const n = i < extra ? 1 : shape[i - extra];
    if (i >= extra + first && n !== out[i]) tail = false;
    if (i < extra + last && n !== out[i]) head = false;
  }
  if (tail) return { period: size, repeat: 1 };
  return head ? { period: 0, repeat: outSize / size } : null;
}
