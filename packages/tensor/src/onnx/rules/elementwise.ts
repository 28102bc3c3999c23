// Elementwise ops in ONNX. They meet in one dtype, as in the kernels: what is of mixed dtypes is computed in float64.
import { type DType, isFloat, promote, resultType } from "../../dtype.ts";
import type { ExportedOp, ExportedRef } from "../../export/graph.ts";
import type { Size } from "../../export/size.ts";
import type { Params, TensorType } from "../../primitive.ts";
import type { Builder } from "../builder.ts";
import type { Operand } from "../model.ts";

/** Writes an op's nodes, and gives its result. */
export type Rule = (b: Builder, op: ExportedOp) => Operand;

type Compute = (b: Builder, inputs: readonly Operand[], params: Params) => Operand;

/** Operands in the dtypes in which they take part: a single float64 beside float32 is a float32. */
function operands(b: Builder, refs: readonly ExportedRef[], dtype: DType): Operand[] {
  const isSingle = ({ shape }: ExportedRef): boolean => shape.every((n) => n === 1);
  return refs.map((ref) => {
    const x = b.read(ref, { whole: false });
    return ref.dtype === "float64" && dtype === "float32" && isSingle(ref) ? b.cast(x, dtype) : x;
  });
}

/** `workIn`: the dtype to compute in, given the widest dtype of the operands and the result. */
const pointwise =
  (compute: Compute, workIn: (widest: DType) => DType = (widest) => widest): Rule =>
  (b, { inputs, params, out }) => {
    const meeting = out.dtype === "bool" ? resultType(inputs as readonly TensorType[]) : out.dtype;
    const xs = operands(b, inputs, meeting);
    const widest = xs.map(({ dtype }) => dtype as DType).reduce(promote, out.dtype);
    // float32 does not hold all of int32, and the kernels work in doubles.
    const isMixed = widest === "float32" && xs.some(({ dtype }) => dtype === "int32");
    const work = workIn(isMixed ? "float64" : widest);
    const result = compute(
      b,
      xs.map((x) => b.cast(x, work)),
      params,
    );
    return b.expand(b.cast(result, out.dtype), out.shape);
  };

const node =
  (type: string): Compute =>
  (b, inputs) =>
    b.node(type, inputs);

const one = (b: Builder, { dtype }: Operand, value: Size): Operand => b.number(value, dtype);
export const compare = (b: Builder, type: string, x: Operand, y: Operand): Operand =>
  b.node(type, [x, y], {}, { dtype: "bool" });
export const choose = (b: Builder, condition: Operand, x: Operand, y: Operand): Operand => {
  // ONNX Runtime has no Where for bool.
  const numbers = x.dtype === "bool" ? [x, y].map((z) => b.cast(z, "int32")) : [x, y];
  return b.cast(b.node("Where", [condition, ...numbers], {}, { dtype: (numbers[0] as Operand).dtype }), x.dtype);
};
export const isNaNIn = (b: Builder, x: Operand): Operand => b.node("IsNaN", [x], {}, { dtype: "bool" });

/** ln(1 + x); near 0 from u = 1 + x, whose rounding error x − (u − 1) is made good. */
const log1p: Compute = (b, [x]) => {
  const [t, n] = [x as Operand, (value: number) => one(b, x as Operand, value)];
  const u = b.node("Add", [t, n(1)]);
  const logarithm = b.node("Log", [u]);
  const error = b.node("Sub", [t, b.node("Sub", [u, n(1)])]);
  const exact = b.node("Add", [logarithm, b.node("Div", [error, u])]);
  return choose(b, compare(b, "Less", b.node("Abs", [t]), n(0.5)), exact, logarithm);
};

