// Dropout: drops elements at random while training.
import { bernoulli, full, Generator, type Tensor } from "@tendril/tensor";
import { requireBetween, requireFloat } from "./check.ts";
import { Configured } from "./module.ts";
import type { Kinds } from "./options.ts";

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
  static override readonly kinds: Kinds<DropoutOptions> = { p: "number", generator: Generator };
  static override readonly defaults: DropoutOptions = { p: 0.5 };

  constructor(options?: DropoutOptions) {
    super(options);
    requireBetween("Dropout", "p", this.options.p, 0, 1);
  }

  override forward(x: Tensor): Tensor {
    requireFloat("Dropout", "x", x);
    const { p = 0.5, generator } = this.options;
    if (!this.training) return x;
    const kept = bernoulli(full(x.shape, 1 - p, { dtype: x.dtype }), { generator });
    return x.mul(p === 1 ? kept : kept.div(1 - p));
  }
}
