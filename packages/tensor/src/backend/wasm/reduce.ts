import type { NDArray, Params } from "../../primitive.ts";
import {
  type Code,
  code,
  convert,
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
  type NewLocal,
  type Operand,
  shuffle,
  store,
  upTo,
  v128,
  withScalar,
} from "./assembler/code.ts";
import { exp, expDifference, log, logOfDoubles } from "./math.ts";
import { compiled, type Exported, scratch } from "./scratch.ts";
import { fold, select, sumOfPair } from "./vectors.ts";

// Reductions along rows that lie in one piece, and along columns. Sums are in double precision.

/**
 * Runs the body for each four elements of a row of `n` floats at `row`. What lies beyond the row's end reads as
 * `neutral`, and is not in the mask `inside`.
 */
function overRow(
  row: Code,
  n: Code,
  neutral: Operand,
  local: NewLocal,
  body: (x: Local, offset: Local, inside: Local) => Code[],
): Code[] {
  const [x, lanes, ends, inside] = [local("v128"), local("v128"), local("v128"), local("v128")];
  const [offset, end] = [local("i32"), local("i32")];
  return [
    lanes.set(integers(0, 1, 2, 3)),
    ends.set(withScalar("i32x4.splat", n)),
    offset.set(0),
    end.set(i32.mul(n, 4)),
    upTo(offset, end, 16, [
      inside.set(i32x4.lt_s(lanes, ends)),
      x.set(select(inside, load("v128.load", i32.add(row, offset)), neutral)),
      lanes.set(i32x4.add(lanes, 4)),
      ...body(x, offset, inside),
    ]),
  ];
}

/** Adds four floats to a pair of doubles, twice. */
const accumulate = (total: Local, x: Code): Code => {
  const [low, high] = [f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(shuffle(x, x, 2, 3, 2, 3))];
  return total.set(f64x2.add(total, f64x2.add(low, high)));
};
type Build = (row: Local, n: Local, to: Local, local: NewLocal) => Code[];

/** `rows(from, count, n, to)`: for each of `count` rows of `n` floats a result at `to`, `step` rows at a time. */
function forRows(build: Build, resultBytes: number, step = 1): Func {
  return func("rows", ["i32", "i32", "i32", "i32"], null, ([from, count, n, to], local) => {
    const next = [
      from.set(i32.add(from, i32.mul(n, 4 * step))),
      to.set(i32.add(to, resultBytes === 0 ? i32.mul(n, 4 * step) : resultBytes)),
    ];
    const i = local("i32");
    return [upTo(i, count, step, [...build(from, n, to, local), ...next])];
  });
}

/** `columns(from, count, n, to)`: combines `count` rows of `n` floats with what is at `to`. */
function forColumns(bytes: 4 | 8, combine: (x: Code, at: Code) => Code[]): Func {
  return func("columns", ["i32", "i32", "i32", "i32"], null, ([from, count, n, to], local) => {
    const [i, j, x] = [local("i32"), local("i32"), local("v128")];
    const four = [x.set(load("v128.load", i32.add(from, j))), ...combine(x, i32.add(to, i32.mul(j, bytes / 4)))];
    return [upTo(i, count, 1, [j.set(0), upTo(j, i32.mul(n, 4), 16, four), from.set(i32.add(from, i32.mul(n, 4)))])];
  });
}

const sumFunctions = (): Func[] => [
  forRows((row, n, to, local) => {
    const total = local("v128");
    return [
      total.set(0),
      ...overRow(row, n, 0, local, (x) => [accumulate(total, x)]),
      store("f64.store", to, sumOfPair(total)),
    ];
  }, 8),
  forColumns(8, (x, at) => [
    store("v128.store", at, f64x2.add(load("v128.load", at), f64x2.promote_low_f32x4(x))),
    store(
      "v128.store",
      at,
      f64x2.add(load("v128.load", at, 16), f64x2.promote_low_f32x4(shuffle(x, x, 2, 3, 2, 3))),
      16,
    ),
  ]),
];

