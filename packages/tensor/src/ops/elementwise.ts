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

/** An op on one value. */
export type Unary = (x: TensorLike) => Tensor;
/** An op on two values, which broadcast. */
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

/** a + b */
export const add: Binary = binary(
  "add",
  same,
  (ct) => ct, // ∂(a + b)/∂a = 1
  (ct) => ct,
);

/** a − b */
export const sub: Binary = binary(
  "sub",
  numeric,
  (ct) => ct,
  (ct) => neg(ct), // ∂(a − b)/∂b = −1
);

/** a · b, elementwise */
export const mul: Binary = binary(
  "mul",
  same,
  (ct, [, b]) => mul(ct, b), // ∂(a·b)/∂a = b
  (ct, [a]) => mul(ct, a), // ∂(a·b)/∂b = a
  { neutral: [1, 1] }, // a·1 = a, 1·b = b
);

/** a / b; integers divide to float32, as in PyTorch */
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
 * a to the power b. pow(0, 0) = 1; the derivative by `a` at b = 0 is 0, that by `b` at a = 0, b ≥ 0 is 0.
 * Integers to a negative number throw, as in PyTorch.
 */
export const pow: Binary = (a, b) => {
  const x = toTensor("pow", a);
  if (typeof b === "number" && b < 0 && Number.isInteger(b) && !isFloat(x.dtype)) {
    throw new ValueError(`pow: ${x.dtype} to the power ${b} is no integer; use .to("float32")`);
  }
  return anyPower(a, b);
};

/** The larger of a and b; NaN wins. Where they are equal each gets half of the gradient. */
export const maximum: Binary = binary(
  "maximum",
  same,
  (ct, [a, b]) => chosen(ct, lt(a, b), eq(a, b)), // ∂max/∂a = 1 where a > b
  (ct, [a, b]) => chosen(ct, lt(b, a), eq(a, b)),
);

/** The smaller of a and b; NaN wins. Where they are equal each gets half of the gradient. */
export const minimum: Binary = binary(
  "minimum",
  same,
  (ct, [a, b]) => chosen(ct, gt(a, b), eq(a, b)), // ∂min/∂a = 1 where a < b
  (ct, [a, b]) => chosen(ct, gt(b, a), eq(a, b)),
);

const chosen = (ct: Tensor, lost: Tensor, tied: Tensor): Tensor => where(tied, mul(ct, 0.5), where(lost, 0, ct));

/** x · ln y, with 0 · ln 0 = 0: the term of every entropy */
export const xlogy: Binary = binary(
  "xlogy",
  floating,
  // ∂(x·ln y)/∂x = ln y, taken as 0 at x = 0, y ≤ 0
  (ct, [x, y]) => mul(ct, log(where(logicalAnd(eq(x, 0), le(y, 0)), 1, y))),
  (ct, [x, y]) => mul(ct, div(x, y)), // ∂(x·ln y)/∂y = x/y
);

/** ln(eᵃ + eᵇ), without overflow */
export const logAddExp: Binary = binary(
  "logAddExp",
  floating,
  (ct, [a, b]) => mul(ct, sigmoid(sub(a, b))), // ∂/∂a = eᵃ/(eᵃ + eᵇ) = σ(a − b)
  (ct, [a, b]) => mul(ct, sigmoid(sub(b, a))),
);

/** −x */
export const neg: Unary = unary("neg", numeric, (ct) => neg(ct), { involution: true }); // −(−x) = x

/** |x|; its derivative at 0 is 0 */
export const abs: Unary = unary("abs", numeric, (ct, [x]) => mul(ct, sign(x)));

/** −1, 0 or 1 */
export const sign: Unary = unary("sign", same, zero);

/** eˣ */
export const exp: Unary = unary("exp", floating, (ct, _, out) => mul(ct, out));

/** eˣ − 1, exact near 0 */
export const expm1: Unary = unary("expm1", floating, (ct, _, out) => mul(ct, add(out, 1)));

