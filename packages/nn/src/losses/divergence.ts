// The Kullback-Leibler divergence.
import { type Tensor, where, xlogy } from "@tendril/tensor";
import { requireFloat, requireSameShape } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { Loss, type Reduction, reduce } from "./loss.ts";

export interface KLDivOptions {
  /** `batchmean`, the sum over N, is the divergence itself; `mean`, the default as in PyTorch, divides by C as well. */
  reduction?: Reduction | "batchmean";
  /** The target holds log p instead of p. */
  logTarget?: boolean;
}

const kinds: Kinds<KLDivOptions> = { reduction: ["none", "mean", "sum", "batchmean"], logTarget: "boolean" };

/**
 * The divergence KL(p‖q) = Σ p·(log p − log q), elementwise and then reduced, in nats.
 * input: log q, as `LogSoftmax` gives it; target: p, or log p with `logTarget`; both [N, C] or any one shape.
 * Throws `ShapeError` for shapes that differ.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
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

/** The loss of a distribution against another: `klDiv` with its options kept. */
export class KLDiv extends Loss<KLDivOptions> {
  static override readonly kinds: Kinds<KLDivOptions> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}
