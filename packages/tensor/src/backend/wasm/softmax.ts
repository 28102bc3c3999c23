// softmax, its logarithm and logSumExp of rows: functions of two passes or three, which take the maximum out first, so that
// no power overflows.
import {
  type Code,
  type Func,
  f32x4,
  f64x2,
  func,
  i32,
  i32x4,
  integers,
  type Local,
  lane,
  load,
  loadLane,
  type NewLocal,
  store,
  storeLane,
  upTo,
  withScalar,
} from "./assembler/code.ts";
import * as doubles from "./doubles.ts";
import { exp, log } from "./math.ts";
import { sum } from "./reducers.ts";
import { demote, fold, promoteHigh, promoteLow, select, sumOfPair } from "./vectors.ts";

const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;

/** The elements of rows as vectors: four of one row, or one of each of four short rows. */
interface Walk {
  /** Runs the body for each vector that begins at `base`; lanes beyond the row's end are not in `inside`. */
  each(base: Code, body: (x: Local, at: Local, inside: Code | null) => Code[]): Code[];
  store(at: Code, x: Local): Code[];
  readonly rows: number;
}

function along(n: Local, local: NewLocal): Walk {
  const [x, lanes, ends, inside] = [local("v128"), local("v128"), local("v128"), local("v128")];
  const [at, end] = [local("i32"), local("i32")];
  return {
    each: (base, body) => [
      lanes.set(integers(0, 1, 2, 3)),
      ends.set(withScalar("i32x4.splat", n)),
      at.set(0),
      end.set(i32.shl(n, 2)),
      upTo(at, end, 16, [
        inside.set(i32x4.lt_s(lanes, ends)),
        x.set(load("v128.load", i32.add(base, at))),
        lanes.set(i32x4.add(lanes, 4)),
        ...body(x, at, inside),
      ]),
    ],
    store: (at, x) => [store("v128.store", at, x)],
    rows: 1,
  };
}

/** Beyond the last row there is room for three more. */
function across(n: Local, local: NewLocal): Walk {
  const [x, at, end] = [local("v128"), local("i32"), local("i32")];
  const four = (first: Code): Code[] => [0, 4, 8, 12].map((bytes) => i32.add(first, i32.mul(n, bytes)));
  return {
    each: (base, body) => {
      const loads = four(i32.add(base, at)).map((address, i) => x.set(loadLane(address, x, i)));
      return [at.set(0), end.set(i32.shl(n, 2)), upTo(at, end, 4, [...loads, ...body(x, at, null)])];
    },
    store: (at, x) => four(at).map((address, i) => storeLane(address, x, i)),
    rows: 4,
  };
}

/** `rows(count, n, to)`: for each of `count` rows of `n` floats, from address 0 on, a row of results, or a single one. */
const forRows = (
  rows: number,
  isRow: boolean,
  body: (row: Local, n: Local, to: Local, local: NewLocal) => Code[],
): Func =>
  func("rows", ["i32", "i32", "i32"], null, ([count, n, to], local) => {
    const from = local("i32");
    const step = i32.mul(n, 4 * rows);
    const next = [from.set(i32.add(from, step)), to.set(i32.add(to, isRow ? step : 4))];
    return [upTo(local("i32"), count, rows, [...body(from, n, to, local), ...next])];
  });

/**
 * Step by step in float32, since compiled loops compute the same bits in that way. Powers beyond the row's end are made
 * 0 by the mask: to get there as e^−∞ would underflow, which takes processors long.
 */
export const softmaxRows = (isLog: boolean, isShort: boolean): Func =>
  forRows(isShort ? 4 : 1, true, (row, n, to, local) => {
    const { each, store } = (isShort ? across : along)(n, local);
    const folded = (code: readonly Code[]): readonly Code[] => (isShort ? [] : code);
    const [max, power] = [local("v128"), local("v128")];
    const total = sum(local);
    const outside = (inside: Code | null, x: Code, other: Code | number): Code =>
      inside === null ? x : select(inside, x, other);
    return [
      max.set(NEGATIVE_INFINITY),
      // Loses NaN, but the sum has it.
      ...each(row, (x, _, inside) => [max.set(f32x4.pmax(max, outside(inside, x, NEGATIVE_INFINITY)))]),
      ...folded(fold(max, f32x4.pmax)),
      ...total.reset,
      ...each(row, (x, at, inside) => [
        power.set(exp(f32x4.sub(outside(inside, x, max), max), local)),
        ...total.add(power, inside, power),
        ...(isLog ? [] : store(i32.add(to, at), power)),
      ]),
      ...folded(total.fold),
      ...total.finish,
      ...(isLog ? [total.result.set(log(total.result, local))] : []),
      ...each(isLog ? row : to, (x, at) => [
        power.set(isLog ? f32x4.sub(f32x4.sub(x, max), total.result) : f32x4.div(x, total.result)),
        ...store(i32.add(to, at), power),
      ]),
    ];
  });

/** max + ln Σ e^(x − max), in double precision. */
export const logSumExpRows = (): Func =>
  forRows(1, false, (row, n, to, local) => {
    const { each } = along(n, local);
    const [max, total, shift] = [local("v128"), local("v128"), local("v128")];
    const power = (half: Code): Code => doubles.exp(f64x2.sub(half, shift), local);
    return [
      max.set(NEGATIVE_INFINITY),
      ...each(row, (x, _, inside) => [max.set(f32x4.max(max, select(inside as Code, x, NEGATIVE_INFINITY)))]),
      ...fold(max, f32x4.max),
      total.set(0),
      shift.set(promoteLow(max)),
      ...each(row, (x, _, inside) => [
        x.set(select(inside as Code, x, NEGATIVE_INFINITY)), // whose power is next to nothing
        total.set(f64x2.add(total, f64x2.add(power(promoteLow(x)), power(promoteHigh(x))))),
      ]),
      total.set(withScalar("f64x2.splat", sumOfPair(total))),
      total.set(f64x2.add(shift, doubles.log(total, local))),
      total.set(demote(total, total)),
      // All −∞, some +∞, or NaN: the shift is no number.
      total.set(select(f32x4.lt(f32x4.abs(max), POSITIVE_INFINITY), total, max)),
      store("f32.store", to, lane("f32x4.extract_lane", 0, total)),
    ];
  });
