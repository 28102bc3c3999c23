// The negative log-likelihood of log-probabilities.
import { DTypeError, type Tensor } from "@tendril/tensor";
import { requireTensor } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { type ClassOptions, classesLast, classKinds, classWeights, lossOfClasses, pick, weigh } from "./classes.ts";
import { Loss } from "./loss.ts";

export type NLLOptions = ClassOptions;

/**
 * The negative log-likelihood −w_y·input_y. input: log-probabilities [N, C], [N, C, d1, …] or [C], as `LogSoftmax`
 * gives them; target: class indices (int32) [N], [N, d1, …] or []. The mean is weighted by w_y.
 * Throws a typed error for shapes, dtypes, weights or classes that do not fit.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 */
export function nll(input: Tensor, target: Tensor, options: NLLOptions = {}): Tensor {
  checked("nll", options, classKinds);
  requireTensor("nll", "target", target);
  if (target.dtype !== "int32") throw new DTypeError(`nll: class indices must be int32, got ${target.dtype}`);
  const x = classesLast("nll", input);
  const weights = classWeights("nll", x, options.weight);
  return lossOfClasses("nll", x, target, weights, options, (y, w) => weigh(pick(x, y).neg(), w));
}

/** The loss of log-probabilities against class indices: `nll` with its options kept. */
export class NLL extends Loss<NLLOptions> {
  static override readonly kinds: Kinds<NLLOptions> = classKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return nll(input, target, this.options);
  }
}
