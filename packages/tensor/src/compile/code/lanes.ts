import {
  type Code,
  convert,
  f32x4,
  f64x2,
  i32,
  i32x4,
  type Local,
  lane,
  load,
  type NewLocal,
  shuffle,
  store,
  v128,
  when,
  withScalar,
} from "../../backend/wasm/assembler/code.ts";
import { bytes, fold, mask, select, sumOfPair } from "../../backend/wasm/vectors.ts";
import type { DType } from "../../dtype.ts";
import type { Item } from "../schedule/loop.ts";

// What loops of both shapes are made of: four elements to and from memory, and sums and maxima on their way.
// `at` counts bytes of 32-bit elements throughout; a bool's byte is at a quarter of that.

const quarter = (at: Code): Code => i32.shr_u(at, 2);

/** The four elements from `at` on of a value at `base`. */
export const loadFour = (dtype: DType, at: Code, base: number): Code =>
  dtype === "bool" ? mask(i32.add(quarter(at), base)) : load("v128.load", at, base);

/** The element at `at`, in all lanes. */
export function loadOne(dtype: DType, at: Code, base: number): Code {
  if (dtype === "bool") return i32x4.ne(withScalar("i32x4.splat", load("i32.load8_u", quarter(at), base)), 0);
  if (dtype !== "float64") return load("v128.load32_splat", at, base);
  return withScalar("f32x4.splat", convert("f32.demote_f64", load("f64.load", at, base)));
}

export const storeFour = (dtype: DType, at: Code, x: Code, base: number): Code =>
  dtype === "bool" ? store("i32.store", quarter(at), bytes(x), base) : store("v128.store", at, x, base);

/** Stores the first lane only. */
export function storeOne(dtype: DType, at: Code, x: Code, base: number): Code {
  const first = lane("i32x4.extract_lane", 0, x);
  return dtype === "bool"
    ? store("i32.store8", quarter(at), i32.and(first, 1), base)
    : store("i32.store", at, first, base);
}

/** Does `leave` where an index is not below `limit`; a negative one is very large, unsigned. */
export const check = (index: Code, limit: number, leave: Code): Code =>
  when(v128.any_true(i32x4.ge_u(index, limit)), [leave]);

/** A reduction on its way. `inside` masks the lanes that count; `index` says which entries they are. */
export interface Accumulator {
  readonly reset: readonly Code[];
  add(x: Local, inside: Code | null, index: Code): Code[];
  /** Makes the lanes' results one, in all lanes. */
  readonly fold: readonly Code[];
  /** The result, after `fold` or of each lane by itself. */
  readonly result: Local;
  readonly finish: readonly Code[];
}

export function accumulator({ op }: Item, local: NewLocal): Accumulator {
  const { name } = op.primitive;
  const dtype = op.inputs[0]?.dtype ?? "float32";
  if (name === "sum") return dtype === "float32" ? sum(local) : count(dtype, local);
  return name.startsWith("arg") ? place(name === "argmax", local) : extreme(name === "amax", local);
}

const rotated = (x: Local, by: 1 | 2): Code => (by === 2 ? shuffle(x, x, 2, 3, 0, 1) : shuffle(x, x, 1, 0, 3, 2));

/** In double precision. */
function sum(local: NewLocal): Accumulator {
  const [low, high, x, result] = [local("v128"), local("v128"), local("v128"), local("v128")];
  return {
    reset: [low.set(0), high.set(0)],
    add: (value, inside) => [
      x.set(inside === null ? value : v128.and(value, inside)),
      low.set(f64x2.add(low, f64x2.promote_low_f32x4(x))),
      high.set(f64x2.add(high, f64x2.promote_low_f32x4(shuffle(x, x, 2, 3, 2, 3)))),
    ],
    fold: [low.set(f64x2.add(low, high)), low.set(withScalar("f64x2.splat", sumOfPair(low))), high.set(low)],
    finish: [result.set(shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5))],
    result,
  };
}

/** Of integers, or of how many are true. */
function count(dtype: DType, local: NewLocal): Accumulator {
  const result = local("v128");
  const masked = (x: Code, inside: Code | null): Code => (inside === null ? x : v128.and(x, inside));
  return {
    reset: [result.set(0)],
    add: (x, inside) => [
      // A mask of ones is −1.
      result.set((dtype === "bool" ? i32x4.sub : i32x4.add)(result, masked(x, inside))),
    ],
    fold: fold(result, i32x4.add),
    finish: [],
    result,
  };
}

/** pmax is one instruction, but it loses NaN, which is kept apart: max would be eight, each waiting for the last. */
function extreme(largest: boolean, local: NewLocal): Accumulator {
  const [best, nan, x] = [local("v128"), local("v128"), local("v128")];
  const better = largest ? f32x4.pmax : f32x4.pmin;
  const neutral = largest ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return {
    reset: [best.set(neutral), nan.set(0)],
    add: (value, inside) => [
      x.set(inside === null ? value : select(inside, value, neutral)),
      best.set(better(best, x)),
      nan.set(v128.or(nan, f32x4.ne(x, x))),
    ],
    fold: [...fold(best, better), ...fold(nan, v128.or)],
    finish: [best.set(select(nan, Number.NaN, best))],
    result: best,
  };
}

/** Where the largest is, or the smallest: the first of equals, and NaN wins. */
function place(largest: boolean, local: NewLocal): Accumulator {
  const [best, at, take, other, otherAt] = [0, 1, 2, 3, 4].map(() => local("v128")) as [L, L, L, L, L];
  const beats = largest ? f32x4.gt : f32x4.lt;
  const nan = (x: Local): Code => f32x4.ne(x, x);
  const wins = (x: Local): Code => v128.or(beats(x, best), v128.andnot(nan(x), nan(best)));
  const ties = (x: Local): Code => v128.or(f32x4.eq(x, best), v128.and(nan(x), nan(best)));
  return {
    // Before any entry the first one is best, though it is only known by its place.
    reset: [best.set(largest ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY), at.set(-1)],
    add: (x, inside, index) => [
      take.set(v128.or(wins(x), i32x4.lt_s(at, 0))),
      ...(inside === null ? [] : [take.set(v128.and(take, inside))]),
      best.set(v128.bitselect(x, best, take)),
      at.set(v128.bitselect(index, at, take)),
    ],
    fold: ([2, 1] as const).flatMap((by) => [
      other.set(rotated(best, by)),
      otherAt.set(rotated(at, by)),
      // As unsigned numbers, places that are none are large.
      take.set(v128.or(wins(other), v128.and(ties(other), i32x4.lt_u(otherAt, at)))),
      best.set(v128.bitselect(other, best, take)),
      at.set(v128.bitselect(otherAt, at, take)),
    ]),
    finish: [],
    result: at,
  };
}
type L = Local;
