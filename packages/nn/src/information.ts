import { log, sub, type Tensor, type TensorLike, ValueError, xlogy } from "@tendril/tensor";

// The quantities that a classifier's loss is made of, on probabilities. For training use the losses, which take
// logits: log softmax(z) survives where log p has already rounded to log 0.
// 0 − x stands for −x, so that certainty is 0 and never −0.
// Source: Shannon, A Mathematical Theory of Communication (1948); Cover & Thomas, Elements of Information Theory, ch. 2.

/** The logarithm's base: `"e"` measures in nats, `2` in bits. */
export interface InformationOptions {
  base?: "e" | 2;
}

export interface DistributionOptions extends InformationOptions {
  /** The axis along which probabilities sum to 1. */
  dim?: number;
}

/** I(p) = −log p: how surprising an event of probability p is, elementwise; ∞ for p = 0. In nats, or bits with base 2. */
export const information = (p: TensorLike, { base = "e" }: InformationOptions = {}): Tensor =>
  inBase(sub(0, log(p)), base);

/** H(p) = −Σ pᵢ log pᵢ: the mean surprise, with 0·log 0 = 0. p: [..., C] → [...]. In nats, or bits with base 2. */
export const entropy = (p: TensorLike, options: DistributionOptions = {}): Tensor => crossEntropyOf(p, p, options);

/**
 * H(p, q) = −Σ pᵢ log qᵢ: the mean surprise for one who believes q where p is true; ∞ where q excludes what p allows.
 * p, q: [..., C] → [...]. In nats, or bits with base 2.
 */
export const crossEntropyOf = (
  p: TensorLike,
  q: TensorLike,
  { dim = -1, base = "e" }: DistributionOptions = {},
): Tensor => inBase(sub(0, xlogy(p, q).sum(dim)), base);

/**
 * KL(p‖q) = Σ pᵢ log(pᵢ/qᵢ) = H(p, q) − H(p): the surprise that believing q costs. ≥ 0, and 0 only for p = q.
 * p, q: [..., C] → [...]. In nats, or bits with base 2.
 */
export const klDivergence = (
  p: TensorLike,
  q: TensorLike,
  { dim = -1, base = "e" }: DistributionOptions = {},
): Tensor => inBase(xlogy(p, p).sub(xlogy(p, q)).sum(dim), base);

function inBase(nats: Tensor, base: "e" | 2): Tensor {
  if (base !== "e" && base !== 2) throw new ValueError(`information: base must be "e" (nats) or 2 (bits), got ${base}`);
  return base === 2 ? nats.div(Math.LN2) : nats;
}