/** eˣ − 1; near 0 from u = eˣ, whose rounding error u·(x − ln u) is made good. */
const expm1: Compute = (b, [x]) => {
  const t = x as Operand;
  const u = b.node("Exp", [t]);
  const difference = b.node("Sub", [u, one(b, t, 1)]);
  const error = b.node("Mul", [u, b.node("Sub", [t, b.node("Log", [u])])]);
  const isSmall = compare(b, "Less", b.node("Abs", [t]), one(b, t, 0.5));
  return choose(b, isSmall, b.node("Add", [difference, error]), difference);
};

/** ln(1 + e⁻ˡˣˡ), for what is added to a maximum. ONNX Runtime has Softplus in float32 only. */
const tail = (b: Builder, x: Operand): Operand => {
  const away = b.node("Neg", [b.node("Abs", [x])]);
  return x.dtype === "float32" ? b.node("Softplus", [away]) : log1p(b, [b.node("Exp", [away])], {});
};

/** The larger or the smaller of two; NaN wins. (ONNX Runtime's Max and Min may lose it.) */
const extreme =
  (type: "Greater" | "Less"): Compute =>
  (b, [x, y]) => {
    const [a, c] = [x as Operand, y as Operand];
    const wins = compare(b, type, a, c);
    return choose(b, isFloat(a.dtype as DType) ? b.node("Or", [wins, isNaNIn(b, a)]) : wins, a, c);
  };

const softplus: Compute = (b, [x], { beta, threshold }) => {
  const t = x as Operand;
  const scaled = beta === 1 ? t : b.node("Mul", [t, one(b, t, beta as Size)]);
  const smooth =
    t.dtype === "float32" ? b.node("Softplus", [scaled]) : b.node("Add", [b.node("Relu", [scaled]), tail(b, scaled)]);
  const result = beta === 1 ? smooth : b.node("Div", [smooth, one(b, t, beta as Size)]);
  if (threshold === Number.POSITIVE_INFINITY) return result;
  return choose(b, compare(b, "Greater", scaled, one(b, t, threshold as Size)), t, result);
};

const clamp: Rule = (b, { inputs, params, out }) => {
  let x = b.cast(b.read(inputs[0] as ExportedRef, { whole: false }), out.dtype);
  const { min, max } = params as { min: Size; max: Size };
  const isOpen = (bound: Size): boolean => bound === Number.NEGATIVE_INFINITY || bound === Number.POSITIVE_INFINITY;
  const bounds: [string, Size][] = [
    ["Less", min],
    ["Greater", max],
  ];
  for (const [beyond, bound] of bounds) {
    if (isOpen(bound)) continue;
    const limit = b.cast(b.number(bound, out.dtype === "bool" ? "int32" : out.dtype), x.dtype);
    const at = x.dtype === "bool" ? [x, limit].map((z) => b.cast(z, "int32")) : [x, limit];
    x = choose(b, compare(b, beyond, at[0] as Operand, at[1] as Operand), limit, x);
  }
  return b.expand(x, out.shape);
};

const where: Rule = (b, { inputs, out }) => {
  const [condition, ...branches] = inputs as [ExportedRef, ...ExportedRef[]];
  const [x, y] = operands(b, branches, out.dtype).map((z) => b.cast(z, out.dtype)) as [Operand, Operand];
  return b.expand(choose(b, b.read(condition, { whole: false }), x, y), out.shape);
};

/** ONNX Runtime has erf in float32 only, and loses NaN. */
const erf: Rule = (b, op) => {
  if (op.out.dtype === "float64") throw b.refuse('erf in float64, which ONNX Runtime lacks; use .to("float32")');
  const orNaN: Compute = (b, [x]) => choose(b, isNaNIn(b, x as Operand), x as Operand, b.node("Erf", [x as Operand]));
  return pointwise(orNaN, () => "float32")(b, op);
};

const sign: Compute = (b, [x]) => {
  const t = x as Operand;
  const signs = b.node("Sign", [t]);
  return isFloat(t.dtype as DType) ? choose(b, isNaNIn(b, t), one(b, t, 0), signs) : signs;
};