/** ln x */
export const log: Unary = unary("log", floating, (ct, [x]) => div(ct, x));

/** ln(1 + x), exact near 0 */
export const log1p: Unary = unary("log1p", floating, (ct, [x]) => div(ct, add(x, 1)));

/** √x */
export const sqrt: Unary = unary("sqrt", floating, (ct, _, out) => div(ct, mul(out, 2)));

/** sin x, in radians */
export const sin: Unary = unary("sin", floating, (ct, [x]) => mul(ct, cos(x)));

/** cos x, in radians */
export const cos: Unary = unary("cos", floating, (ct, [x]) => neg(mul(ct, sin(x))));

/** The error function, 2/√π ∫₀ˣ e^(−t²) dt */
export const erf: Unary = unary(
  "erf",
  floating,
  (ct, [x]) => mul(ct, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))), // (2/√π)·e^(−x²)
);

/** The largest integer ≤ x */
export const floor: Unary = unary("floor", same, zero);

/** The smallest integer ≥ x */
export const ceil: Unary = unary("ceil", same, zero);

/** The nearest integer; halves go to the even one, as in PyTorch and unlike Math.round */
export const round: Unary = unary("round", same, zero);

/** max(x, 0); its derivative at 0 is 0 */
export const relu: Unary = unary("relu", numeric, (ct, [x]) => where(le(x, 0), 0, ct));

/** σ(x) = 1 / (1 + e⁻ˣ) */
export const sigmoid: Unary = unary("sigmoid", floating, (ct, _, out) => mul(ct, mul(out, sub(1, out))));

/** tanh x */
export const tanh: Unary = unary("tanh", floating, (ct, _, out) => mul(ct, sub(1, mul(out, out))));

/** x² */
export const square: Unary = (x) => {
  const t = toTensor("square", x);
  const factor = cast(t, counted(t.dtype));
  return mul(factor, factor);
};

/** 1 / x */
export const reciprocal: Unary = (x) => div(1, toTensor("reciprocal", x));

/** 1 / √x */
export const rsqrt: Unary = (x) => div(1, sqrt(toTensor("rsqrt", x)));

/** a = b */
export const eq: Binary = binary("eq", truth);
/** a ≠ b */
export const ne: Binary = binary("ne", truth);
/** a < b */
export const lt: Binary = binary("lt", truth);
/** a ≤ b */
export const le: Binary = binary("le", truth);
/** a > b */
export const gt: Binary = binary("gt", truth);
/** a ≥ b */
export const ge: Binary = binary("ge", truth);
/** Both are non-zero. */
export const logicalAnd: Binary = binary("logicalAnd", truth);
/** At least one is non-zero. */
export const logicalOr: Binary = binary("logicalOr", truth);
/** x is zero. */
export const logicalNot: Unary = unary("logicalNot", truth, null);
/** x is not a number. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: PyTorch's name; the global is not used here
export const isNaN: Unary = (x) => {
  const t = toTensor("isNaN", x);
  return ne(t, t);
};
/** x is neither infinite nor NaN. */
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
 * `a` where the condition holds, else `b`; all three broadcast. The branch not taken gets the gradient 0; where its own
 * derivative is infinite that makes NaN, as in PyTorch, so keep its input finite by a `where` of its own.
 */
export const where = (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor => bind(whereP, [condition, a, b]);

/** Bounds; either may be left out. */
export interface ClampOptions {
  readonly min?: number;
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
 * x limited to [min, max]; at a bound the gradient still passes. min > max gives max, as in PyTorch.
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

/** x with `value` (a number, or a tensor that broadcasts) where `mask` holds; keeps the dtype of x. */
export function maskedFill(x: TensorLike, mask: TensorLike, value: TensorLike): Tensor {
  const t = toTensor("maskedFill", x);
  return where(mask, castFor("maskedFill", value, t.dtype), t);
}
