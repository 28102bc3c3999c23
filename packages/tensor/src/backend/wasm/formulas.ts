// The SIMD formula of each elementwise op, a line for each: eager kernels and compiled loops are made of these. A vector
// holds four float32 or int32, or four masks of bool. float64 is left to JavaScript, except for 0-d operands.
import { type DType, resultType } from "../../dtype.ts";
import type { TensorType } from "../../primitive.ts";
import { type Code, code, f32x4, i32x4, type NewLocal, type Operand, v128 } from "./assembler/code.ts";
import { erf, expm1, log1p, softplus } from "./doubles.ts";
import { exp, log, sigmoid, tanh } from "./math.ts";
import { inDoubles, type Numbers, type ParametricFormula, select, splat } from "./vectors.ts";

/** The values of operands that are constants, by position. */
export type Constants = readonly (number | undefined)[];

export interface Elementwise {
  /** From how many elements on an eager kernel pays, with its copies. */
  readonly from: number;
  /** Code of four results, from four elements of each operand; a 0-d float64 counts as float32. None for some types. */
  formula(inputs: readonly TensorType[], out: DType, constants?: Constants): ParametricFormula | undefined;
}

const [cheap, costly] = [256, 64];
const one = code("f32x4", 1);

/** The formula with operands converted to its dtype, the first one to `first`; none where that could lose digits. */
function meeting(
  inputs: readonly TensorType[],
  dtype: DType,
  formula: ParametricFormula,
  first = dtype,
): ParametricFormula | undefined {
  const to = (k: number): DType => (k === 0 ? first : dtype);
  const fits = (x: TensorType, k: number): boolean =>
    x.dtype === to(k) || x.dtype === "bool" || (x.dtype === "float64" && x.shape.length === 0 && to(k) === "float32");
  if (dtype === "float64" || !inputs.every(fits)) return undefined;
  const converted = (x: Code, k: number): Code =>
    inputs[k]?.dtype === to(k) || inputs[k]?.dtype !== "bool" ? x : v128.and(x, dtype === "float32" ? one : integerOne);
  return (operands, local, numbers) => formula(operands.map(converted), local, numbers);
}
const integerOne = code("i32x4", 1);

/** Which lanes are not zero. */
const truth = (x: Code, dtype: DType): Code =>
  dtype === "bool" ? x : dtype === "float32" ? f32x4.ne(x, 0) : i32x4.ne(x, 0);

type Vectors = (...operands: Code[]) => Code;
const plain =
  (f: Vectors): ParametricFormula =>
  (operands) =>
    f(...operands);

/** A formula for each dtype, which the operands and the result have. */
const arithmetic = (float32: Vectors, int32?: Vectors, bool?: Vectors): Elementwise => ({
  from: cheap,
  formula(inputs, out) {
    const f = { bool, int32, float32, float64: undefined }[out];
    return f && meeting(inputs, out, plain(f));
  },
});

/** A formula for each dtype to which operands are promoted; bools count as 0 and 1. The result is a mask. */
const comparison = (float32: Vectors, int32: Vectors): Elementwise => ({
  from: cheap,
  formula: (inputs) =>
    resultType(inputs) === "float32"
      ? meeting(inputs, "float32", plain(float32))
      : meeting(inputs, "int32", plain(int32)),
});

/** A formula on masks; a number counts as true if it is not zero. */
const logical = (f: Vectors): Elementwise => ({
  from: cheap,
  formula: (inputs) =>
    inputs.some(({ dtype }) => dtype === "float64")
      ? undefined
      : (operands) => f(...operands.map((x, k) => truth(x, inputs[k]?.dtype as DType))),
});

/** To the dtype of the result; float32 to int32, which may throw, is left to JavaScript. */
const conversion: Elementwise = {
  from: Number.POSITIVE_INFINITY, // JavaScript copies and converts faster
  formula(inputs, out) {
    const { dtype } = inputs[0] as TensorType;
    if (dtype === "int32" && out === "float32") return plain((x) => f32x4.convert_i32x4_s(x as Code));
    if (out === "bool" && dtype !== "float64") return ([x]) => truth(x as Code, dtype);
    return meeting(inputs, out, plain(same));
  },
};
const same: Vectors = (x) => x as Code;

/** A function of float32. */
const float = (formula: ParametricFormula, from = costly): Elementwise => ({
  from,
  formula: (inputs, out) => (out === "float32" ? meeting(inputs, out, formula) : undefined),
});
const unary =
  (f: (x: Code, local: NewLocal, numbers: Numbers) => Code): ParametricFormula =>
  ([x], local, numbers) =>
    f(x as Code, local, numbers);
const squared: ParametricFormula = ([x]) => f32x4.mul(x as Code, x as Code);

export const formulas: Readonly<Record<string, Elementwise>> = {
  add: arithmetic(f32x4.add, i32x4.add, v128.or),
  sub: arithmetic(f32x4.sub, i32x4.sub),
  mul: arithmetic(f32x4.mul, i32x4.mul, v128.and),
  div: arithmetic(f32x4.div),
  maximum: arithmetic(f32x4.max, i32x4.max_s, v128.or),
  minimum: arithmetic(f32x4.min, i32x4.min_s, v128.and),
  neg: arithmetic(f32x4.neg, i32x4.neg),
  abs: arithmetic(f32x4.abs, i32x4.abs),
  sign: arithmetic(
    (x) => f32x4.sub(v128.and(f32x4.gt(x as Code, 0), one), v128.and(f32x4.lt(x as Code, 0), one)),
    (x) => i32x4.sub(i32x4.lt_s(x as Code, 0), i32x4.gt_s(x as Code, 0)), // a mask of ones is −1
  ),
  sqrt: arithmetic(f32x4.sqrt),
  floor: arithmetic(f32x4.floor, same),
  ceil: arithmetic(f32x4.ceil, same),
  round: arithmetic(f32x4.nearest, same),
  relu: arithmetic(
    (x) => f32x4.add(f32x4.pmax(x as Code, 0), 0), // pmax keeps NaN and −0, which + 0 makes 0
    (x) => i32x4.max_s(x as Code, 0),
  ),
  eq: comparison(f32x4.eq, i32x4.eq),
  ne: comparison(f32x4.ne, i32x4.ne),
  lt: comparison(f32x4.lt, i32x4.lt_s),
  le: comparison(f32x4.le, i32x4.le_s),
  gt: comparison(f32x4.gt, i32x4.gt_s),
  ge: comparison(f32x4.ge, i32x4.ge_s),
  logicalAnd: logical(v128.and),
  logicalOr: logical(v128.or),
  logicalNot: logical(v128.not),
  where: {
    from: cheap,
    formula: (inputs, out) =>
      meeting(inputs, out, ([mask, a, b]) => select(mask as Code, a as Code, b as Code), "bool"),
  },
  clamp: float(
    ([x], _, { min, max }) =>
      f32x4.min(f32x4.max(x as Code, splat("f32x4", min as Operand)), splat("f32x4", max as Operand)),
    cheap,
  ),
  cast: conversion,
  clone: conversion,
  exp: float(unary(exp)),
  log: float(unary(log)),
  tanh: float(unary(tanh)),
  sigmoid: float(unary(sigmoid)),
  expm1: float(inDoubles(unary(expm1))),
  log1p: float(inDoubles(unary(log1p))),
  erf: float(inDoubles(unary(erf))),
  softplus: float(inDoubles(unary(softplus))),
  pow: {
    from: costly,
    formula: (inputs, out, constants) => (constants?.[1] === 2 ? float(squared).formula(inputs, out) : undefined),
  },
};
