// Eager reductions: of each row, of each column, and the softmax family, in pieces on their way through scratch memory.
import type { DType, TypedArray } from "../../dtype.ts";
import type { NDArray, Params } from "../../primitive.ts";
import { sizeOf } from "../../shape.ts";
import { overRows } from "../rows.ts";
import {
  type Code,
  type Func,
  func,
  i32,
  i32x4,
  integers,
  lane,
  load,
  type NewLocal,
  store,
  upTo,
  when,
  withScalar,
} from "./assembler/code.ts";
import { viewFor } from "./elementwise.ts";
import { type Accumulator, accumulators } from "./reducers.ts";
import { compiled, type Exported, scratch } from "./scratch.ts";
import { logSumExpRows, softmaxRows } from "./softmax.ts";
import { mask } from "./vectors.ts";

type Make = (local: NewLocal) => Accumulator;

/** Four elements; a bool is a byte, at a quarter of where another element would be. */
const loadFour = (dtype: DType, at: Code): Code => (dtype === "bool" ? mask(i32.shr_u(at, 2)) : load("v128.load", at));

const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** The accumulator from where an earlier part left it, at `state`, or as it begins. */
const resumed = ({ state, reset }: Accumulator, begin: Code, at: Code): Code =>
  when(
    begin,
    state.map((x, i) => x.set(load("v128.load", at, 16 * i))),
    reset,
  );
const saved = ({ state }: Accumulator, at: Code): Code[] => state.map((x, i) => store("v128.store", at, x, 16 * i));

/**
 * `rows(count, n, to, state, begin, last)`: reduces each of `count` rows of `n` elements, from address 0 on, to an element
 * from `to` on. A long row comes in parts: from entry `begin` on, or 0, up to the last.
 */
const eachRow = (dtype: DType, make: Make): Func =>
  func("rows", params, null, ([count, n, to, state, begin, last], local) => {
    const [row, at, end] = [local("i32"), local("i32"), local("i32")];
    const [x, index, ends, inside] = [local("v128"), local("v128"), local("v128"), local("v128")];
    const total = make(local);
    const four = [
      inside.set(i32x4.lt_s(index, ends)),
      x.set(loadFour(dtype, at)),
      ...total.add(x, inside, index),
      index.set(i32x4.add(index, 4)),
    ];
    const result = store("i32.store", i32.add(to, i32.shl(row, 2)), lane("i32x4.extract_lane", 0, total.result));
    return [
      ends.set(withScalar("i32x4.splat", i32.add(begin, n))),
      upTo(row, count, 1, [
        resumed(total, begin, state),
        index.set(i32x4.add(withScalar("i32x4.splat", begin), integers(0, 1, 2, 3))),
        at.set(end),
        end.set(i32.add(end, i32.shl(n, 2))),
        upTo(at, end, 16, four),
        when(last, [...total.fold, ...total.finish, result], saved(total, state)),
      ]),
    ];
  });

/** `columns(count, n, to, state, begin, last)`: reduces `n` columns over `count` rows, in parts as above. */
const eachColumn = (dtype: DType, make: Make): Func =>
  func("columns", params, null, ([count, n, to, state, begin, last], local) => {
    const [column, row, at] = [local("i32"), local("i32"), local("i32")];
    const [x, index] = [local("v128"), local("v128")];
    const total = make(local);
    const own = i32.add(state, i32.mul(column, total.state.length));
    const entry = [
      x.set(loadFour(dtype, at)),
      ...total.add(x, null, index),
      index.set(i32x4.add(index, 1)),
      at.set(i32.add(at, i32.shl(n, 2))),
    ];
    return [
      upTo(column, i32.shl(n, 2), 16, [
        resumed(total, begin, own),
        index.set(withScalar("i32x4.splat", begin)),
        at.set(column),
        row.set(0),
        upTo(row, count, 1, entry),
        when(last, [...total.finish, store("v128.store", i32.add(to, column), total.result)], saved(total, own)),
      ]),
    ];
  });

interface Kernel {
  /** `rows`, and `columns` if it takes these too: rows then come in parts. */
  readonly functions: () => Exported;
  /** The same for short rows, if that is another. */
  readonly short: () => Exported;
  readonly inParts: boolean;
}

