// Eager reductions and the softmax family: kernels over rows and over columns, run part by part in scratch memory.
import type { DType, TypedArray } from "../../dtype.ts";
import type { NDArray, Params } from "../../primitive.ts";
import { sizeOf } from "../../shape.ts";
import { overRows } from "../rows.ts";
import type { Code, Func, Local, NewLocal, Operand } from "./assembler/code.ts";
import { f32x4, f64x2, i32, i32x4, integers, withScalar } from "./assembler/code.ts";
import { func, upTo, when } from "./assembler/control.ts";
import { load, loadLane, store, storeLane } from "./assembler/memory.ts";
import * as doubles from "./doubles.ts";
import { viewFor } from "./elementwise.ts";
import { exp, log } from "./math.ts";
import { type Accumulator, reducers, sum } from "./reducers.ts";
import { compiled, type Exported, scratch } from "./scratch.ts";
import { fold, mask, promoteHigh, promoteLow, select } from "./vectors.ts";

/** What a vector's lanes hold: four entries of a row; one entry of each of four short rows; one of each of four columns. */
type Lanes = "along" | "across" | "columns";

/** A kernel's parameters, and which result it is at: of `count`, each made from `n` entries. */
type Names = "count" | "n" | "to" | "state" | "begin" | "last" | "at";
type Variables = Readonly<Record<Names, Local>>;

/** Runs through the entries of one result, or of four, one in each lane. */
interface Walk {
  /** The body for each vector from `base` on. `inside` masks the lanes that hold an entry; `index` has their indices. */
  each(base: Code | null, body: (x: Local, place: Local, inside: Local | null, index: Local) => Code[]): Code[];
  /** Writes results, where there are n for each row: a vector, at the place where `each` is. */
  store(x: Local): Code[];
  /** Code that combines the lanes: kept where they are entries of one result, else left out. */
  folded(code: readonly Code[]): readonly Code[];
  readonly local: NewLocal;
}
type Build = (walk: Walk, variables: Variables) => readonly Code[];

/**
 * `run(count, n, to, state, begin, last)`: reads `count` · `n` elements at 0, and writes `count` results, or rows of n,
 * at `to`. Entries may come in parts, one in each call: `begin` is the index of its first entry, and `last` is 1 for the
 * last part. Between the calls, registers are kept at `state`.
 */
function kernel(lanes: Lanes, dtype: DType, build: Build): Func {
  return func("run", ["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
    const [count, n, to, state, begin, last] = params;
    const [at, place, end] = [local("i32"), local("i32"), local("i32")];
    const [x, index, inside] = [local("v128"), local("v128"), local("v128")];
    const isAlong = lanes === "along";
    const row = i32.shl(n, 2);
    const [first, span, step] =
      lanes === "columns"
        ? [i32.shl(at, 2), i32.mul(count, row), i32.shl(count, 2)]
        : [i32.mul(at, row), row, isAlong ? 16 : 4];
    const four = (address: Code): Code[] => [0, 1, 2, 3].map((k) => i32.add(address, i32.mul(row, k)));
    const loads = (address: Code): Code[] =>
      lanes === "across"
        ? four(address).map((own, k) => x.set(loadLane(own, x, k)))
        : [x.set(dtype === "bool" ? mask(i32.shr_u(address, 2)) : load("v128.load", address))];
    const splat = (value: Code): Code => withScalar("i32x4.splat", value);
    const each: Walk["each"] = (base, body) => [
      place.set(first),
      end.set(i32.add(place, span)),
      index.set(isAlong ? i32x4.add(splat(begin), integers(0, 1, 2, 3)) : splat(begin)),
      upTo(place, end, step, [
        ...loads(base === null ? place : i32.add(base, place)),
        ...(isAlong ? [inside.set(i32x4.lt_s(index, splat(i32.add(begin, n))))] : []),
        ...body(x, place, isAlong ? inside : null, index),
        index.set(i32x4.add(index, isAlong ? 4 : 1)),
      ]),
    ];
    const put = (x: Local): Code[] =>
      lanes === "across"
        ? four(i32.add(to, place)).map((own, k) => storeLane(own, x, k))
        : [store("v128.store", i32.add(to, place), x)];
    const walk = { each, store: put, folded: (code: readonly Code[]) => (isAlong ? code : []), local };
    return [upTo(at, count, isAlong ? 1 : 4, build(walk, { count, n, to, state, begin, last, at }))];
  });
}

