import { bernoulli, full, type Generator, type Tensor } from "@tendril/tensor";
import { requireBetween, requireFloat } from "./check.ts";
import { Configured } from "./module.ts";

export interface DropoutOptions {
  /** The chance of each element to be dropped, from 0 to 1. Default 0.5. */
  p?: number;
  /** Where it is drawn from; the global generator if left out. */
  generator?: Generator;
}

/**
 * In training, sets elements of x: [...] to 0 by chance, anew at each call, and scales the others by 1/(1 − p), so that
 * the mean stays; in evaluation it is x. Throws `ValueError` for p outside [0, 1], `DTypeError` for integers.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends Configured<DropoutOptions> {
  constructor(options: DropoutOptions = {}) {
    requireBetween("Dropout", "p", options.p ?? 0.5, 0, 1);
    super(options);
  }

  override forward(x: Tensor): Tensor {
    requireFloat("Dropout", "x", x);
    const { p = 0.5, generator } = this.options;
    if (!this.training) return x;
    const kept = bernoulli(full(x.shape, 1 - p, { dtype: x.dtype }), { generator });
    return x.mul(p === 1 ? kept : kept.div(1 - p));
  }
}
