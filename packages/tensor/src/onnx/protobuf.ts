// The wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding), as far as ONNX needs it.

/** Encoded fields in parts: weights are copied once only, when all is put together. */
export type Bytes = readonly Uint8Array[];

/** Seven bits a byte, the lowest first; negative integers have 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}

const lengthOf = (parts: Bytes): number => parts.reduce((sum, { length }) => sum + length, 0);
const utf8 = new TextEncoder();

/** A field that is an integer. */
export const integer = (field: number, value: number): Bytes => [varint(field * 8), varint(value)];

/** A field that is a message or raw bytes. */
export const message = (field: number, ...parts: readonly Bytes[]): Bytes => {
  const flat = parts.flat();
  return [varint(field * 8 + 2), varint(lengthOf(flat)), ...flat];
};

/** A field that is a string. */
export const text = (field: number, value: string): Bytes => message(field, [utf8.encode(value)]);

/** All parts in one array. */
export function joined(parts: Bytes): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