/** Writes the results of one iteration, as a whole vector: there is room after the last one. */
const putResult = ({ to, at }: Variables, x: Local): Code => store("v128.store", i32.add(to, i32.shl(at, 2)), x);

const reducing =
  (make: (local: NewLocal) => Accumulator): Build =>
  ({ each, folded, local }, variables) => {
    const { state, begin, last, at } = variables;
    const total = make(local);
    const own = i32.add(state, i32.mul(at, 4 * total.state.length));
    const resumed = total.state.map((x, i) => x.set(load("v128.load", own, 16 * i)));
    const saved = total.state.map((x, i) => store("v128.store", own, x, 16 * i));
    return [
      when(begin, resumed, total.reset),
      ...each(null, (x, _, inside, index) => total.add(x, inside, index)),
      when(last, [...folded(total.fold), ...total.finish, putResult(variables, total.result)], saved),
    ];
  };

const outside = (inside: Local | null, x: Local, other: Operand): Code =>
  inside === null ? x : select(inside, x, other);

const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;

/**
 * softmax, or its logarithm: the maximum is taken out first, so that no power overflows. Step by step in float32, since
 * compiled loops compute the same bits in that way.
 */
const softmax =
  (isLog: boolean): Build =>
  ({ each, store, folded, local }, { to }) => {
    const [max, power] = [local("v128"), local("v128")];
    const total = sum(local);
    return [
      max.set(NEGATIVE_INFINITY),
      // pmax drops NaN, but the sum keeps it.
      ...each(null, (x, _, inside) => [max.set(f32x4.pmax(max, outside(inside, x, NEGATIVE_INFINITY)))]),
      ...folded(fold(max, f32x4.pmax)),
      ...total.reset,
      ...each(null, (x, _, inside, index) => [
        power.set(exp(f32x4.sub(outside(inside, x, max), max), local)), // e^−∞ would underflow, which is slow
        ...total.add(power, inside, index),
        ...(isLog ? [] : store(power)),
      ]),
      ...folded(total.fold),
      ...total.finish,
      ...(isLog ? [total.result.set(log(total.result, local))] : []),
      ...each(isLog ? null : to, (x) => [
        power.set(isLog ? f32x4.sub(f32x4.sub(x, max), total.result) : f32x4.div(x, total.result)),
        ...store(power),
      ]),
    ];
  };

/** max + ln Σ e^(x − max), in double precision; where the maximum is infinite, or NaN, that is the result. */
const logSumExp: Build = ({ each, folded, local }, variables) => {
  const max = local("v128");
  const total = sum(local);
  const halves = total.state.map((part, i) => ({ part, half: i === 0 ? promoteLow : promoteHigh }));
  const logarithm = (part: Local, shift: Code): Code => part.set(f64x2.add(shift, doubles.log(part, local)));
  return [
    max.set(NEGATIVE_INFINITY),
    ...each(null, (x, _, inside) => [max.set(f32x4.max(max, outside(inside, x, NEGATIVE_INFINITY)))]),
    ...folded(fold(max, f32x4.max)),
    ...total.reset,
    ...each(null, (x, _, inside) => [
      x.set(outside(inside, x, NEGATIVE_INFINITY)), // whose power does not change the sum
      ...halves.map(({ part, half }) => part.set(f64x2.add(part, doubles.exp(f64x2.sub(half(x), half(max)), local)))),
    ]),
    ...folded(total.fold),
    ...halves.map(({ part, half }) => logarithm(part, half(max))),
    ...total.finish,
    total.result.set(select(f32x4.lt(f32x4.abs(max), POSITIVE_INFINITY), total.result, max)),
    putResult(variables, total.result),
  ];
};

