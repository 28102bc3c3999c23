// Information, entropies and divergences of probability distributions.
import { log, sub, type Tensor, type TensorLike, xlogy } from "@tendril/tensor";
import { checked, type Kinds } from "./options.ts";

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

const baseKinds: Kinds<InformationOptions> = { base: ["e", 2] };
const kinds: Kinds<DistributionOptions> = { base: ["e", 2], dim: "number" };

/** I(p) = −log p: how surprising an event of probability p is, elementwise; ∞ for p = 0. In nats, or bits with base 2. */
export const information = (p: TensorLike, options: InformationOptions = {}): Tensor =>
  inBase(sub(0, log(p)), checked("information", options, baseKinds));

/** H(p) = −Σ pᵢ log pᵢ: the mean surprise, with 0·log 0 = 0. p: [..., C] → [...]. In nats, or bits with base 2. */
export const entropy = (p: TensorLike, options: DistributionOptions = {}): Tensor =>
  inBase(sub(0, plogq(p, p, checked("entropy", options, kinds))), options);

/**
 * H(p, q) = −Σ pᵢ log qᵢ: the mean surprise for one who believes q where p is true; ∞ where q excludes what p allows.
 * p, q: [..., C] → [...]. In nats, or bits with base 2.
 */
export const crossEntropyOf = (p: TensorLike, q: TensorLike, options: DistributionOptions = {}): Tensor =>
  inBase(sub(0, plogq(p, q, checked("crossEntropyOf", options, kinds))), options);

/**
 * KL(p‖q) = Σ pᵢ log(pᵢ/qᵢ) = H(p, q) − H(p): the surprise that believing q costs. ≥ 0, and 0 only for p = q.
 * p, q: [..., C] → [...]. In nats, or bits with base 2.
 */
export function klDivergence(p: TensorLike, q: TensorLike, options: DistributionOptions = {}): Tensor {
  const { dim = -1 } = checked("klDivergence", options, kinds);
  return inBase(xlogy(p, p).sub(xlogy(p, q)).sum(dim), options);
}

/** Σ pᵢ log qᵢ */
const plogq = (p: TensorLike, q: TensorLike, { dim = -1 }: DistributionOptions): Tensor => xlogy(p, q).sum(dim);

const inBase = (nats: Tensor, { base }: InformationOptions): Tensor => (base === 2 ? nats.div(Math.LN2) : nats);
