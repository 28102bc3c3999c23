// What vectors of four lanes need and WebAssembly has no instruction for: choosing, widening to doubles and narrowing,
// folding; and bools, which are bytes in memory and masks in vectors, all bits set for true.
import type { Code, Local, NewLocal, Operand } from "./assembler/code.ts";
import {
  code,
  convert,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  lane,
  sequence,
  shuffle,
  v128,
  withScalar,
} from "./assembler/code.ts";
import { load } from "./assembler/memory.ts";

/** `a` where the mask is set, else `b`. */
export const select = (mask: Code, a: Operand, b: Operand, lanes: "f32x4" | "f64x2" = "f32x4"): Code =>
  v128.bitselect(code(lanes, a), code(lanes, b), mask);

/** y with the sign of x, also where y is 0. y must not be negative where x is positive. */
export const withSignOf = (x: Code, y: Code, lanes: "f32x4" | "f64x2" = "f32x4"): Code =>
  v128.or(y, v128.and(x, code(lanes, -0)));

/** c₀ + c₁x + c₂x² + …, by Horner's rule */
export function horner(lanes: "f32x4" | "f64x2", x: Code, coefficients: readonly number[]): Code {
  const { add, mul } = lanes === "f32x4" ? f32x4 : f64x2;
  const last = code(lanes, coefficients.at(-1) ?? 0);
  return coefficients.slice(0, -1).reduceRight<Code>((sum, c) => add(mul(x, sum), c), last);
}

/** A double in all lanes. Of a number, it is a constant vector. */
export function splat(lanes: "f32x4" | "f64x2", x: Operand): Code {
  if (typeof x === "number") return code(lanes, x);
  return lanes === "f64x2" ? withScalar("f64x2.splat", x) : withScalar("f32x4.splat", convert("f32.demote_f64", x));
}

/** The first two of four floats as doubles, and the other two. */
export const promoteLow = (x: Code): Code => f64x2.promote_low_f32x4(x);
export const promoteHigh = (x: Code): Code => f64x2.promote_low_f32x4(shuffle(x, x, 2, 3, 2, 3));
/** Four floats: the two doubles of each vector, rounded. */
export const demote = (low: Code, high: Code): Code =>
  shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);

/** Code of four results, from four elements of each operand; or of two, from two doubles. */
export type Formula = (operands: readonly Code[], local: NewLocal) => Code;
/** The same, with the numbers among an op's params as code or constants. */
export type ParametricFormula = (operands: readonly Code[], local: NewLocal, numbers: Numbers) => Code;
/** Constants, or code of doubles, by name. */
export type Numbers = Readonly<Record<string, Operand>>;

/** A formula on pairs of doubles, applied to both halves of four floats: in double precision, rounded once. */
export const inDoubles =
  (pairs: ParametricFormula): ParametricFormula =>
  (operands, local, numbers) => {
    const floats = operands.map(() => local("v128"));
    const [low, high] = [promoteLow, promoteHigh].map((promote) => {
      const halves = floats.map(() => local("v128"));
      const sets = halves.map((half, k) => half.set(promote(floats[k] as Local)));
      return sequence(...sets, pairs(halves, local, numbers));
    }) as [Code, Code];
    return sequence(...floats.map((x, k) => x.set(operands[k] as Code)), demote(low, high));
  };

/** The sum of two doubles, as a scalar. */
export const sumOfPair = (x: Local): Code =>
  f64.add(lane("f64x2.extract_lane", 0, x), lane("f64x2.extract_lane", 1, x));

/** The lanes with both halves swapped (2), or with the lanes in each half swapped (1). */
export const rotated = (x: Local, by: 1 | 2): Code =>
  by === 2 ? shuffle(x, x, 2, 3, 0, 1) : shuffle(x, x, 1, 0, 3, 2);

/** Combines the four lanes by `f`: then all lanes hold the result. */
export const fold = (x: Local, f: (a: Code, b: Code) => Code): Code[] => [
  x.set(f(x, rotated(x, 2))),
  x.set(f(x, rotated(x, 1))),
];

/** Four bytes, 0 or 1, as a mask of four lanes. */
export const mask = (address: Code): Code =>
  i32x4.ne(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(load("v128.load32_zero", address))), 0);

/** A mask of four lanes as four bytes, 0 or 1. */
export function bytes(lanes: Code): Code {
  const halves = i16x8.narrow_i32x4_s(lanes, lanes);
  return i32.and(lane("i32x4.extract_lane", 0, i8x16.narrow_i16x8_s(halves, halves)), 0x01010101);
}