interface Reduction {
  readonly kernels: Readonly<Record<Lanes, () => Exported<"run">>>;
  /** Whether entries may come in parts, and columns be reduced as they lie. */
  readonly inParts: boolean;
}
function reduction(build: Build, dtype: DType = "float32", inParts = false): Reduction {
  const made = (lanes: Lanes): (() => Exported<"run">) => compiled(() => [kernel(lanes, dtype, build)]);
  return { kernels: { along: made("along"), across: made("across"), columns: made("columns") }, inParts };
}

/** By name, and by the dtype of what is reduced. */
export const reductions: Readonly<Record<string, { readonly [K in DType]?: Reduction }>> = {
  softmax: { float32: reduction(softmax(false)) },
  logSoftmax: { float32: reduction(softmax(true)) },
  logSumExp: { float32: reduction(logSumExp) },
  ...Object.fromEntries(
    Object.entries(reducers).map(([name, byDType]) => [
      name,
      Object.fromEntries(
        Object.entries(byDType).map(([dtype, { make }]) => [dtype, reduction(reducing(make), dtype as DType, true)]),
      ),
    ]),
  ),
};

/** Elements of one part; and of the longest row that is reduced in one piece. */
const part = 8192;
const longest = 2 ** 22;
/** Rows of up to so many elements are short. */
const shortRow = 16;
const slack = 16 * shortRow; // kernels read and write up to three elements, or three short rows, too far
const aligned = (bytes: number): number => (bytes + slack + 15) & ~15;

/** Runs a reduction, or one of the softmax family, here. */
export function reduce(name: string, out: NDArray, [input]: readonly NDArray[], params: Params): boolean {
  const x = input as NDArray;
  const op = reductions[name]?.[x.dtype];
  const dims = params.dims as readonly number[];
  if (op === undefined || x.data.length === 0 || dims.length === 0) return false;
  const [first, last] = [dims[0] as number, dims.at(-1) as number];
  const inner = sizeOf(x.shape.slice(last + 1));
  if (op.inParts && inner > 1 && inner <= longest && last - first + 1 === dims.length)
    return run(op, x.dtype, out.data, x.data, sizeOf(x.shape.slice(first, last + 1)), inner);
  return overRows(out, x, dims, (to, from, n) => run(op, x.dtype, to, from, n, 1));
}

/** Reduces n entries to one, or to n. They lie side by side (`inner` is 1), or are a column of `inner` columns. */
function run(
  { kernels, inParts }: Reduction,
  dtype: DType,
  out: TypedArray,
  x: TypedArray,
  n: number,
  inner: number,
): boolean {
  if (n > longest && !inParts) return false;
  const { run } = kernels[inner > 1 ? "columns" : n <= shortRow && dtype !== "bool" ? "across" : "along"]();
  const width = inParts ? Math.min(n, Math.max(1, Math.floor(part / inner))) : n;
  const rows = Math.max(1, Math.floor(part / (width * inner)));
  const outer = x.length / (n * inner);
  const count = inner > 1 ? 1 : rows;
  const results = out.length / outer;
  const to = aligned(4 * count * width * inner);
  const state = to + aligned(4 * count * results);
  const memory = scratch(state + aligned(8 * inner));
  const [from, found] = [viewFor(memory, dtype), out instanceof Int32Array ? memory.i32 : memory.f32];
  for (let i = 0; i < outer; i += count) {
    const some = Math.min(count, outer - i);
    for (let begin = 0; begin < n; begin += width) {
      const length = Math.min(width, n - begin);
      const at = (i * n + begin) * inner;
      const size = some * length * inner;
      from.set(size === x.length ? x : x.subarray(at, at + size));
      run(some * inner, length, to, state, begin, Number(begin + length === n));
    }
    out.set(found.subarray(to / 4, to / 4 + some * results), i * results);
  }
  return true;
}
