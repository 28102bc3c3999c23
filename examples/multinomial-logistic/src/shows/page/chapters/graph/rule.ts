/** How a rule of the engine reads: in the names of a graph's nodes, and in numbers at each place of what it returns. */
import type { Value } from "./walk.ts";

/** What the letters of a rule stand for. */
export interface Operands {
  ct: Value;
  inputs: readonly Value[];
  out: Value;
}

/** One element of what a rule returns: how it is worked out, and what it is. */
export interface Worked {
  text: string;
  value: number;
}

export interface Rule {
  /** "{0}", "{1}" and "{out}" stand for the names of the op's inputs and output. */
  letters: string;
  /** At a place of what the rule returns; numbers are written by `show`. */
  at(operands: Operands, place: readonly number[], show: (x: number) => string): Worked;
}

export interface OpWords {
  /** The letters of the inputs, as in the engine's rule. */
  inputs: readonly string[];
  /** With names as in `Rule.letters`. */
  why: string;
  /** One for each input, `null` where the drawn graphs have no use for one. */
  rules: readonly (Rule | null)[];
}

/** The element at a place, where the value is stretched to the place's shape. */
export function elementAt({ shape, data }: Value, place: readonly number[]): number {
  const extra = place.length - shape.length;
  const flat = shape.reduce((sum, n, axis) => sum * n + (n === 1 ? 0 : (place[axis + extra] ?? 0)), 0);
  return data[flat] ?? Number.NaN;
}

type Letters = Record<"ct" | "a" | "b" | "out", number>;

/** A text of the rules with the names of an op's inputs and output put in. */
export const withNames = (text: string, inputs: readonly string[], out: string): string =>
  text.replace(/\{(\d|out)\}/g, (_, which: string) => (which === "out" ? out : (inputs[Number(which)] ?? "")));

/** A number as a factor: in parentheses if it is negative. */
export const factor = (x: number, show: (x: number) => string): string => (x < 0 ? `(${show(x)})` : show(x));

/** A rule for each element by itself: in numbers it is the same text with the numbers put in. */
export const each = (letters: string, value: (letters: Letters) => number): Rule => ({
  letters,
  at: ({ ct, inputs: [a, b], out }, place, show) => {
    const read = (x: Value | undefined): number => (x === undefined ? Number.NaN : elementAt(x, place));
    const at: Letters = { ct: read(ct), a: read(a), b: read(b), out: read(out) };
    const write = letters === "ct" ? show : (x: number): string => factor(x, show);
    const text = withNames(letters, [write(at.a), write(at.b)], write(at.out));
    return { text: text.replace(/\bct\b/g, write(at.ct)), value: value(at) };
  },
});

/** Every place of a shape, row by row. */
export function placesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (places, n) => places.flatMap((place) => Array.from({ length: n }, (_, i) => [...place, i])),
    [[]],
  );
}
