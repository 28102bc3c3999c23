import type { DType } from "../../dtype.ts";
import type { NDArray, Params, TensorType } from "../../primitive.ts";
import { type BroadcastPattern, broadcastPattern } from "../broadcast.ts";
import {
  type Code,
  type Func,
  f32x4,
  func,
  i8x16,
  i16x8,
  i32,
  i32x4,
  lane,
  load,
  type NewLocal,
  store,
  upTo,
} from "./assembler/code.ts";
import { exp, log, select, sigmoid, tanh } from "./math.ts";
import { compiled, type Exported, scratch } from "./scratch.ts";

// Four elements at a time, in pieces that stay in the first caches on their way into the scratch memory and back.

/** How four results come from four elements of each input; of a bool, as a mask. */
type Formula = (inputs: readonly Code[], local: NewLocal) => Code;

export interface Lanewise {
  readonly formula: Formula;
  /** From how many elements on this pays, with the copies. */
  readonly from: number;
  readonly inputs: readonly DType[];
  readonly output: DType;
  readonly kernel: () => Exported<"run">;
}

function lanewise(inputs: readonly DType[], output: DType, formula: Formula, from: number): Lanewise {
  return { formula, from, inputs, output, kernel: compiled<"run">(() => [loopOf(inputs, output, formula)]) };
}

/** `run(bytes, out, in₀, in₁, …)`: 4 · the number of elements, and addresses. May run up to 3 elements too far. */
function loopOf(inputs: readonly DType[], output: DType, formula: Formula): Func {
  const params = ["i32", "i32", ...inputs.map(() => "i32" as const)] as const;
  return func("run", params, null, ([n, out, ...from], local) => {
    const i = local("i32");
    const at = (address: Code): Code => i32.add(address, i);
    const atByte = (address: Code): Code => i32.add(address, i32.shr_u(i, 2));
    const values = inputs.map((dtype, k) => {
      const value = local("v128");
      const address = from[k] as Code;
      return { value, load: value.set(dtype === "bool" ? mask(atByte(address)) : load("v128.load", at(address))) };
    });
    const result = formula(
      values.map(({ value }) => value),
      local,
    );
    const put =
      output === "bool" ? store("i32.store", atByte(out), bytes(result)) : store("v128.store", at(out), result);
    return [upTo(i, n, 16, [...values.map((v) => v.load), put])];
  });
}

/** Four bytes, 0 or 1, as a mask of four lanes. */
export const mask = (address: Code): Code =>
  i32x4.ne(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(load("v128.load32_zero", address))), 0);

/** A mask of four lanes as four bytes, 0 or 1. */
export function bytes(lanes: Code): Code {
  const halves = i16x8.narrow_i32x4_s(lanes, lanes);
  return i32.and(lane("i32x4.extract_lane", 0, i8x16.narrow_i16x8_s(halves, halves)), 0x01010101);
}

const unary = (from: number, f: (x: Code, local: NewLocal) => Code): Lanewise =>
  lanewise(["float32"], "float32", ([x], local) => f(x as Code, local), from);
const binary = (from: number, f: (a: Code, b: Code) => Code): Lanewise =>
  lanewise(["float32", "float32"], "float32", ([a, b]) => f(a as Code, b as Code), from);
const comparison = (f: (a: Code, b: Code) => Code, dtype: DType = "float32"): Lanewise =>
  lanewise([dtype, dtype], "bool", ([a, b]) => f(a as Code, b as Code), cheap);
/** Bits are chosen, whatever they mean. */
const choice = (dtype: DType): Lanewise =>
  lanewise(["bool", dtype, dtype], dtype, ([c, a, b]) => select(c as Code, a as Code, b as Code), cheap);

const cheap = 256;
const costly = 64;

const kernels: Readonly<Record<string, Lanewise>> = {
  add: binary(cheap, f32x4.add),
  sub: binary(cheap, f32x4.sub),
  mul: binary(cheap, f32x4.mul),
  div: binary(cheap, f32x4.div),
  maximum: binary(cheap, f32x4.max),
  minimum: binary(cheap, f32x4.min),
  eq: comparison(f32x4.eq),
  ne: comparison(f32x4.ne),
  lt: comparison(f32x4.lt),
  le: comparison(f32x4.le),
  gt: comparison(f32x4.gt),
  ge: comparison(f32x4.ge),
  where: choice("float32"),
  neg: unary(cheap, (x) => f32x4.neg(x)),
  abs: unary(cheap, (x) => f32x4.abs(x)),
  sqrt: unary(cheap, (x) => f32x4.sqrt(x)),
  floor: unary(cheap, (x) => f32x4.floor(x)),
  ceil: unary(cheap, (x) => f32x4.ceil(x)),
  round: unary(cheap, (x) => f32x4.nearest(x)),
  relu: unary(cheap, (x) => f32x4.add(f32x4.pmax(x, 0), 0)), // pmax keeps NaN and −0, which + 0 makes 0
  exp: unary(costly, exp),
  log: unary(costly, log),
  tanh: unary(costly, tanh),
  sigmoid: unary(costly, sigmoid),
};

