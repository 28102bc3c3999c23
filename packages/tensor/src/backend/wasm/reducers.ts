// Reducers over vectors: sums, extremes and their indices, for eager kernels and compiled loops.
import type { DType } from "../../dtype.ts";
import { type Code, f32x4, f64x2, i32x4, type Local, type NewLocal, v128, withScalar } from "./assembler/code.ts";
import { demote, fold, promoteHigh, promoteLow, rotated, select, sumOfPair } from "./vectors.ts";

/** A reduction while it runs: each lane has a result of its own, until they are folded. */
export interface Accumulator {
  /** The registers that hold it. */
  readonly state: readonly Local[];
  readonly reset: readonly Code[];
  /** `inside` masks the lanes that count, if not all do; `index` says which entries they are. */
  add(x: Local, inside: Code | null, index: Code): Code[];
  /** Combines the lanes' results: then all lanes hold the result. */
  readonly fold: readonly Code[];
  /** Combines its state with that of another part, which `saved` loads; both are folded. */
  merge?(saved: (i: number) => Code): Code[];
  /** Sets the result: of all lanes after `fold`, else of each lane. */
  readonly finish: readonly Code[];
  readonly result: Local;
}

const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
const only = (inside: Code | null, x: Code): Code => (inside === null ? x : v128.and(x, inside));

/** Sums, in double precision. */
export function sum(local: NewLocal): Accumulator {
  const [low, high, x, result] = [local("v128"), local("v128"), local("v128"), local("v128")];
  return {
    state: [low, high],
    reset: [low.set(0), high.set(0)],
    add: (value, inside) => [
      x.set(only(inside, value)),
      low.set(f64x2.add(low, promoteLow(x))),
      high.set(f64x2.add(high, promoteHigh(x))),
    ],
    fold: [low.set(f64x2.add(low, high)), low.set(withScalar("f64x2.splat", sumOfPair(low))), high.set(low)],
    merge: (saved) => [low.set(f64x2.add(low, saved(0))), high.set(low)],
    finish: [result.set(demote(low, high))],
    result,
  };
}

/** Sums of integers, which wrap around; or how many masks are true: a mask of ones is −1, which is subtracted. */
const count =
  (add: (a: Code, b: Code) => Code) =>
  (local: NewLocal): Accumulator => {
    const result = local("v128");
    return {
      state: [result],
      reset: [result.set(0)],
      add: (x, inside) => [result.set(add(result, only(inside, x)))],
      fold: fold(result, i32x4.add),
      merge: (saved) => [result.set(i32x4.add(result, saved(0)))],
      finish: [],
      result,
    };
  };

/** Largest or smallest. pmax is one instruction but drops NaN, which is kept apart; max would be eight in sequence. */
const extreme =
  (better: (a: Code, b: Code) => Code, neutral: number) =>
  (local: NewLocal): Accumulator => {
    const [best, nan, x] = [local("v128"), local("v128"), local("v128")];
    return {
      state: [best, nan],
      reset: [best.set(neutral), nan.set(0)],
      add: (value, inside) => [
        x.set(inside === null ? value : select(inside, value, neutral)),
        best.set(better(best, x)),
        nan.set(v128.or(nan, f32x4.ne(x, x))),
      ],
      fold: [...fold(best, better), ...fold(nan, v128.or)],
      merge: (saved) => [best.set(better(best, saved(0))), nan.set(v128.or(nan, saved(1)))],
      finish: [best.set(select(nan, Number.NaN, best))],
      result: best,
    };
  };

/** The index of the best entry; of equal ones the first; NaN wins. */
const place =
  (beats: (a: Code, b: Code) => Code, neutral: number) =>
  (local: NewLocal): Accumulator => {
    const [best, at, take, other, otherAt] = [0, 1, 2, 3, 4].map(() => local("v128")) as [L, L, L, L, L];
    const nan = (x: Local): Code => f32x4.ne(x, x);
    const wins = (x: Local): Code => v128.or(beats(x, best), v128.andnot(nan(x), nan(best)));
    const ties = (x: Local): Code => v128.or(f32x4.eq(x, best), v128.and(nan(x), nan(best)));
    return {
      state: [best, at],
      // An index of −1 means that there was no entry yet.
      reset: [best.set(neutral), at.set(-1)],
      add: (x, inside, index) => [
        take.set(only(inside, v128.or(wins(x), i32x4.lt_s(at, 0)))),
        best.set(v128.bitselect(x, best, take)),
        at.set(v128.bitselect(index, at, take)),
      ],
      fold: ([2, 1] as const).flatMap((by) => [
        other.set(rotated(best, by)),
        otherAt.set(rotated(at, by)),
        // As an unsigned number −1 is larger than every index.
        take.set(v128.or(wins(other), v128.and(ties(other), i32x4.lt_u(otherAt, at)))),
        best.set(v128.bitselect(other, best, take)),
        at.set(v128.bitselect(otherAt, at, take)),
      ]),
      finish: [],
      result: at,
    };
  };
type L = Local;

/** How a reduction is done, of elements of one dtype. */
export interface Reducer {
  readonly make: (local: NewLocal) => Accumulator;
  /** Whether its parts can be merged; and whether compiled loops add up columns with it, in double precision. */
  readonly merges: boolean;
  readonly sumsColumns: boolean;
}
const reducer = (make: Reducer["make"], { merges = true, sumsColumns = false } = {}): Reducer => ({
  make,
  merges,
  sumsColumns,
});

/** Reductions by name and by the dtype of what they reduce. */
export const reducers: Readonly<Record<string, { readonly [K in DType]?: Reducer }>> = {
  sum: {
    float32: reducer(sum, { sumsColumns: true }),
    int32: reducer(count(i32x4.add)),
    bool: reducer(count(i32x4.sub)),
  },
  amax: { float32: reducer(extreme(f32x4.pmax, NEGATIVE_INFINITY)) },
  amin: { float32: reducer(extreme(f32x4.pmin, POSITIVE_INFINITY)) },
  argmax: { float32: reducer(place(f32x4.gt, NEGATIVE_INFINITY), { merges: false }) },
  argmin: { float32: reducer(place(f32x4.lt, POSITIVE_INFINITY), { merges: false }) },
};
