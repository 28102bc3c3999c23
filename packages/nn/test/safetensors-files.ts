// Safetensors files made by hand, and what was loaded in a form to compare.
import { expect } from "vitest";
import type { Safetensors } from "../src/index.ts";
import type { Meaning } from "./safetensors-oracle.ts";

/** A file from a header (an object, or its text as it stands) and data. */
export function file(header: unknown, data: ArrayLike<number> = [], { length }: { length?: bigint } = {}): Uint8Array {
  const text = header instanceof Uint8Array ? header : new TextEncoder().encode(asJson(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
export const asJson = (header: unknown): string => (typeof header === "string" ? header : JSON.stringify(header));
export const entry = (dtype: string, shape: unknown, ...offsets: unknown[]): object => ({
  dtype,
  shape,
  data_offsets: offsets,
});

/** What was loaded, in the oracle's words. */
export const described = ({ tensors, metadata }: Safetensors): Meaning => ({
  tensors: Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape: [...shape], values: [...data] },
    ]),
  ),
  metadata,
});

/** Asserts that both are equal, −0 and NaN included, whatever the order of names and the prototypes. */
export const expectSame = (actual: Meaning, expected: Meaning): void => {
  expect(Object.entries(actual.metadata).sort()).toEqual(Object.entries(expected.metadata).sort());
  expect(Object.entries(actual.tensors).sort()).toEqual(Object.entries(expected.tensors).sort());
};
