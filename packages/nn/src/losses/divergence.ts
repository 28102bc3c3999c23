// The Kullback-Leibler divergence.
import { type Tensor, where, xlogy } from "@tendril/tensor";
import { requireFloat, requireSameShape } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { Loss, type Reduction, reduce } from "./loss.ts";

/** The options of `klDiv` and `KLDiv`. */
export interface KLDivOptions {
  /**
   * What becomes of the losses of single elements. `"batchmean"`, the sum divided by N, is the divergence itself;
   * `"mean"` divides by C as well. Default `"mean"`, as in PyTorch.
   */
  reduction?: Reduction | "batchmean";
  /** Whether the target holds log p instead of p. Default false. */
  logTarget?: boolean;
}

const kinds: Kinds<KLDivOptions> = { reduction: ["none", "mean", "sum", "batchmean"], logTarget: "boolean" };

/**
 * The divergence KL(p‖q) = Σ p·(log p − log q), elementwise and then reduced, in nats.
 * @param input log q, as `LogSoftmax` gives it: [N, C] or any shape
 * @param target p, or log p with `logTarget`: of the same shape
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 * @example
 * klDiv(tensor([[0.5, 0.5]]).log(), tensor([[0.25, 0.75]]), { reduction: "batchmean" }) // tensor(0.1308)
 */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  const { reduction = "mean", logTarget = false } = checked("klDiv", options, kinds);
  requireFloat("klDiv", "input", input);
  requireSameShape("klDiv", input, target);
  const losses = logTarget ? klOfLogs(input, target) : klOf(input, target);
  return reduction === "batchmean" ? losses.sum().div(input.shape[0] ?? 1) : reduce(losses, reduction);
}

/** p·log p − p·log q, and 0 where p is 0, even against log q = −∞. */
function klOf(logQ: Tensor, p: Tensor): Tensor {
  const finite = where(p.eq(0).logicalAnd(logQ.eq(-Infinity)), 0, logQ);
  return xlogy(p, p).sub(p.mul(finite));
}

/** e^(log p)·(log p − log q), and 0 where log p is −∞. */
function klOfLogs(logQ: Tensor, logP: Tensor): Tensor {
  const impossible = logP.eq(-Infinity);
  return logP.exp().mul(where(impossible, 0, logP).sub(where(impossible, 0, logQ)));
}

/**
 * The loss of a distribution against another: `klDiv` with its options kept, for input and target of one shape [N, C].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 * @example
 * const [logQ, p] = [tensor([[0.5, 0.5]]).log(), tensor([[0.25, 0.75]])];
 * new KLDiv({ reduction: "batchmean" }).forward(logQ, p) // tensor(0.1308)
 */
export class KLDiv extends Loss<KLDivOptions> {
  protected static override readonly kinds: Kinds<KLDivOptions> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}
