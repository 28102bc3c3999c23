// Ops that work element by element, on one tensor or on several that broadcast.
import { bind, toTensor } from "../bind.ts";
import { full } from "../create.ts";
import { type DType, isFloat, resultType, weakDType } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { checkOptions, describeValue } from "../options.ts";
import { definePrimitive, type Primitive, type TensorType, type Vjp } from "../primitive.ts";
import { broadcastShapes } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { cast, castFor } from "./cast.ts";
import { counted, floating, type Infer, numeric, same, truth } from "./types.ts";

/** An op on one value: [...] → [...], element by element. */
export type Unary = (x: TensorLike) => Tensor;
/** An op on two values, whose shapes broadcast: element by element. */
export type Binary = (a: TensorLike, b: TensorLike) => Tensor;

type Properties = Pick<Primitive, "involution" | "neutral">;
type Rule<I extends readonly Tensor[]> = Vjp<I> | null;

function unary(name: string, infer: Infer, rule: Rule<readonly [Tensor]>, properties: Properties = {}): Unary {
  const [kind, vjps] = ["elementwise", [rule]] as const;
  const primitive = definePrimitive<readonly [Tensor]>({ name, kind, infer, vjps, ...properties });
  return (x) => bind(primitive, [x]);
}

function binary(
  name: string,
  infer: Infer,
  vjpA: Rule<readonly [Tensor, Tensor]> = null,
  vjpB: Rule<readonly [Tensor, Tensor]> = null,
  properties: Properties = {},
): Binary {
  const [kind, vjps] = ["elementwise", [vjpA, vjpB]] as const;
  const primitive = definePrimitive<readonly [Tensor, Tensor]>({ name, kind, infer, vjps, ...properties });
  return (a, b) => bind(primitive, [a, b]);
}

/** Where a function is flat, or jumps, its derivative is taken to be 0. */
const zero: Vjp = (ct) => full(ct.shape, 0, { dtype: ct.dtype });

// Each rule takes ct = ∂L/∂out and returns ∂L/∂in. Broadcasting and promotion are undone by backprop, not here.

/**
 * The sum of two tensors, element by element; shapes broadcast, dtypes promote.
 * @formula a + b
 * @derivative ∂/∂a = 1, ∂/∂b = 1
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * add(tensor([1, 2]), 10) // tensor([11., 12.])
 * @see https://pytorch.org/docs/stable/generated/torch.add.html
 */
export const add: Binary = binary(
  "add",
  same,
  (ct) => ct, // ∂(a + b)/∂a = 1
  (ct) => ct,
);

/**
 * The difference of two tensors, element by element; shapes broadcast, dtypes promote.
 * @formula a − b
 * @derivative ∂/∂a = 1, ∂/∂b = −1
 * @throws {DTypeError} when both are bool
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * sub(tensor([1, 2]), 10) // tensor([-9., -8.])
 * @see https://pytorch.org/docs/stable/generated/torch.sub.html
 */
export const sub: Binary = binary(
  "sub",
  numeric,
  (ct) => ct,
  (ct) => neg(ct), // ∂(a − b)/∂b = −1
);

/**
 * The product of two tensors, element by element; shapes broadcast, dtypes promote. `matmul` is the product of
 * matrices.
 * @formula a · b
 * @derivative ∂/∂a = b, ∂/∂b = a
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * mul(tensor([1, 2]), tensor([[10], [20]])) // tensor([[10., 20.], [20., 40.]])
 * @see https://pytorch.org/docs/stable/generated/torch.mul.html
 */
export const mul: Binary = binary(
  "mul",
  same,
  (ct, [, b]) => mul(ct, b), // ∂(a·b)/∂a = b
  (ct, [a]) => mul(ct, a), // ∂(a·b)/∂b = a
  { neutral: [1, 1] }, // a·1 = a, 1·b = b
);

/**
 * The quotient of two tensors, element by element; shapes broadcast. Integers give float32; division by 0 gives ±∞ or
 * NaN.
 * @formula a / b
 * @derivative ∂/∂a = 1/b, ∂/∂b = −a/b²
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * div(tensor([1, 2]), 4) // tensor([0.2500, 0.5000])
 * @see https://pytorch.org/docs/stable/generated/torch.div.html
 */