const extremeFunctions = (f: (a: Code, b: Code) => Code, neutral: number): Func[] => [
  forRows((row, n, to, local) => {
    const best = local("v128");
    return [
      best.set(neutral),
      ...overRow(row, n, neutral, local, (x) => [best.set(f(best, x))]),
      ...fold(best, f),
      store("f32.store", to, lane("f32x4.extract_lane", 0, best)),
    ];
  }, 4),
  forColumns(4, (x, at) => [store("v128.store", at, f(load("v128.load", at), x))]),
];

/** Elements of rows as vectors: four of one row, or, where rows are short, one of each of four rows. */
interface Walk {
  /** Runs the body for each vector; what is no element reads as `neutral`, and is not in the mask `inside`. */
  each(row: Local, neutral: Operand, body: (x: Local, at: Local, inside: Code) => Code[]): Code[];
  /** Writes a vector of results. */
  store(at: Local, x: Code): Code[];
  /** Makes each lane its row's result. */
  fold(x: Local, f: (a: Code, b: Code) => Code): Code[];
  /** Adds to the rows' sums, which are kept in parts: as doubles. */
  add(x: Code): Code[];
  readonly parts: readonly Local[];
  readonly total: Code;
}

/** Along one row after the other. */
function along(n: Local, to: Local, local: NewLocal): Walk {
  const sum = local("v128");
  return {
    each: (row, neutral, body) => overRow(row, n, neutral, local, body),
    store: (at, x) => [store("v128.store", i32.add(to, at), x)],
    fold,
    add: (x) => [accumulate(sum, x)],
    parts: [sum],
    total: withScalar("f32x4.splat", convert("f32.demote_f64", sumOfPair(sum))),
  };
}

/** Across four rows; beyond the last one there is room for three more. */
function across(n: Local, to: Local, local: NewLocal): Walk {
  const [x, y] = [local("v128"), local("v128")];
  const sums = [local("v128"), local("v128")] as const;
  const [at, end] = [local("i32"), local("i32")];
  const four = (base: Local, at: Local): Code[] =>
    [0, 4, 8, 12].map((bytes) => i32.add(i32.add(base, at), i32.mul(n, bytes)));
  const gathered = (base: Local, at: Local): Code =>
    four(base, at).reduce<Code>(
      (v, address, i) => lane("f32x4.replace_lane", i, v, load("f32.load", address)),
      code("f32x4", 0),
    );
  return {
    each: (row, _, body) => [
      at.set(0),
      end.set(i32.mul(n, 4)),
      upTo(at, end, 4, [x.set(gathered(row, at)), ...body(x, at, integers(-1, -1, -1, -1))]),
    ],
    store: (at, v) => [
      y.set(v),
      ...four(to, at).map((address, i) => store("f32.store", address, lane("f32x4.extract_lane", i, y))),
    ],
    fold: () => [],
    add: (v) => {
      const pairs = [y, shuffle(y, y, 2, 3, 2, 3)].map((pair) => f64x2.promote_low_f32x4(pair));
      return [y.set(v), ...sums.map((sum, i) => sum.set(f64x2.add(sum, pairs[i] as Code)))];
    },
    parts: sums,
    total: shuffle(f32x4.demote_f64x2_zero(sums[0]), f32x4.demote_f64x2_zero(sums[1]), 0, 1, 4, 5),
  };
}

/**
 * softmax, or its logarithm, of rows: the maximum is taken out first, so that no power overflows. Step by step in
 * float32, since compiled loops compute the same bits in that way. Powers beyond the row's end are made 0 by the mask: to
 * get there as e^−∞ would underflow, which takes processors long.
 */
