import { type Code, code, f32x4, i32x4, type Local, type NewLocal, v128 } from "../../backend/wasm/assembler/code.ts";
import { lanewiseFor } from "../../backend/wasm/elementwise.ts";
import { select } from "../../backend/wasm/math.ts";
import { type DType, resultType } from "../../dtype.ts";
import { isConstant, type Op, type Ref } from "../graph.ts";

// What loops compute, in registers: the formulas of the SIMD kernels, and those that pay only where nothing is copied.
// A register holds four float32 or int32, or four masks, of bool, all bits set for true. What is float64 is left to the
// kernels, but for single numbers beside float32.

/** How the result comes from the operands. */
export type Formula = (operands: readonly Code[], local: NewLocal) => Code;
type Binary = (a: Code, b: Code) => Code;

const one = code("f32x4", 1);

const integers: Readonly<Record<string, Binary>> = {
  add: i32x4.add,
  sub: i32x4.sub,
  mul: i32x4.mul,
  maximum: i32x4.max_s,
  minimum: i32x4.min_s,
};

/** Which lanes are not zero. */
const truth = (x: Code, dtype: DType): Code =>
  dtype === "bool" ? x : dtype === "float32" ? f32x4.ne(x, 0) : i32x4.ne(x, 0);

/** Whether loops read an operand as of a dtype they have: nothing may be lost. A 0-d float64 is loaded as float32. */
const fits = ({ dtype, shape }: Ref, to: DType): boolean =>
  dtype === to || dtype === "bool" || (dtype === "float64" && shape.length === 0 && to === "float32");

const converted = (x: Code, from: DType, to: DType): Code =>
  from === "bool" && to !== "bool" ? v128.and(x, to === "float32" ? one : code("i32x4", 1)) : x;

/** The formula of an elementwise op, if loops have one for its dtypes. */
export function formulaOf(op: Op): Formula | undefined {
  const { primitive, inputs, params, out } = op;
  const { name } = primitive;
  const { dtype } = out.type;
  const [first, second] = inputs;
  if (first === undefined || dtype === "float64") return undefined;
  const from = first.dtype;
  // A movement's operand is read from where it lies.
  if (primitive.kind === "movement") return primitive.map && from !== "float64" ? ([x]) => x as Code : undefined;
  switch (name) {
    case "cast":
    case "clone":
      if (from === "int32" && dtype === "float32") return ([x]) => f32x4.convert_i32x4_s(x as Code);
      if (dtype === "bool" && from !== "float64") return ([x]) => truth(x as Code, from);
      return fits(first, dtype) ? ([x]) => converted(x as Code, from, dtype) : undefined;
    case "logicalNot":
    case "logicalAnd":
    case "logicalOr":
      if (inputs.some((x) => x.dtype === "float64")) return undefined;
      return (operands) => {
        const [a, b] = operands.map((x, k) => truth(x, (inputs[k] as Ref).dtype)) as [Code, Code];
        return name === "logicalNot" ? v128.not(a) : (name === "logicalAnd" ? v128.and : v128.or)(a, b);
      };
    case "pow":
      return from === "float32" && isConstant(second, 2) ? ([x]) => f32x4.mul(x as Code, x as Code) : undefined;
    case "clamp": {
      const { min, max } = params as { min: number; max: number };
      return from === "float32"
        ? ([x]) => f32x4.min(f32x4.max(x as Code, code("f32x4", min)), code("f32x4", max))
        : undefined;
    }
    case "sign":
      if (dtype !== "float32") return undefined;
      return ([x]) => f32x4.sub(v128.and(f32x4.gt(x as Code, 0), one), v128.and(f32x4.lt(x as Code, 0), one));
  }
  // The others work in the dtype in which the operands meet; comparisons of bools in that of integers.
  const chooses = name === "where";
  const meet = resultType(inputs);
  const as = dtype !== "bool" || chooses ? dtype : meet === "bool" ? "int32" : meet;
  if (as === "float64" || !inputs.every((x) => fits(x, as) && (inputs.length > 1 || x.dtype === as))) return undefined;
  const kernel = lanewiseFor(name, [{ dtype: as }]);
  const whole = dtype === "int32" ? integers[name] : undefined;
  if (whole === undefined && !chooses && kernel?.output !== dtype) return undefined;
  return (operands, local) => {
    const [a, b, c] = operands.map((x, k) => (chooses && k === 0 ? x : converted(x, (inputs[k] as Ref).dtype, as)));
    if (chooses) return select(a as Code, b as Code, c as Code);
    return whole?.(a as Code, b as Code) ?? (kernel?.formula([a, b] as Local[], local) as Code);
  };
}