/** What is done with class indices and masks. */
const integerKernels: Readonly<Record<string, Lanewise>> = {
  eq: comparison(i32x4.eq, "int32"),
  ne: comparison(i32x4.ne, "int32"),
  lt: comparison(i32x4.lt_s, "int32"),
  le: comparison(i32x4.le_s, "int32"),
  gt: comparison(i32x4.gt_s, "int32"),
  ge: comparison(i32x4.ge_s, "int32"),
  where: choice("int32"),
};

/** The kernel for operands of these dtypes, if there is one. Compiled programs put its formula into loops of their own. */
export const lanewiseFor = (name: string, inputs: readonly { readonly dtype: DType }[]): Lanewise | undefined =>
  (inputs.at(-1)?.dtype === "int32" ? integerKernels : kernels)[name];

/** Whether a kernel's k-th operand may be of this type; a 0-d float64 beside float32 takes part as a float32. */
export const takes = (op: Lanewise, k: number, { dtype, shape }: TensorType): boolean =>
  dtype === op.inputs[k] || (dtype === "float64" && shape.length === 0 && op.output === "float32");

/** Elements in one piece: three operands of float32 fit the first two caches. */
const piece = 4096;
const longestPiece = 2 ** 22;

/** Runs an elementwise op here, if there is a kernel for it. */
export function elementwise(
  name: string,
  out: NDArray,
  inputs: readonly NDArray[],
  _: Params,
  always: boolean,
): boolean {
  const op = lanewiseFor(name, inputs);
  const size = out.data.length;
  if (op === undefined || size === 0 || out.dtype !== op.output) return false;
  const forms: BroadcastPattern[] = [];
  let unit = 1;
  for (let k = 0; k < inputs.length; k++) {
    const { data, shape } = inputs[k] as NDArray;
    if (!takes(op, k, inputs[k] as NDArray)) return false;
    const form = broadcastPattern(shape, data.length, out.shape, size);
    if (form === null) return false;
    forms.push(form);
    unit = Math.max(unit, form.period, form.repeat); // one divides the other: both are products of the last axes
  }
  // In JavaScript a stretched operand costs several times as much.
  if (!always && size < op.from && (unit === 1 || size < costly)) return false;
  if (unit > longestPiece) return false;
  const count = Math.min(size, unit * Math.max(1, Math.floor(piece / unit)));
  run(op, out, inputs, forms, count);
  return true;
}

function run(
  op: Lanewise,
  out: NDArray,
  inputs: readonly NDArray[],
  forms: readonly BroadcastPattern[],
  count: number,
): void {
  const run = op.kernel().run as (...args: number[]) => number;
  const slot = (4 * count + 16) & ~15;
  const memory = scratch(slot * (inputs.length + 1));
  const size = out.data.length;
  const results = viewFor(memory, op.output);
  for (let start = 0; start < size; start += count) {
    const n = Math.min(count, size - start);
    for (let k = 0; k < inputs.length; k++) {
      const to = viewFor(memory, op.inputs[k] as DType);
      place(
        to,
        (slot * (k + 1)) / to.BYTES_PER_ELEMENT,
        (inputs[k] as NDArray).data,
        forms[k] as BroadcastPattern,
        start,
        n,
      );
    }
    run(4 * n, 0, slot, 2 * slot, 3 * slot); // a kernel of less inputs takes no notice of the rest
    out.data.set(results.subarray(0, n), start);
  }
}

const viewFor = (memory: ReturnType<typeof scratch>, dtype: DType): Float32Array | Int32Array | Uint8Array =>
  dtype === "bool" ? memory.u8 : dtype === "int32" ? memory.i32 : memory.f32;

type Data = NDArray["data"];

/** Writes elements `start` … `start + n` of the stretched operand to `to[at]`…; what repeats is written once only. */
function place(
  to: Float32Array | Int32Array | Uint8Array,
  at: number,
  data: Data,
  { period, repeat }: BroadcastPattern,
  start: number,
  n: number,
): void {
  if (period === 1) {
    if (start === 0) to.fill(data[0] as number, at, at + n);
  } else if (period > 1) {
    if (start > 0) return;
    to.set(data, at);
    for (let done = period; done < n; done *= 2) to.copyWithin(at + done, at, at + Math.min(done, n - done));
  } else if (repeat === 1) {
    to.set(n === data.length ? data : data.subarray(start, start + n), at);
  } else {
    for (let i = 0, from = start / repeat; i < n; i += repeat, from++) {
      const value = data[from] as number;
      if (repeat > 16) to.fill(value, at + i, at + i + repeat);
      else for (let j = 0; j < repeat; j++) to[at + i + j] = value;
    }
  }
}