const softmaxFunctions = (isLog: boolean, walk: typeof along, step: number): Func[] => [
  forRows(
    (row, n, to, local) => {
      const [max, total, power] = [local("v128"), local("v128"), local("v128")];
      const { each, fold, store, ...sum } = walk(n, to, local);
      return [
        max.set(Number.NEGATIVE_INFINITY),
        ...each(row, Number.NEGATIVE_INFINITY, (x) => [max.set(f32x4.pmax(max, x))]), // loses NaN, but the sum has it
        ...fold(max, f32x4.pmax),
        ...sum.parts.map((part) => part.set(0)),
        ...each(row, max, (x, at, inside) => [
          power.set(v128.and(exp(f32x4.sub(x, max), local), inside)),
          ...sum.add(power),
          ...(isLog ? [] : store(at, power)),
        ]),
        total.set(isLog ? log(sum.total, local) : sum.total),
        ...(isLog
          ? each(row, 0, (x, at) => store(at, f32x4.sub(f32x4.sub(x, max), total)))
          : each(to, 0, (power, at) => store(at, f32x4.div(power, total)))),
      ];
    },
    0,
    step,
  ),
];

type Larger = (a: Code, b: Code) => Code;
const rowMaximum = (row: Code, n: Code, max: Local, local: NewLocal, larger: Larger): Code[] => [
  max.set(Number.NEGATIVE_INFINITY),
  ...overRow(row, n, Number.NEGATIVE_INFINITY, local, (x) => [max.set(larger(max, x))]),
  ...fold(max, larger),
];

const logSumExpFunctions = (): Func[] => [
  forRows((row, n, to, local) => {
    const [max, total, result, power] = [local("v128"), local("v128"), local("v128"), local("v128")];
    return [
      ...rowMaximum(row, n, max, local, f32x4.max),
      total.set(0),
      ...overRow(row, n, max, local, (x, _, inside) => [
        power.set(v128.and(expDifference(x, max, local), inside)),
        accumulate(total, power),
      ]),
      total.set(withScalar("f64x2.splat", sumOfPair(total))),
      result.set(f32x4.add(max, logOfDoubles(total, total, local))),
      // All −∞, some +∞, or NaN: the shift is no number.
      result.set(select(f32x4.lt(f32x4.abs(max), Number.POSITIVE_INFINITY), result, max)),
      store("f32.store", to, lane("f32x4.extract_lane", 0, result)),
    ];
  }, 4),
];

interface Reduction {
  readonly from: number;
  /** Bytes of a result in the scratch memory: 4 is a float, 8 a double; 0 stands for a whole row of floats. */
  readonly result: 0 | 4 | 8;
  readonly kernel: () => Exported;
  /** The same for short rows, which it takes four at a time. */
  readonly short?: () => Exported;
  /** How the results of two parts of a row combine, if a row may come in parts. */
  readonly combine?: (a: number, b: number) => number;
  readonly neutral?: number;
}
const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;

const normalizer = (isLog: boolean): Reduction => ({
  from: 64,
  result: 0,
  kernel: compiled(() => softmaxFunctions(isLog, along, 1)),
  short: compiled(() => softmaxFunctions(isLog, across, 4)),
});

const kernels: Readonly<Record<string, Reduction>> = {
  sum: { from: 64, result: 8, kernel: compiled(sumFunctions), combine: (a, b) => a + b, neutral: 0 },
  amax: {
    from: 64,
    result: 4,
    kernel: compiled(() => extremeFunctions((a, b) => f32x4.max(a, b), NEGATIVE_INFINITY)),
    combine: Math.max,
    neutral: NEGATIVE_INFINITY,
  },
  amin: {
    from: 64,
    result: 4,
    kernel: compiled(() => extremeFunctions((a, b) => f32x4.min(a, b), POSITIVE_INFINITY)),
    combine: Math.min,
    neutral: POSITIVE_INFINITY,
  },
  softmax: normalizer(false),
  logSoftmax: normalizer(true),
  logSumExp: { from: 64, result: 4, kernel: compiled(logSumExpFunctions) },
};

/** Floats in one piece, and in the longest row that is not cut. */
const piece = 8192;
const longest = 2 ** 22;