export const div: Binary = binary(
  "div",
  floating,
  (ct, [, b]) => div(ct, b), // ∂(a/b)/∂a = 1/b
  (ct, [, b], out) => neg(div(mul(ct, out), b)), // ∂(a/b)/∂b = −a/b² = −out/b
  { neutral: [null, 1] }, // a/1 = a
);

const anyPower = binary(
  "pow",
  same,
  // ∂(aᵇ)/∂a = b·aᵇ⁻¹, and 0 at b = 0, where the power is kept finite too: 0 · 0⁻¹ would be NaN in later derivatives
  (ct, [a, b]) => {
    const flat = eq(b, 0);
    return where(flat, 0, mul(ct, mul(b, pow(a, where(flat, 1, sub(b, 1))))));
  },
  // ∂(aᵇ)/∂b = aᵇ·ln a, with 0ᵇ·ln 0 = 0
  (ct, [a, b], out) => {
    const flat = logicalAnd(eq(a, 0), ge(b, 0));
    return where(flat, 0, mul(ct, mul(out, log(where(flat, 1, a)))));
  },
);

/**
 * `a` to the power `b`, element by element; shapes broadcast, dtypes promote; pow(0, 0) = 1.
 * @formula aᵇ
 * @derivative ∂/∂a = b·aᵇ⁻¹ (0 where b = 0), ∂/∂b = aᵇ·ln a (0 where a = 0 and b ≥ 0)
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @throws {ValueError} when `a` holds integers and `b` is a negative integer
 * @example
 * pow(tensor([1, 2, 3]), 2) // tensor([1., 4., 9.])
 * pow(2, tensor([1, 2, 3])) // tensor([2., 4., 8.])
 * @see https://pytorch.org/docs/stable/generated/torch.pow.html
 */
export const pow: Binary = (a, b) => {
  const x = toTensor("pow", a);
  if (typeof b === "number" && b < 0 && Number.isInteger(b) && !isFloat(x.dtype)) {
    throw new ValueError(`pow: ${x.dtype} to the power ${b} is not an integer; use .to("float32")`);
  }
  return anyPower(a, b);
};

/**
 * The larger of two elements; NaN wins. Shapes broadcast, dtypes promote. `amax` and `max` are along an axis.
 * @formula max(a, b)
 * @derivative 1 for the larger, 0 for the other; ½ each where they are equal
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * maximum(tensor([1, 5]), 3) // tensor([3., 5.])
 * @see https://pytorch.org/docs/stable/generated/torch.maximum.html
 */
export const maximum: Binary = binary(
  "maximum",
  same,
  (ct, [a, b]) => chosen(ct, lt(a, b), eq(a, b)), // ∂max/∂a = 1 where a > b
  (ct, [a, b]) => chosen(ct, lt(b, a), eq(a, b)),
);

/**
 * The smaller of two elements; NaN wins. Shapes broadcast, dtypes promote. `amin` and `min` are along an axis.
 * @formula min(a, b)
 * @derivative 1 for the smaller, 0 for the other; ½ each where they are equal
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * minimum(tensor([1, 5]), 3) // tensor([1., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.minimum.html
 */
export const minimum: Binary = binary(
  "minimum",
  same,
  (ct, [a, b]) => chosen(ct, gt(a, b), eq(a, b)), // ∂min/∂a = 1 where a < b
  (ct, [a, b]) => chosen(ct, gt(b, a), eq(a, b)),
);

const chosen = (ct: Tensor, lost: Tensor, tied: Tensor): Tensor => where(tied, mul(ct, 0.5), where(lost, 0, ct));

/**
 * x · ln y, element by element, with 0 · ln 0 = 0: the term of every entropy. Shapes broadcast; integers give float32.
 * @formula x · ln y
 * @derivative ∂/∂x = ln y (0 where x = 0 and y ≤ 0), ∂/∂y = x/y
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * xlogy(tensor([0, 2]), tensor([0, 1])) // tensor([0., 0.])
 * @see https://pytorch.org/docs/stable/generated/torch.xlogy.html
 */
export const xlogy: Binary = binary(
  "xlogy",
  floating,
  // ∂(x·ln y)/∂x = ln y, taken as 0 at x = 0, y ≤ 0
  (ct, [x, y]) => mul(ct, log(where(logicalAnd(eq(x, 0), le(y, 0)), 1, y))),
  (ct, [x, y]) => mul(ct, div(x, y)), // ∂(x·ln y)/∂y = x/y
);

