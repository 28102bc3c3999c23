// Eager elementwise kernels: each op's formula in a loop over four elements at a time. Operands are copied and computed
// in pieces so small that they stay in the caches.
import type { DType } from "../../dtype.ts";
import { broadcastMap, wholeMap } from "../../index-map.ts";
import type { NDArray, Params } from "../../primitive.ts";
import { type Shape, stridesOf } from "../../shape.ts";
import { copyAxes, copyRun } from "../copy.ts";
import { type Code, type Func, i32, type Local } from "./assembler/code.ts";
import { func, upTo } from "./assembler/control.ts";
import { load, store } from "./assembler/memory.ts";
import { formulas } from "./formulas.ts";
import { compiled, type Exported, scratch } from "./scratch.ts";
import { bytes, mask, type ParametricFormula } from "./vectors.ts";

interface Kernel {
  /** The names of the params that are numbers. */
  readonly numbers: readonly string[];
  readonly functions: () => Exported<"run">;
}

/**
 * `run(bytes, slot, …numbers)`. `bytes` is 4 · the number of elements, and up to 3 more are computed. The output is at
 * address 0, the first operand at `slot`, the second at 2 · `slot`.
 */
const loopOf = (
  formula: ParametricFormula,
  inputs: readonly DType[],
  output: DType,
  numbers: readonly string[],
): Func =>
  func("run", ["i32", "i32", ...numbers.map(() => "f64" as const)], null, ([n, slot, ...values], local) => {
    const i = local("i32");
    const atByte = i32.shr_u(i, 2);
    const bases = inputs.map(() => local("i32"));
    const operands = inputs.map(() => local("v128"));
    const loads = inputs.map((dtype, k): Code => {
      const base = bases[k] as Code;
      const four = dtype === "bool" ? mask(i32.add(base, atByte)) : load("v128.load", i32.add(base, i));
      return (operands[k] as Local).set(four);
    });
    const result = formula(operands, local, Object.fromEntries(numbers.map((name, k) => [name, values[k] as Code])));
    const put = output === "bool" ? store("i32.store", atByte, bytes(result)) : store("v128.store", i, result);
    return [...bases.map((base, k) => base.set(i32.mul(slot as Code, k + 1))), upTo(i, n as Code, 16, [...loads, put])];
  });

const dtypeDigits = { bool: 0, int32: 1, float32: 2, float64: 3 } as const;
const kernels = new Map<string, (Kernel | null)[]>();

/** The kernel for operands and a result of these types; `null` where there is no formula. */
function kernelFor(name: string, out: NDArray, inputs: readonly NDArray[], params: Params): Kernel | null {
  const variants = kernels.get(name) ?? [];
  let key = dtypeDigits[out.dtype];
  for (const { dtype, shape } of inputs)
    key = 5 * key + (dtype === "float64" && shape.length === 0 ? 4 : dtypeDigits[dtype]);
  const known = variants[key];
  if (known !== undefined) return known;
  const formula = formulas[name]?.formula(inputs, out.dtype);
  const numbers = Object.keys(params).filter((name) => typeof params[name] === "number");
  const dtypes = inputs.map(({ dtype }) => (dtype === "float64" ? "float32" : dtype));
  const made =
    formula === undefined
      ? null
      : { numbers, functions: compiled<"run">(() => [loopOf(formula, dtypes, out.dtype, numbers)]) };
  variants[key] = made;
  kernels.set(name, variants);
  return made;
}

/** Elements in one piece: three operands of float32 fit the first two caches. */
const piece = 4096;

/** Runs an elementwise op here, if there is a formula for it. */
export function elementwise(
  name: string,
  out: NDArray,
  inputs: readonly NDArray[],
  params: Params,
  always: boolean,
): boolean {
  const size = out.data.length;
  const from = formulas[name]?.from ?? Number.POSITIVE_INFINITY;
  // With a stretched operand it always pays: in JavaScript that one costs several times as much.
  if (size === 0 || (!always && size < from && !(Number.isFinite(from) && inputs.some((x) => isStretched(x, size)))))
    return false;
  const kernel = kernelFor(name, out, inputs, params);
  if (kernel === null) return false;
  runInPieces(kernel, out, inputs, params);
  return true;
}

const isStretched = ({ data }: NDArray, size: number): boolean => data.length !== size && data.length !== 1;

/** A piece has some entries of one axis and all of the axes inside it; for the axes outside there is a loop. */
function runInPieces({ functions, numbers }: Kernel, out: NDArray, inputs: readonly NDArray[], params: Params): void {
  const { run } = functions();
  const size = out.data.length;
  const stretches = inputs.map((x) =>
    isStretched(x, size) ? broadcastMap(wholeMap(x.shape), out.shape).strides : null,
  );
  const isPlain = stretches.every((strides) => strides === null);
  const shape = isPlain ? [size] : out.shape;
  let cut = shape.length - 1;
  let inner = 1;
  for (; cut > 0 && inner * (shape[cut] as number) <= piece; cut--) inner *= shape[cut] as number;
  const along = shape[cut] as number;
  const count = Math.ceil(along / Math.ceil((along * inner) / Math.max(piece, inner)));
  const slot = (4 * count * inner + 16) & ~15;
  const memory = scratch(slot * (inputs.length + 1));
  const results = viewFor(memory, out.dtype);
  /** Where the piece of each operand begins that is in the scratch memory: the same one is not copied again. */
  const staged = inputs.map(() => -1);
  const [first = 0, second = 0] = numbers.length === 0 ? none : numbers.map((name) => params[name] as number);
  for (let start = 0; start < along; start += count) {
    const some = Math.min(count, along - start);
    const pieceShape = isPlain ? none : [some, ...shape.slice(cut + 1)];
    const n = some * inner;
    for (let outer = 0, at = start * inner; at < size; outer++, at += along * inner) {
      for (let k = 0; k < inputs.length; k++) {
        const { data, dtype } = inputs[k] as NDArray;
        const strides = stretches[k] ?? null;
        const whole = data.length === size;
        const place =
          strides === null ? (whole ? at : 0) : placeOf(shape, strides, cut, outer) + start * (strides[cut] as number);
        if (staged[k] === place) continue;
        staged[k] = place;
        const to = viewFor(memory, dtype);
        const p = (slot * (k + 1)) / to.BYTES_PER_ELEMENT;
        if (strides === null) copyRun(n, to, p, 1, data, place, Number(whole));
        else copyAxes(pieceShape, 0, to, p, stridesOf(pieceShape), data, place, strides.slice(cut));
      }
      run(4 * n, slot, first, second);
      out.data.set(results.subarray(0, n), at);
    }
  }
}
const none: readonly number[] = [];

/** The memory as elements of a dtype. */
export const viewFor = (memory: ReturnType<typeof scratch>, dtype: DType): Float32Array | Int32Array | Uint8Array =>
  dtype === "bool" ? memory.u8 : dtype === "int32" ? memory.i32 : memory.f32;

/** Where entry `i` of the axes before `cut` begins. */
function placeOf(shape: Shape, strides: readonly number[], cut: number, i: number): number {
  let place = 0;
  for (let axis = cut - 1, rest = i; axis >= 0; axis--) {
    const n = shape[axis] as number;
    place += (rest % n) * (strides[axis] as number);
    rest = Math.floor(rest / n);
  }
  return place;
}