const whole = (rows: () => Func, short = rows): Kernel => ({
  functions: compiled(() => [rows()]),
  short: compiled(() => [short()]),
  inParts: false,
});
function accumulating(dtype: DType, make: Make): Kernel {
  const functions = compiled(() => [eachRow(dtype, make), eachColumn(dtype, make)]);
  return { functions, short: functions, inParts: true };
}

const softmaxKernel = (isLog: boolean): Kernel =>
  whole(
    () => softmaxRows(isLog, false),
    () => softmaxRows(isLog, true),
  );

type Kernels = { readonly [K in DType]?: Kernel };

/** By name, and by the dtype of what is reduced. */
export const reductions: ReadonlyMap<string, Kernels> = new Map<string, Kernels>([
  ...Object.entries(accumulators).map(([name, makes]): [string, Kernels] => [
    name,
    Object.fromEntries(Object.entries(makes).map(([dtype, make]) => [dtype, accumulating(dtype as DType, make)])),
  ]),
  ["softmax", { float32: softmaxKernel(false) }],
  ["logSoftmax", { float32: softmaxKernel(true) }],
  ["logSumExp", { float32: whole(logSumExpRows) }],
]);

/** Floats in one part, and in the longest row that is not cut. */
const part = 8192;
const longest = 2 ** 22;
/** Rows of up to so many floats are short. */
const shortRow = 16;
const slack = 16 * shortRow; // kernels read and write up to three elements, or three short rows, too far
const aligned = (bytes: number): number => (bytes + slack + 15) & ~15;

/** Runs a reduction, or one of the softmax family, here. */
export function reduce(name: string, out: NDArray, [input]: readonly NDArray[], params: Params): boolean {
  const x = input as NDArray;
  const kernel = reductions.get(name)?.[x.dtype];
  const dims = params.dims as readonly number[];
  if (kernel === undefined || x.data.length === 0 || dims.length === 0) return false;
  const [first, last] = [dims[0] as number, dims.at(-1) as number];
  const inner = sizeOf(x.shape.slice(last + 1));
  if (inner > 1 && kernel.inParts && last - first + 1 === dims.length && inner <= longest) {
    columns(kernel, x, out, sizeOf(x.shape.slice(first, last + 1)), inner);
    return true;
  }
  return overRows(out, x, dims, (to, from, n) => rows(kernel, from, x.dtype, to, n));
}

/** Reduces rows of n, each to a number, or to a row. */
function rows({ functions, short, inParts }: Kernel, x: TypedArray, dtype: DType, out: TypedArray, n: number): boolean {
  if (n > longest && !inParts) return false;
  const { rows } = (n <= shortRow ? short : functions)();
  const size = x.length / n;
  const width = inParts ? Math.min(n, part) : n;
  const count = Math.max(1, Math.floor(part / width));
  const results = out.length / size;
  const to = aligned(4 * count * width);
  const state = to + aligned(4 * count * results);
  const memory = scratch(state + slack);
  const [from, found] = [viewFor(memory, dtype), out instanceof Int32Array ? memory.i32 : memory.f32];
  for (let i = 0; i < size; i += count) {
    const some = Math.min(count, size - i);
    for (let begin = 0; begin < n; begin += width) {
      const length = Math.min(width, n - begin);
      const at = i * n + begin;
      from.set(some * length === x.length ? x : x.subarray(at, at + some * length));
      rows?.(some, length, to, state, begin, Number(begin + length === n));
    }
    out.set(found.subarray(to / 4, to / 4 + some * results), i * results);
  }
  return true;
}

/** Reduces columns of n, of which `inner` lie beside one another. */
function columns({ functions }: Kernel, x: NDArray, out: NDArray, n: number, inner: number): void {
  const { columns } = functions();
  const count = Math.max(1, Math.floor(part / inner));
  const to = aligned(4 * count * inner);
  const state = to + aligned(4 * inner);
  const memory = scratch(state + aligned(8 * inner));
  const [from, found] = [viewFor(memory, x.dtype), viewFor(memory, out.dtype).subarray(to / 4, to / 4 + inner)];
  for (let o = 0; o * inner < out.data.length; o++) {
    for (let begin = 0; begin < n; begin += count) {
      const some = Math.min(count, n - begin);
      const at = (o * n + begin) * inner;
      from.set(x.data.subarray(at, at + some * inner));
      columns?.(some, inner, to, state, begin, Number(begin + some === n));
    }
    out.data.set(found, o * inner);
  }
}