/**
 * ln(eᵃ + eᵇ), element by element, without overflow. Shapes broadcast; integers give float32.
 * @formula ln(eᵃ + eᵇ)
 * @derivative ∂/∂a = σ(a − b), ∂/∂b = σ(b − a)
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * logAddExp(tensor([0, 1000]), tensor([0, 1000])) // tensor([6.9315e-01, 1.0007e+03])
 * @see https://pytorch.org/docs/stable/generated/torch.logaddexp.html
 */
export const logAddExp: Binary = binary(
  "logAddExp",
  floating,
  (ct, [a, b]) => mul(ct, sigmoid(sub(a, b))), // ∂/∂a = eᵃ/(eᵃ + eᵇ) = σ(a − b)
  (ct, [a, b]) => mul(ct, sigmoid(sub(b, a))),
);

/**
 * The negative of each element: [...] → [...], in the dtype of `x`.
 * @formula −x
 * @derivative −1
 * @throws {DTypeError} when `x` is bool
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * neg(tensor([1, -2])) // tensor([-1., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.neg.html
 */
export const neg: Unary = unary("neg", numeric, (ct) => neg(ct), { involution: true }); // −(−x) = x

/**
 * The absolute value of each element: [...] → [...], in the dtype of `x`.
 * @formula |x|
 * @derivative sign x (0 at 0)
 * @throws {DTypeError} when `x` is bool
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * abs(tensor([1, -2])) // tensor([1., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.abs.html
 */
export const abs: Unary = unary("abs", numeric, (ct, [x]) => mul(ct, sign(x)));

/**
 * −1, 0 or 1 for each element: [...] → [...], in the dtype of `x`.
 * @formula sign x
 * @derivative 0
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * sign(tensor([3, 0, -2])) // tensor([ 1., 0., -1.])
 * @see https://pytorch.org/docs/stable/generated/torch.sign.html
 */
export const sign: Unary = unary("sign", same, zero);

/**
 * e to the power of each element: [...] → [...]. Integers and booleans give float32.
 * @formula eˣ
 * @derivative eˣ
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * exp(tensor([0, 1])) // tensor([1.0000, 2.7183])
 * @see https://pytorch.org/docs/stable/generated/torch.exp.html
 */
export const exp: Unary = unary("exp", floating, (ct, _, out) => mul(ct, out));

/**
 * eˣ − 1 of each element, exact near 0: [...] → [...]. Integers and booleans give float32.
 * @formula eˣ − 1
 * @derivative eˣ
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * expm1(tensor([0, 1e-8])) // tensor([0.0000e+00, 1.0000e-08])
 * @see https://pytorch.org/docs/stable/generated/torch.expm1.html
 */
export const expm1: Unary = unary("expm1", floating, (ct, _, out) => mul(ct, add(out, 1)));

/**
 * The natural logarithm of each element: [...] → [...]; −∞ at 0, NaN below. Integers and booleans give float32.
 * @formula ln x
 * @derivative 1/x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * log(tensor([1, Math.E])) // tensor([0.0000, 1.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.log.html
 */
export const log: Unary = unary("log", floating, (ct, [x]) => div(ct, x));

/**
 * ln(1 + x) of each element, exact near 0: [...] → [...]. Integers and booleans give float32.
 * @formula ln(1 + x)
 * @derivative 1/(1 + x)
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * log1p(tensor([0, 1e-8])) // tensor([0.0000e+00, 1.0000e-08])
 * @see https://pytorch.org/docs/stable/generated/torch.log1p.html
 */
export const log1p: Unary = unary("log1p", floating, (ct, [x]) => div(ct, add(x, 1)));

/**
 * The square root of each element: [...] → [...]; NaN below 0. Integers and booleans give float32.
 * @formula √x
 * @derivative 1/(2·√x)
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * sqrt(tensor([4, 9])) // tensor([2., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.sqrt.html
 */
export const sqrt: Unary = unary("sqrt", floating, (ct, _, out) => div(ct, mul(out, 2)));

/**
 * The sine of each element, in radians: [...] → [...]. Integers and booleans give float32.
 * @formula sin x
 * @derivative cos x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * sin(tensor([0, Math.PI / 2])) // tensor([0., 1.])
 * @see https://pytorch.org/docs/stable/generated/torch.sin.html
 */