/** Runs a reduction, or one of the softmax family, here: if it is over axes that lie together. */
export function reduce(
  name: string,
  out: NDArray,
  [input]: readonly NDArray[],
  params: Params,
  always: boolean,
): boolean {
  const op = kernels[name];
  const x = input as NDArray;
  const dims = params.dims as readonly number[];
  if (op === undefined || x.dtype !== "float32" || x.data.length === 0) return false;
  if (x.data.length < op.from && !always) return false;
  const [first, last] = [dims[0] ?? 0, dims.at(-1) ?? -1];
  if (dims.length === 0 || last - first + 1 !== dims.length) return false;
  // The axes as three: those before, those reduced, those after.
  const [n, inner] = [product(x.shape, first, last + 1), product(x.shape, last + 1, x.shape.length)];
  if (inner > 1) {
    if (op.neutral === undefined || inner > longest) return false;
    columns(op, out, x, n, inner);
  } else if (n > piece && op.combine !== undefined) longRows(op, out, x, n);
  else if (n <= longest) rows(op, out, x, n);
  else return false;
  return true;
}

function product(shape: readonly number[], from: number, to: number): number {
  let n = 1;
  for (let i = from; i < to; i++) n *= shape[i] as number;
  return n;
}

/** Rows of up to so many floats are short. */
const shortRow = 16;
const slack = 16 * shortRow; // kernels read and write up to three elements, or three short rows, too far

function rows({ kernel, short = kernel, result }: Reduction, out: NDArray, x: NDArray, n: number): void {
  const [from, to] = [x.data as Float32Array, out.data as Float32Array];
  const { rows } = (n <= shortRow ? short : kernel)();
  const count = Math.max(1, Math.floor(piece / n));
  const at = 4 * count * n + slack;
  const start = at + (-at & 15);
  const memory = scratch(start + Math.max(result, 4) * count * n + slack);
  const results = result === 8 ? memory.f64 : memory.f32;
  const size = from.length / n;
  for (let i = 0; i < size; i += count) {
    const some = Math.min(count, size - i);
    memory.f32.set(some === size ? from : from.subarray(i * n, (i + some) * n));
    rows?.(0, some, n, start);
    const first = start / (result || 4);
    const length = result === 0 ? some * n : some;
    to.set(results.subarray(first, first + length), result === 0 ? i * n : i);
  }
}

/** Rows that come in parts. */
function longRows({ kernel, result, combine, neutral = 0 }: Reduction, out: NDArray, x: NDArray, n: number): void {
  const { rows } = kernel();
  const memory = scratch(4 * piece + 2 * slack);
  const results = result === 8 ? memory.f64 : memory.f32;
  const at = 4 * piece + slack;
  for (let o = 0; o < out.data.length; o++) {
    let total = neutral;
    for (let i = 0; i < n; i += piece) {
      const some = Math.min(piece, n - i);
      memory.f32.set((x.data as Float32Array).subarray(o * n + i, o * n + i + some));
      rows?.(0, 1, some, at);
      total = combine?.(total, results[at / result] as number) ?? total;
    }
    out.data[o] = total;
  }
}

function columns({ kernel, result, neutral = 0 }: Reduction, out: NDArray, x: NDArray, n: number, inner: number): void {
  const { columns } = kernel();
  const count = Math.max(1, Math.floor(piece / inner));
  const at = 4 * count * inner + slack;
  const start = at + (-at & 15);
  const memory = scratch(start + result * inner + slack);
  const first = start / result;
  const results = (result === 8 ? memory.f64 : memory.f32).subarray(first, first + inner);
  for (let o = 0; o * inner < out.data.length; o++) {
    results.fill(neutral);
    for (let i = 0; i < n; i += count) {
      const some = Math.min(count, n - i);
      const from = (o * n + i) * inner;
      memory.f32.set((x.data as Float32Array).subarray(from, from + some * inner));
      columns?.(0, some, inner, start);
    }
    out.data.set(results, o * inner);
  }
}

export const reductions: ReadonlySet<string> = new Set(Object.keys(kernels));
