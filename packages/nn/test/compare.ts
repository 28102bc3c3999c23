import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type NestedArray, TendrilError, Tensor, ValueError } from "@tendril/tensor";
import { expect } from "vitest";
import { Module } from "../src/index.ts";

/** Numbers as the fixtures hold them: nested, with "nan" and "inf" as strings. */
export type Numbers = number | string | Numbers[];

/** The bytes of a fixture. */
export const fixtureBytes = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));

/** A fixture that a script wrote as JSON, compressed or not. */
export const fixture = <T>(name: string): T => {
  const bytes = fixtureBytes(name);
  return JSON.parse(new TextDecoder().decode(name.endsWith(".gz") ? gunzipSync(bytes) : bytes));
};

/** Fixture numbers as nested arrays. */
export function numbers(values: Numbers): number | NestedArray {
  if (Array.isArray(values)) return values.map(numbers);
  if (typeof values === "number") return values;
  return values === "nan" ? Number.NaN : values === "inf" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** The elements of a tensor, or of nested arrays, in one list. */
export function flat(x: Tensor | number | boolean | NestedArray): number[] {
  if (x instanceof Tensor) return [...x.data];
  return typeof x === "object" ? x.flatMap(flat) : [Number(x)];
}

/** Asserts equal lengths and |actual − expected| ≤ rtol·|expected| + atol for each element; NaN equals NaN. */
export function expectClose(
  actual: Tensor | number | boolean | NestedArray,
  expected: Tensor | number | boolean | NestedArray,
  { rtol = 1e-10, atol = 1e-14 }: { rtol?: number; atol?: number } = {},
): void {
  const [a, e] = [flat(actual), flat(expected)];
  expect(a.length).toBe(e.length);
  for (const [i, x] of a.entries()) {
    const y = e[i] as number;
    const same = Object.is(x, y) || Math.abs(x - y) <= rtol * Math.abs(y) + atol;
    if (!same) expect.fail(`element ${i}: ${x} instead of ${y}, off by ${Math.abs(x - y)}`);
  }
}

/** The one error that `f` throws: its class, and its message, which must be one line. */
export function expectError(f: () => unknown, type: new (message: string) => Error, message: RegExp): void {
  let error: unknown;
  try {
    f();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(type);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain("\n");
}

/** The whole message of the `ValueError` that `f` throws. */
export function refusal(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    if (error instanceof ValueError) return error.message;
    throw error;
  }
  return "nothing was thrown";
}

/** What only JavaScript lets pass. */
export const js = <T>(x: unknown): T => x as T;

/** The whole message of the typed error that each call throws. */
export const messages = (...calls: (() => unknown)[]): string[] =>
  calls.map((call) => {
    try {
      call();
    } catch (error) {
      if (error instanceof TendrilError && !error.message.includes("\n")) return error.message;
      throw error;
    }
    return `nothing was thrown: ${call}`;
  });

/** A module of the given parts, whose forward is `run`. */
export class Net extends Module {
  [part: string]: unknown;
  constructor(
    parts: object,
    readonly run: (x: Tensor) => Tensor = (x) => x,
  ) {
    super();
    Object.assign(this, parts);
  }
  override forward(x: Tensor): Tensor {
    return this.run(x);
  }
}