export const sin: Unary = unary("sin", floating, (ct, [x]) => mul(ct, cos(x)));

/**
 * The cosine of each element, in radians: [...] → [...]. Integers and booleans give float32.
 * @formula cos x
 * @derivative −sin x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * cos(tensor([0, Math.PI])) // tensor([ 1., -1.])
 * @see https://pytorch.org/docs/stable/generated/torch.cos.html
 */
export const cos: Unary = unary("cos", floating, (ct, [x]) => neg(mul(ct, sin(x))));

/**
 * The error function of each element: [...] → [...]. Integers and booleans give float32.
 * @formula 2/√π · ∫₀ˣ e^(−t²) dt
 * @derivative 2/√π · e^(−x²)
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * erf(tensor([0, 1])) // tensor([0.0000, 0.8427])
 * @see https://pytorch.org/docs/stable/generated/torch.erf.html
 */
export const erf: Unary = unary(
  "erf",
  floating,
  (ct, [x]) => mul(ct, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))), // (2/√π)·e^(−x²)
);

/**
 * The largest integer ≤ x, for each element: [...] → [...], in the dtype of `x`.
 * @formula ⌊x⌋
 * @derivative 0
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * floor(tensor([1.5, -1.5])) // tensor([ 1., -2.])
 * @see https://pytorch.org/docs/stable/generated/torch.floor.html
 */
export const floor: Unary = unary("floor", same, zero);

/**
 * The smallest integer ≥ x, for each element: [...] → [...], in the dtype of `x`.
 * @formula ⌈x⌉
 * @derivative 0
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * ceil(tensor([1.5, -1.5])) // tensor([ 2., -1.])
 * @see https://pytorch.org/docs/stable/generated/torch.ceil.html
 */
export const ceil: Unary = unary("ceil", same, zero);

/**
 * The nearest integer, for each element: [...] → [...], in the dtype of `x`. Halves go to the even one, as in PyTorch
 * and unlike `Math.round`.
 * @formula x rounded, halves to even
 * @derivative 0
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * round(tensor([0.5, 1.5, 2.5])) // tensor([0., 2., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.round.html
 */
export const round: Unary = unary("round", same, zero);

/**
 * max(x, 0) of each element: [...] → [...], in the dtype of `x`.
 * @formula max(x, 0)
 * @derivative 1 where x > 0, else 0
 * @throws {DTypeError} when `x` is bool
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * relu(tensor([-1, 2])) // tensor([0., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
 */
export const relu: Unary = unary("relu", numeric, (ct, [x]) => where(le(x, 0), 0, ct));

/**
 * The logistic function of each element: [...] → [...], between 0 and 1. Integers and booleans give float32.
 * @formula σ(x) = 1 / (1 + e⁻ˣ)
 * @derivative σ(x)·(1 − σ(x))
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * sigmoid(tensor([0, 2])) // tensor([0.5000, 0.8808])
 * @see https://pytorch.org/docs/stable/generated/torch.sigmoid.html
 */
export const sigmoid: Unary = unary("sigmoid", floating, (ct, _, out) => mul(ct, mul(out, sub(1, out))));

/**
 * The hyperbolic tangent of each element: [...] → [...], between −1 and 1. Integers and booleans give float32.
 * @formula tanh x
 * @derivative 1 − tanh² x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * tanh(tensor([0, 1])) // tensor([0.0000, 0.7616])
 * @see https://pytorch.org/docs/stable/generated/torch.tanh.html
 */
export const tanh: Unary = unary("tanh", floating, (ct, _, out) => mul(ct, sub(1, mul(out, out))));

/**
 * The square of each element: [...] → [...], in the dtype of `x`; booleans give int32.
 * @formula x²
 * @derivative 2x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * square(tensor([-3, 2])) // tensor([9., 4.])
 * @see https://pytorch.org/docs/stable/generated/torch.square.html
 */
export const square: Unary = (x) => {
  const t = toTensor("square", x);
  const factor = cast(t, counted(t.dtype));
  return mul(factor, factor);
};

/**
 * 1 / x of each element: [...] → [...]. Integers and booleans give float32.
 * @formula 1/x
 * @derivative −1/x²
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * reciprocal(tensor([2, 4])) // tensor([0.5000, 0.2500])
 * @see https://pytorch.org/docs/stable/generated/torch.reciprocal.html
 */
