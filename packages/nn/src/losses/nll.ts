// The negative log-likelihood of log-probabilities.
import { DTypeError, type Tensor } from "@tendril/tensor";
import { requireTensor } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { type ClassOptions, classesLast, classKinds, classWeights, lossOfClasses, pick, weigh } from "./classes.ts";
import { Loss } from "./loss.ts";

/** The options of `nll`: class weights, the class to ignore, the reduction. */
export type NLLOptions = ClassOptions;

/**
 * The negative log-likelihood −w_y·input_y, where w are the class weights; the mean is weighted by them.
 * @param input log-probabilities, as `LogSoftmax` gives them: [N, C], [N, C, d1, …] or [C]
 * @param target class indices (int32): [N], [N, d1, …] or []
 * @throws {ShapeError} when the target, or the class weights, do not fit the input
 * @throws {DTypeError} when the input is not a float, or the target is not int32
 * @throws {IndexError} when a class is outside 0 … C − 1 and not `ignoreIndex`
 * @throws {ValueError} when an option is unknown or of another kind
 * @see https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 * @example
 * nll(tensor([[0.25, 0.75]]).log(), tensor([1], { dtype: "int32" })) // tensor(0.2877)
 */
export function nll(input: Tensor, target: Tensor, options: NLLOptions = {}): Tensor {
  checked("nll", options, classKinds);
  requireTensor("nll", "target", target);
  if (target.dtype !== "int32") throw new DTypeError(`nll: class indices must be int32, got ${target.dtype}`);
  const x = classesLast("nll", input);
  const weights = classWeights("nll", x, options.weight);
  return lossOfClasses("nll", x, target, weights, options, (y, w) => weigh(pick(x, y).neg(), w));
}

/**
 * The loss of log-probabilities [N, C] against class indices (int32) [N]: `nll` with its options kept.
 * @throws {ValueError} when an option is unknown or of another kind; in `forward` all that `nll` throws
 * @see https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 * @example
 * new NLL({ weight: [1, 3] }).forward(tensor([[0.25, 0.75]]).log(), tensor([1], { dtype: "int32" })) // tensor(0.2877)
 */
export class NLL extends Loss<NLLOptions> {
  protected static override readonly kinds: Kinds<NLLOptions> = classKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return nll(input, target, this.options);
  }
}
