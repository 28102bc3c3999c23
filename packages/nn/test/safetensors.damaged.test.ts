import { TendrilError } from "@tendril/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Linear, loadSafetensors, type Safetensors, Sequential, saveSafetensors } from "../src/index.ts";
import * as known from "./fixtures/write_safetensors.ts";
import { asJson, described, entry, expectSame, file } from "./safetensors-files.ts";
import { type Meaning, meaningOf } from "./safetensors-oracle.ts";

// Bytes of good files, damaged. There is no checksum, so a damaged file may still be one, of other values, names or
// shapes. The honest promise: what loads is what the damaged bytes mean, by a second reader; all else is a typed error.
describe("safetensors damaged", () => {
  const bases = [
    saveSafetensors(known.tensors, { metadata: known.metadata }),
    saveSafetensors(new Sequential(new Linear(2, 3), new Linear(3, 2)).stateDict()),
    file(
      {
        empty: entry("I64", [3, 0], 0, 0),
        half: entry("F16", [3], 0, 6),
        bfloat: entry("BF16", [1, 1], 6, 8),
        long: entry("I64", [2], 8, 24),
        mask: entry("BOOL", [4], 24, 28),
        int: entry("I32", [2, 2], 28, 44),
      },
      [
        1,
        60,
        0,
        124,
        1,
        0,
        128,
        63,
        7,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        ...new Array(8).fill(255),
        1,
        0,
        0,
        1,
        ...new Array(16).fill(3),
      ],
    ),
  ];
  const headerEnd = (bytes: Uint8Array): number => Math.min(8 + (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0), bytes.length);
  const splice = (bytes: Uint8Array, at: number, drop: number, put: ArrayLike<number>): Uint8Array => {
    const end = Math.min(at + drop, bytes.length);
    const result = new Uint8Array(at + put.length + bytes.length - end);
    result.set(bytes.subarray(0, at));
    result.set(put, at);
    result.set(bytes.subarray(end), at + put.length);
    return result;
  };
  /** Another header text, with a length that fits. */
  const rewrite = (bytes: Uint8Array, change: (text: string) => string): Uint8Array => {
    const end = headerEnd(bytes);
    return file(change(new TextDecoder().decode(bytes.subarray(8, end))), bytes.subarray(end));
  };

  type Mutation = (bytes: Uint8Array) => Uint8Array;
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const within = (x: number, length: number): number => Math.floor(x * length);
  const nth = (text: string, pattern: RegExp, x: number): RegExpMatchArray | undefined => {
    const found = [...text.matchAll(pattern)];
    return found[within(x, found.length)];
  };
  const replaceNth =
    (pattern: RegExp, x: number, put: (found: string) => string): Mutation =>
    (bytes) =>
      rewrite(bytes, (text) => {
        const found = nth(text, pattern, x);
        return found === undefined
          ? text
          : text.slice(0, found.index) + put(found[0]) + text.slice((found.index ?? 0) + found[0].length);
      });
  const inHeader: fc.Arbitrary<Mutation> = fc.oneof(
    fc.tuple(place, fc.nat(255)).map(
      ([x, byte]): Mutation =>
        (b) =>
          splice(b, within(x, headerEnd(b)), 1, [byte]),
    ),
    fc.tuple(place, fc.nat(9)).map(([x, digit]) => replaceNth(/\d/g, x, () => String(digit))),
    fc.tuple(place, fc.bigInt({ min: 0n, max: 2n ** 64n })).map(([x, n]) => replaceNth(/\b\d+\b/g, x, () => String(n))),
    fc
      .tuple(place, fc.constantFrom("F64", "F32", "F16", "BF16", "I64", "I32", "BOOL", "U8"))
      .map(([x, dtype]) => replaceNth(/(?<=")(F64|F32|F16|BF16|I64|I32|BOOL)(?=")/g, x, () => dtype)),
    place.map((x) => replaceNth(/\d+,\d+/g, x, (pair) => pair.split(",").reverse().join())),
    place.map((x) => replaceNth(/\[\d+\]/g, x, (size) => size.replace("]", ",1]"))),
    place.map((x) => replaceNth(/"[^"]*":\{[^{}]*\},?/g, x, (tensor) => `${tensor.replace(/,?$/, ",")}${tensor}`)),
    place.map((x) => replaceNth(/"[^"]*":\{[^{}]*\},?/g, x, () => "")),
    fc.tuple(place, fc.string()).map(([x, text]) => replaceNth(/(?<=")\w+(?=")/g, x, () => text)),
    fc
      .tuple(place, fc.constantFrom(" ", "\n", "{", "}", "[", "]", '"', ",", ":", "\\", "e1", ".0", "-", "null"))
      .map(([x, text]) => replaceNth(/[^\w]/g, x, (c) => c + text)),
    fc.bigInt({ min: -9n, max: 9n }).map(
      (n): Mutation =>
        (b) => {
          const result = b.slice();
          if (b.length < 8) return result;
          const view = new DataView(result.buffer);
          view.setBigUint64(0, view.getBigUint64(0, true) + n, true);
          return result;
        },
    ),
  );
  const anywhere: fc.Arbitrary<Mutation> = fc.oneof(
    fc.tuple(place, fc.nat(255)).map(
      ([x, byte]): Mutation =>
        (b) =>
          splice(b, within(x, b.length), 1, [byte]),
    ),
    place.map(
      (x): Mutation =>
        (b) =>
          b.slice(0, within(x, b.length)),
    ),
    fc.tuple(place, fc.uint8Array({ maxLength: 9 })).map(
      ([x, put]): Mutation =>
        (b) =>
          splice(b, within(x, b.length), 0, put),
    ),
    fc.tuple(place, fc.nat(9)).map(
      ([x, n]): Mutation =>
        (b) => {
          const at = within(x, b.length);
          return splice(b, at, Math.min(n, b.length - at), []);
        },
    ),
  );

  it("10,000 times: what loads is what the bytes mean, what does not is a typed error of one line", {
    timeout: 60_000,
  }, () => {
    const tally = { loaded: 0, changed: 0, refused: 0 };
    const mutations = fc.array(fc.oneof({ weight: 3, arbitrary: inHeader }, { weight: 1, arbitrary: anywhere }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.nat(bases.length - 1), mutations, (which, changes) => {
        const base = bases[which] as Uint8Array;
        const bytes = changes.reduce((b, change) => change(b), base);
        const meaning = meaningOf(bytes);
        let loaded: Safetensors | undefined;
        try {
          loaded = loadSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TendrilError);
          expect((error as Error).message).not.toContain("\n");
          expect(meaning).toBeNull();
          tally.refused++;
          return;
        }
        expect(meaning).not.toBeNull();
        expectSame(described(loaded), meaning as Meaning);
        tally.loaded++;
        if (asJson(described(loaded)) !== asJson(meaningOf(base))) tally.changed++;
      }),
      { numRuns: 10_000 },
    );
    // The property is not empty: many files load, with another meaning than the good one, and many do not.
    expect(tally.loaded).toBeGreaterThan(500);
    expect(tally.changed).toBeGreaterThan(200);
    expect(tally.refused).toBeGreaterThan(2000);
  });
});