export const reciprocal: Unary = (x) => div(1, toTensor("reciprocal", x));

/**
 * 1 / √x of each element: [...] → [...]. Integers and booleans give float32.
 * @formula 1/√x
 * @derivative −1/(2·x·√x)
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * rsqrt(tensor([4, 16])) // tensor([0.5000, 0.2500])
 * @see https://pytorch.org/docs/stable/generated/torch.rsqrt.html
 */
export const rsqrt: Unary = (x) => div(1, sqrt(toTensor("rsqrt", x)));

/**
 * Whether two elements are equal, bool; shapes broadcast. NaN equals nothing.
 * @formula a = b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * eq(tensor([1, 2]), 2) // tensor([false, true])
 * @see https://pytorch.org/docs/stable/generated/torch.eq.html
 */
export const eq: Binary = binary("eq", truth);
/**
 * Whether two elements differ, bool; shapes broadcast. NaN differs from everything, itself too.
 * @formula a ≠ b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * ne(tensor([1, 2]), 2) // tensor([ true, false])
 * @see https://pytorch.org/docs/stable/generated/torch.ne.html
 */
export const ne: Binary = binary("ne", truth);
/**
 * Whether `a` is smaller than `b`, element by element, bool; shapes broadcast. False beside NaN.
 * @formula a < b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * lt(tensor([1, 2]), 2) // tensor([ true, false])
 * @see https://pytorch.org/docs/stable/generated/torch.lt.html
 */
export const lt: Binary = binary("lt", truth);
/**
 * Whether `a` is smaller than or equal to `b`, element by element, bool; shapes broadcast. False beside NaN.
 * @formula a ≤ b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * le(tensor([1, 2, 3]), 2) // tensor([ true, true, false])
 * @see https://pytorch.org/docs/stable/generated/torch.le.html
 */
export const le: Binary = binary("le", truth);
/**
 * Whether `a` is larger than `b`, element by element, bool; shapes broadcast. False beside NaN.
 * @formula a > b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * gt(tensor([1, 2, 3]), 2) // tensor([false, false, true])
 * @see https://pytorch.org/docs/stable/generated/torch.gt.html
 */
export const gt: Binary = binary("gt", truth);
/**
 * Whether `a` is larger than or equal to `b`, element by element, bool; shapes broadcast. False beside NaN.
 * @formula a ≥ b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * ge(tensor([1, 2, 3]), 2) // tensor([false, true, true])
 * @see https://pytorch.org/docs/stable/generated/torch.ge.html
 */
export const ge: Binary = binary("ge", truth);
/**
 * Whether both elements are non-zero, bool; shapes broadcast.
 * @formula a ∧ b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * logicalAnd(tensor([true, true]), tensor([true, false])) // tensor([ true, false])
 * @see https://pytorch.org/docs/stable/generated/torch.logical_and.html
 */
export const logicalAnd: Binary = binary("logicalAnd", truth);
/**
 * Whether at least one of two elements is non-zero, bool; shapes broadcast.
 * @formula a ∨ b
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * logicalOr(tensor([true, false]), tensor([false, false])) // tensor([ true, false])
 * @see https://pytorch.org/docs/stable/generated/torch.logical_or.html
 */
export const logicalOr: Binary = binary("logicalOr", truth);
/**
 * Whether each element is zero: [...] → [...], bool.
 * @formula ¬x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * logicalNot(tensor([true, false])) // tensor([false, true])
 * @see https://pytorch.org/docs/stable/generated/torch.logical_not.html
 */