/** 1 − 2 sin²(x/2): ONNX Runtime has Cos in float32 only. */
const cos: Compute = (b, [x]) => {
  const t = x as Operand;
  if (t.dtype === "float32") return b.node("Cos", [t]);
  const half = b.node("Sin", [b.node("Mul", [t, one(b, t, 0.5)])]);
  return b.node("Sub", [one(b, t, 1), b.node("Mul", [b.node("Mul", [half, half]), one(b, t, 2)])]);
};

const numbers = (widest: DType): DType => promote(widest, "int32");
const bools = (): DType => "bool";
const double = (): DType => "float64";
/** Compares the operands in their widest dtype; the result is bool. */
const comparison = (type: string, workIn?: (widest: DType) => DType): Rule =>
  pointwise((b, [x, y]) => compare(b, type, x as Operand, y as Operand), workIn);
/** A sum of bools is true where one of them is, a product where all are. */
const orOfBools = (type: string, ofBools: string): Rule =>
  pointwise((b, inputs) => b.node((inputs[0] as Operand).dtype === "bool" ? ofBools : type, inputs));
/** Integers are whole already. */
const rounding = (type: string): Rule =>
  pointwise((b, [x]) => (isFloat((x as Operand).dtype as DType) ? b.node(type, [x as Operand]) : (x as Operand)));

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  add: orOfBools("Add", "Or"),
  sub: pointwise(node("Sub")),
  mul: orOfBools("Mul", "And"),
  div: pointwise(node("Div")),
  pow: pointwise(node("Pow"), numbers),
  maximum: pointwise(extreme("Greater"), numbers),
  minimum: pointwise(extreme("Less"), numbers),
  xlogy: pointwise((b, [x, y]) => {
    const [a, c] = [x as Operand, y as Operand];
    const isZero = b.node("And", [compare(b, "Equal", a, one(b, a, 0)), b.node("Not", [isNaNIn(b, c)])]);
    return choose(b, isZero, one(b, a, 0), b.node("Mul", [a, b.node("Log", [c])]));
  }),
  logAddExp: pointwise((b, inputs) => {
    const [x, y] = inputs as [Operand, Operand];
    const sum = b.node("Add", [extreme("Greater")(b, inputs, {}), tail(b, b.node("Sub", [x, y]))]);
    return choose(b, compare(b, "Equal", x, y), b.node("Add", [x, one(b, x, Math.LN2)]), sum);
  }),
  neg: pointwise(node("Neg")),
  abs: pointwise(node("Abs")),
  sign: pointwise(sign, numbers),
  exp: pointwise(node("Exp")),
  expm1: pointwise(expm1, double),
  log: pointwise(node("Log")),
  log1p: pointwise(log1p, double),
  log2: pointwise((b, [x]) => b.node("Div", [b.node("Log", [x as Operand]), one(b, x as Operand, Math.LN2)]), double),
  sqrt: pointwise(node("Sqrt")),
  sin: pointwise(node("Sin")),
  cos: pointwise(cos),
  erf,
  floor: rounding("Floor"),
  ceil: rounding("Ceil"),
  round: rounding("Round"),
  relu: pointwise(node("Relu")),
  sigmoid: pointwise(node("Sigmoid")),
  tanh: pointwise(node("Tanh")),
  softplus: pointwise(softplus),
  eq: comparison("Equal"),
  ne: pointwise((b, [x, y]) => b.node("Not", [compare(b, "Equal", x as Operand, y as Operand)])),
  lt: comparison("Less", numbers),
  le: comparison("LessOrEqual", numbers),
  gt: comparison("Greater", numbers),
  ge: comparison("GreaterOrEqual", numbers),
  logicalAnd: pointwise(node("And"), bools),
  logicalOr: pointwise(node("Or"), bools),
  logicalNot: pointwise(node("Not"), bools),
  where,
  clamp,
  cast: (b, { inputs, out }) => b.cast(b.read(inputs[0] as ExportedRef), out.dtype),
  clone: pointwise((_, [x]) => x as Operand),
};
