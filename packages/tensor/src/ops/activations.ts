// Activation functions beyond relu, sigmoid and tanh.
import { bind, toTensor } from "../bind.ts";
import { ValueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { definePrimitive } from "../primitive.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { add, erf, expm1, gt, mul, neg, sigmoid, tanh, type Unary, where } from "./elementwise.ts";
import { floating } from "./types.ts";

/** `beta` is how sharp the bend is (default 1); where β·x > `threshold` (default 20) the result is x itself. */
export interface SoftplusOptions {
  readonly beta?: number;
  readonly threshold?: number;
}

const softplusP = definePrimitive<readonly [Tensor], Required<SoftplusOptions>>({
  name: "softplus",
  kind: "elementwise",
  infer: floating,
  // ∂/∂x ln(1 + e^βx)/β = σ(βx), and 1 beyond the threshold
  vjps: [(ct, [x], _, { beta, threshold }) => where(gt(mul(x, beta), threshold), ct, mul(ct, sigmoid(mul(x, beta))))],
});

/**
 * ln(1 + e^βx) / β, a smooth relu; without overflow or loss of small values at either end.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export function softplus(x: TensorLike, options: SoftplusOptions = {}): Tensor {
  const { beta = 1, threshold = 20 } = checkOptions("softplus", options, { beta: "number", threshold: "number" });
  if (!(beta > 0)) throw new ValueError(`softplus: beta must be positive, got ${beta}`);
  return bind(softplusP, [x], { beta, threshold });
}

/** ln σ(x) = −ln(1 + e⁻ˣ), right also where σ(x) itself rounds to 0 */
export const logSigmoid: Unary = (x) => neg(softplus(neg(x), { threshold: Number.POSITIVE_INFINITY }));

/** x · σ(x), also called swish */
export function silu(x: TensorLike): Tensor {
  const t = toTensor("silu", x);
  return mul(t, sigmoid(t));
}

/** x where positive, else `negativeSlope` · x (default 0.01); the derivative at 0 is the slope. */
export function leakyRelu(x: TensorLike, options: { readonly negativeSlope?: number } = {}): Tensor {
  const { negativeSlope = 0.01 } = checkOptions("leakyRelu", options, { negativeSlope: "number" });
  const t = toTensor("leakyRelu", x);
  return where(gt(t, 0), t, mul(t, negativeSlope));
}

/** x where positive, else `alpha` · (eˣ − 1) (default 1); the derivative at 0 is alpha. */
export function elu(x: TensorLike, options: { readonly alpha?: number } = {}): Tensor {
  const { alpha = 1 } = checkOptions("elu", options, { alpha: "number" });
  const t = toTensor("elu", x);
  const positive = gt(t, 0);
  const negative = where(positive, 0, t); // so that the branch not taken cannot overflow
  return where(positive, t, mul(expm1(negative), alpha));
}

/** `approximate: "tanh"` is the cheaper form of the original paper. Default "none". */
export interface GeluOptions {
  readonly approximate?: "none" | "tanh";
}

/**
 * x · Φ(x), where Φ is the normal distribution function.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export function gelu(x: TensorLike, options: GeluOptions = {}): Tensor {
  const { approximate } = checkOptions("gelu", options, { approximate: ["none", "tanh"] });
  const t = toTensor("gelu", x);
  if (approximate !== "tanh") return mul(mul(t, 0.5), add(erf(mul(t, Math.SQRT1_2)), 1));
  // √(2/π)·(x + 0.044715·x³)
  const inner = mul(mul(t, Math.sqrt(2 / Math.PI)), add(mul(mul(t, t), 0.044715), 1));
  return mul(mul(t, 0.5), add(tanh(inner), 1));
}
