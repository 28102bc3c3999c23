// Activation functions beyond relu, sigmoid and tanh.
import { bind, toTensor } from "../bind.ts";
import { ValueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { definePrimitive } from "../primitive.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { add, erf, expm1, gt, mul, neg, sigmoid, tanh, type Unary, where } from "./elementwise.ts";
import { floating } from "./types.ts";

/** The options of `softplus`. */
export interface SoftplusOptions {
  /** How sharp the bend is, above 0. Default 1. */
  readonly beta?: number;
  /** Where β·x is above it, the result is x itself. Default 20. */
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
 * A smooth relu of each element: [...] → [...]; no overflow, and no loss of small values. Integers give float32.
 * @formula ln(1 + e^(βx)) / β
 * @derivative σ(βx)
 * @throws {ValueError} when beta is not positive, or `x` is neither a tensor nor numbers
 * @example
 * softplus(tensor([0, 1])) // tensor([0.6931, 1.3133])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export function softplus(x: TensorLike, options: SoftplusOptions = {}): Tensor {
  const { beta = 1, threshold = 20 } = checkOptions("softplus", options, { beta: "number", threshold: "number" });
  if (!(beta > 0)) throw new ValueError(`softplus: beta must be positive, got ${beta}`);
  return bind(softplusP, [x], { beta, threshold });
}

/**
 * The logarithm of the sigmoid of each element: [...] → [...], right also where the sigmoid itself rounds to 0.
 * Integers give float32.
 * @formula ln σ(x) = −ln(1 + e⁻ˣ)
 * @derivative σ(−x)
 * @throws {DTypeError} when `x` is bool
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * logSigmoid(tensor([0, -100])) // tensor([ -0.6931, -100.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html
 */
export const logSigmoid: Unary = (x) => neg(softplus(neg(x), { threshold: Number.POSITIVE_INFINITY }));

/**
 * x · σ(x) of each element, also called swish: [...] → [...]. Integers give float32.
 * @formula x · σ(x)
 * @derivative σ(x)·(1 + x·(1 − σ(x)))
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * silu(tensor([0, 1])) // tensor([0.0000, 0.7311])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html
 */
export function silu(x: TensorLike): Tensor {
  const t = toTensor("silu", x);
  return mul(t, sigmoid(t));
}

/** The options of `leakyRelu`. */
export interface LeakyReluOptions {
  /** The slope where x ≤ 0. Default 0.01. */
  readonly negativeSlope?: number;
}

/**
 * x where positive, else `negativeSlope` · x: [...] → [...].
 * @formula x where x > 0, else s·x
 * @derivative 1 where x > 0, else s
 * @throws {ValueError} when the slope is not a number, or `x` is neither a tensor nor numbers
 * @example
 * leakyRelu(tensor([-1, 2])) // tensor([-0.0100, 2.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html
 */
export function leakyRelu(x: TensorLike, options: LeakyReluOptions = {}): Tensor {
  const { negativeSlope = 0.01 } = checkOptions("leakyRelu", options, { negativeSlope: "number" });
  const t = toTensor("leakyRelu", x);
  return where(gt(t, 0), t, mul(t, negativeSlope));
}

/** The options of `elu`. */
export interface EluOptions {
  /** Minus the value that it goes to at −∞. Default 1. */
  readonly alpha?: number;
}

/**
 * x where positive, else α·(eˣ − 1): [...] → [...]. Integers give float32.
 * @formula x where x > 0, else α·(eˣ − 1)
 * @derivative 1 where x > 0, else α·eˣ
 * @throws {ValueError} when alpha is not a number, or `x` is neither a tensor nor numbers
 * @example
 * elu(tensor([-1, 2])) // tensor([-0.6321, 2.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html
 */
export function elu(x: TensorLike, options: EluOptions = {}): Tensor {
  const { alpha = 1 } = checkOptions("elu", options, { alpha: "number" });
  const t = toTensor("elu", x);
  const positive = gt(t, 0);
  const negative = where(positive, 0, t); // so that the branch not taken cannot overflow
  return where(positive, t, mul(expm1(negative), alpha));
}

/** The options of `gelu`. */
export interface GeluOptions {
  /** `"tanh"` is the cheaper form of the original paper. Default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

/**
 * x · Φ(x) of each element, where Φ is the normal distribution function: [...] → [...]. Integers give float32.
 * @formula x · Φ(x)
 * @derivative Φ(x) + x·φ(x)
 * @throws {ValueError} when `approximate` is another word, or `x` is neither a tensor nor numbers
 * @example
 * gelu(tensor([-1, 0, 1])) // tensor([-0.1587, 0.0000, 0.8413])
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