export const logicalNot: Unary = unary("logicalNot", truth, null);
/**
 * Whether each element is not a number: [...] → [...], bool.
 * @formula x ≠ x
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * isNaN(tensor([1, NaN])) // tensor([false, true])
 * @see https://pytorch.org/docs/stable/generated/torch.isnan.html
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: PyTorch's name; the global is not used here
export const isNaN: Unary = (x) => {
  const t = toTensor("isNaN", x);
  return ne(t, t);
};
/**
 * Whether each element is neither infinite nor NaN: [...] → [...], bool.
 * @formula |x| < ∞
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * isFinite(tensor([1, Infinity, NaN])) // tensor([ true, false, false])
 * @see https://pytorch.org/docs/stable/generated/torch.isfinite.html
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: PyTorch's name; the global is not used here
export const isFinite: Unary = (x) => lt(abs(cast(toTensor("isFinite", x), "float64")), Number.POSITIVE_INFINITY);

const whereP = definePrimitive<readonly [Tensor, Tensor, Tensor]>({
  name: "where",
  kind: "elementwise",
  infer: ([condition, a, b], _, name) => {
    const [c, x, y] = [condition, a, b] as [TensorType, TensorType, TensorType];
    if (c.dtype !== "bool") {
      throw new DTypeError(`${name}: the condition must be bool, got ${c.dtype}; compare first, as in x.ne(0)`);
    }
    const shape = broadcastShapes(name, broadcastShapes(name, c.shape, x.shape), y.shape);
    return { shape, dtype: resultType([x, y]) };
  },
  vjps: [
    null,
    (ct, [condition]) => where(condition, ct, 0), // the gradient goes where the value came from
    (ct, [condition]) => where(condition, 0, ct),
  ],
});

/**
 * `a` where the condition holds, else `b`: all three broadcast, and `a` and `b` promote. The branch that is not taken
 * gets the gradient 0; where the derivative of what computed it is infinite, that makes NaN, as in PyTorch: keep its
 * input finite by a `where` of its own.
 * @param condition bool
 * @formula a where c, else b
 * @derivative ∂/∂a = 1 where c, ∂/∂b = 1 where not c, else 0
 * @throws {DTypeError} when the condition is not bool
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0) // tensor([1., 0.])
 * @see https://pytorch.org/docs/stable/generated/torch.where.html
 */
export const where = (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor => bind(whereP, [condition, a, b]);

/** The bounds of `clamp`: one of them, or both. */
export interface ClampOptions {
  /** The least value. Default: none. */
  readonly min?: number;
  /** The largest value. Default: none. */
  readonly max?: number;
}

const clampP = definePrimitive<readonly [Tensor], Required<ClampOptions> & { dtype: DType }>({
  name: "clamp",
  kind: "elementwise",
  infer: ([x], { dtype }) => ({ shape: (x as TensorType).shape, dtype }),
  // ∂clamp/∂x = 1 inside and at the bounds, 0 outside
  vjps: [(ct, [x], _, { min, max }) => where(logicalAnd(ge(x, min), le(x, max)), ct, 0)],
});

/**
 * Each element limited to [min, max]: [...] → [...], in the dtype of `x`, which bounds with fractions make a float. min
 * > max gives max, as in PyTorch.
 * @formula min(max(x, min), max)
 * @derivative 1 inside and at the bounds, 0 outside
 * @throws {ValueError} when there is no bound, a bound is not a number, or `x` is neither a tensor nor numbers
 * @example
 * clamp(tensor([-2, 0.5, 3]), { min: 0, max: 1 }) // tensor([0.0000, 0.5000, 1.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.clamp.html
 */
export function clamp(x: TensorLike, options: ClampOptions): Tensor {
  const { min, max } = checkOptions("clamp", options, { min: "any", max: "any" });
  const bounds = [min, max].filter((bound) => bound !== undefined);
  const odd = bounds.find((bound) => typeof bound !== "number" && typeof bound !== "boolean");
  if (odd !== undefined) {
    throw new ValueError(`clamp: bounds are numbers, got ${describeValue(odd)}; use maximum and minimum for tensors`);
  }
  if (bounds.length === 0) throw new ValueError("clamp: give min, max or both");
  const t = toTensor("clamp", x);
  const dtype = weakDType(bounds, t.dtype);
  return bind(clampP, [t], { min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY, dtype });
}

/**
 * `x` with `value` where `mask` holds, in the dtype of `x`; shapes broadcast.
 * @param mask bool
 * @param value a number, or a tensor that broadcasts
 * @formula value where mask, else x
 * @derivative ∂/∂x = 1 where not mask, ∂/∂value = 1 where mask, else 0
 * @throws {DTypeError} when the mask is not bool
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * maskedFill(tensor([1, 2, 3]), tensor([false, true, false]), -1) // tensor([ 1., -1., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html
 */
export function maskedFill(x: TensorLike, mask: TensorLike, value: TensorLike): Tensor {
  const t = toTensor("maskedFill", x);
  return where(mask, castFor("maskedFill", value, t.dtype), t);
}
