// Information, entropies and divergences of probability distributions.
import { log, sub, type Tensor, type TensorLike, xlogy } from "@tendril/tensor";
import { checked, type Kinds } from "./options.ts";

// The quantities that a classifier's loss is made of, on probabilities. For training use the losses, which take
// logits: log softmax(z) survives where log p has already rounded to log 0.
// 0 − x stands for −x, so that certainty is 0 and never −0.
// Source: Shannon, A Mathematical Theory of Communication (1948); Cover & Thomas, Elements of Information Theory, ch. 2.

/** The options of `information`. */
export interface InformationOptions {
  /** The base of the logarithm: `"e"` measures in nats, `2` in bits. Default `"e"`. */
  base?: "e" | 2;
}

/** The options of functions of whole distributions. */
export interface DistributionOptions extends InformationOptions {
  /** The axis along which probabilities sum to 1. Default −1. */
  dim?: number;
}

const baseKinds: Kinds<InformationOptions> = { base: ["e", 2] };
const kinds: Kinds<DistributionOptions> = { base: ["e", 2], dim: "number" };

/**
 * I(p) = −log p: how surprising an event of probability p is; ∞ for p = 0. p: [...] → the same shape, in nats or bits.
 * @throws {ValueError} when an option is unknown or of another kind
 * @see Shannon, A Mathematical Theory of Communication (1948)
 * @example
 * information([1, 0.5, 0.25], { base: 2 }) // tensor([0., 1., 2.])
 */
export const information = (p: TensorLike, options: InformationOptions = {}): Tensor =>
  inBase(sub(0, log(p)), checked("information", options, baseKinds));

/**
 * H(p) = −Σ pᵢ log pᵢ: the mean surprise, with 0·log 0 = 0. p: [..., C] → [...], in nats or bits.
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {IndexError} when p has no axis `dim`
 * @see Shannon, A Mathematical Theory of Communication (1948)
 * @example
 * entropy([0.5, 0.25, 0.25], { base: 2 }) // tensor(1.5000)
 */
export const entropy = (p: TensorLike, options: DistributionOptions = {}): Tensor =>
  inBase(sub(0, plogq(p, p, checked("entropy", options, kinds))), options);

/**
 * H(p, q) = −Σ pᵢ log qᵢ: the mean surprise if q is expected where p is true; ∞ where q is 0 and p is not.
 * p, q: [..., C] → [...], in nats or bits.
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {IndexError} when there is no axis `dim`
 * @throws {ShapeError} when p and q cannot be broadcast to one shape
 * @see Shannon, A Mathematical Theory of Communication (1948)
 * @example
 * crossEntropyOf([0.5, 0.5], [0.25, 0.75], { base: 2 }) // tensor(1.2075)
 */
export const crossEntropyOf = (p: TensorLike, q: TensorLike, options: DistributionOptions = {}): Tensor =>
  inBase(sub(0, plogq(p, q, checked("crossEntropyOf", options, kinds))), options);

/**
 * KL(p‖q) = Σ pᵢ log(pᵢ/qᵢ) = H(p, q) − H(p): how much the mean surprise grows if q is expected where p is true. ≥ 0, and 0 only for p = q.
 * p, q: [..., C] → [...], in nats or bits.
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {IndexError} when there is no axis `dim`
 * @throws {ShapeError} when p and q cannot be broadcast to one shape
 * @see Kullback & Leibler, On Information and Sufficiency (1951)
 * @example
 * klDivergence([0.5, 0.5], [0.25, 0.75], { base: 2 }) // tensor(0.2075)
 */
export function klDivergence(p: TensorLike, q: TensorLike, options: DistributionOptions = {}): Tensor {
  const { dim = -1 } = checked("klDivergence", options, kinds);
  return inBase(xlogy(p, p).sub(xlogy(p, q)).sum(dim), options);
}

/** Σ pᵢ log qᵢ */
const plogq = (p: TensorLike, q: TensorLike, { dim = -1 }: DistributionOptions): Tensor => xlogy(p, q).sum(dim);

const inBase = (nats: Tensor, { base }: InformationOptions): Tensor => (base === 2 ? nats.div(Math.LN2) : nats);
