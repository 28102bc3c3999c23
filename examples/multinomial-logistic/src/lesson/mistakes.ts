/** Six mistakes that people make, each as it would be written, so that one can watch what becomes of the training. */
import { crossEntropy, Standardizer } from "@tendril/nn";
import { full, type Tensor, tensor } from "@tendril/tensor";

export const mistakes = ["twice", "unshifted", "kept", "apart", "units", "saturated"] as const;

/**
 * - `twice`: softmax before a loss that does its own.
 * - `unshifted`: exp(z) / Σ exp(z) as in the book, without z − max z, and logits of 1000.
 * - `kept`: gradients that are not set to zero before the next ones are added.
 * - `apart`: W is updated first, and the gradient by b computed with the new W.
 * - `units`: features that are not standardized, one of them in a unit a hundred times smaller.
 * - `saturated`: a start that is sure and wrong, from which the squared error does not recover.
 */
export type Mistake = (typeof mistakes)[number];

/** The loss with the mistake in it; `undefined` for a mistake that lies elsewhere. */
export function mistakenLoss(mistake: Mistake, logits: Tensor, y: Tensor): Tensor | undefined {
  if (mistake === "twice") return crossEntropy(logits.softmax(1), y);
  if (mistake !== "unshifted") return undefined;
  // Adding 1000 to every logit changes no probability, on paper.
  const exps = logits.add(1000).exp();
  const p = exps.div(exps.sum(1, { keepdim: true }));
  return p.gather(1, y.unsqueeze(1)).log().mean().neg();
}

/** Leaves features as they are, the last one in a unit a hundred times smaller, so that its numbers are as much larger. */
export function unstandardized(features: number): Standardizer {
  const unit = Array.from({ length: features }, (_, j) => (j === features - 1 ? 0.01 : 1));
  return new Standardizer(full([features], 0, { dtype: "float64" }), tensor(unit, { dtype: "float64" }));
}
