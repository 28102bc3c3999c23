import { type Code, code, f32x4, f64x2, i32x4, type Local, type NewLocal, v128 } from "../backend/wasm/assembler.ts";
import { lanewiseFor, takes } from "../backend/wasm/elementwise.ts";
import { select } from "../backend/wasm/math.ts";
import { type DType, resultType } from "../dtype.ts";
import type { Op } from "./trace.ts";

// What loops compute, in registers: the formulas of the SIMD kernels, and those that pay only where nothing is copied.
// A register holds four float32 or int32, four masks (of bool, all bits set for true), or two float64.

/** How the result comes from the operands. */
export type Formula = (operands: readonly Local[], local: NewLocal) => Code;

const one = code("f32x4", 1);
const float = (x: number): Code => code("f32x4", x);
const integer = (x: number): Code => code("i32x4", x);

/** Lanes of one dtype as those of another, where that loses nothing; `undefined` where loops do not convert. */
function converted(x: Code, from: DType, to: DType): Code | undefined {
  if (from === to) return x;
  if (from === "bool" && to === "float32") return v128.and(x, one);
  if (from === "bool" && to === "int32") return v128.and(x, integer(1));
  return undefined;
}

/** Which lanes are not zero. */
const truth = (x: Code, dtype: DType): Code =>
  dtype === "bool" ? x : dtype === "float32" ? f32x4.ne(x, 0) : i32x4.ne(x, 0);

/** Casts that are no matter of rounding or overflow. */
function cast(x: Local, from: DType, to: DType): Code | undefined {
  if (to === "bool" && from !== "float64") return truth(x, from);
  if (from === "int32" && to === "float32") return f32x4.convert_i32x4_s(x);
  return converted(x, from, to);
}

type Binary = (a: Code, b: Code) => Code;

const integers: Readonly<Record<string, Binary>> = {
  add: i32x4.add,
  sub: i32x4.sub,
  mul: i32x4.mul,
  maximum: i32x4.max_s,
  minimum: i32x4.min_s,
};

const doubles: Readonly<Record<string, (...operands: readonly Code[]) => Code>> = {
  add: (a, b) => f64x2.add(a as Code, b as Code),
  sub: (a, b) => f64x2.sub(a as Code, b as Code),
  mul: (a, b) => f64x2.mul(a as Code, b as Code),
  div: (a, b) => f64x2.div(a as Code, b as Code),
  maximum: (a, b) => f64x2.max(a as Code, b as Code),
  minimum: (a, b) => f64x2.min(a as Code, b as Code),
  neg: (a) => f64x2.neg(a as Code),
  abs: (a) => f64x2.abs(a as Code),
  sqrt: (a) => f64x2.sqrt(a as Code),
  floor: (a) => f64x2.floor(a as Code),
  ceil: (a) => f64x2.ceil(a as Code),
};

/** Whether the op works on pairs of float64, so that it belongs into a loop of its own kind. */
export const isDouble = ({ inputs, out }: Op): boolean =>
  out.type.dtype === "float64" || inputs.some(({ dtype, shape }) => dtype === "float64" && shape.length > 0);

/** The formula of an elementwise op, if loops have one for its dtypes. */
export function formulaOf(op: Op): Formula | undefined {
  const { primitive, inputs, params, out } = op;
  const { name } = primitive;
  const { dtype } = out.type;
  if (isDouble(op)) {
    const f = doubles[name];
    const all = dtype === "float64" && inputs.every((x) => x.dtype === "float64");
    return all && f !== undefined ? (operands) => f(...operands) : undefined;
  }
  const kernel = lanewiseFor(name, inputs);
  if (kernel !== undefined && kernel.output === dtype && inputs.every((x, k) => takes(kernel, k, x)))
    return kernel.formula;
  // What follows takes no float64, not even a single one.
  const from = inputs[0]?.dtype ?? dtype;
  if (name === "cast" && from === "float64" && dtype === "float32" && inputs[0]?.shape.length === 0) return identity;
  if (inputs.some((x) => x.dtype === "float64")) return undefined;
  switch (name) {
    case "clone":
    case "broadcastTo":
      return identity;
    case "cast":
      return present(([x]) => cast(x as Local, from, dtype));
    case "logicalNot":
      return ([x]) => v128.not(truth(x as Code, from));
    case "logicalAnd":
    case "logicalOr": {
      const second = inputs[1]?.dtype ?? from;
      const both = name === "logicalAnd" ? v128.and : v128.or;
      return ([a, b]) => both(truth(a as Code, from), truth(b as Code, second));
    }
    case "where": {
      const [, a, b] = inputs.map((x) => x.dtype) as [DType, DType, DType];
      return present(([c, x, y]) => {
        const [p, q] = [converted(x as Code, a, dtype), converted(y as Code, b, dtype)];
        return p && q && select(c as Code, p, q);
      });
    }
    case "clamp": {
      if (dtype !== "float32" || from !== "float32") return undefined;
      const { min, max } = params as { min: number; max: number };
      return ([x]) => f32x4.min(f32x4.max(x as Code, float(min)), float(max));
    }
    case "sign":
      if (dtype !== "float32") return undefined;
      return ([x]) => f32x4.sub(v128.and(f32x4.gt(x as Code, 0), one), v128.and(f32x4.lt(x as Code, 0), one));
    case "neg":
      return dtype === "int32" ? ([x]) => i32x4.neg(x as Code) : undefined;
    case "abs":
      return dtype === "int32" ? ([x]) => i32x4.abs(x as Code) : undefined;
  }
  return mixed(op);
}

const identity: Formula = ([x]) => x as Code;

/** The formula, if it has a result for these operands. */
function present(f: (operands: readonly Local[], local: NewLocal) => Code | undefined): Formula | undefined {
  const probe = [0, 1, 2].map(() => placeholder);
  return f(probe, () => placeholder) === undefined ? undefined : (operands, local) => f(operands, local) as Code;
}
const placeholder = code("f32x4", 0) as Local;

/** Ops on two values of different dtypes, or of integers: each is converted to the one in which they meet. */
function mixed({ primitive, inputs, out }: Op): Formula | undefined {
  const [a, b] = inputs;
  if (inputs.length !== 2 || a === undefined || b === undefined) return undefined;
  const meet = resultType(inputs);
  const beside = { shape: [1], dtype: meet };
  const compares = out.type.dtype === "bool";
  const met = compares ? (meet === "bool" ? "int32" : meet) : meet;
  const kernel = lanewiseFor(primitive.name, [{ dtype: met }, { dtype: met }]);
  const own = met === "int32" ? integers[primitive.name] : undefined;
  const f: Binary | undefined =
    own ??
    (kernel !== undefined && kernel.output === out.type.dtype && (compares || takes(kernel, 0, beside))
      ? (p, q) => kernel.formula([p, q], () => placeholder)
      : undefined);
  if (f === undefined || (own !== undefined && out.type.dtype !== "int32")) return undefined;
  return present(([x, y]) => {
    const [p, q] = [converted(x as Code, a.dtype, met), converted(y as Code, b.dtype, met)];
    return p && q && f(p, q);
  });
}
