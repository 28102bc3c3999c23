// Dropout: drops elements at random while training.
import { dropout, Generator, ones, ShapeError, type Tensor } from "@tendril/tensor";
import { requireBetween, requireFloat, show } from "./check.ts";
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
    requireBetween(this.constructor.name, "p", this.options.p, 0, 1);
  }

  override forward(x: Tensor): Tensor {
    requireFloat("Dropout", "x", x);
    return dropout(x, { ...this.options, training: this.training });
  }
}

/**
 * `Dropout` of whole channels of x: [N, C, ...], which suits what is alike among neighbours, such as images. Throws as
 * that does, and `ShapeError` for fewer than three axes.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 */
export class Dropout2d extends Dropout {
  override forward(x: Tensor): Tensor {
    requireFloat("Dropout2d", "x", x);
    if (x.ndim < 3) throw new ShapeError(`Dropout2d: x ${show(x.shape)} must be [N, C, ...], such as [N, C, H, W]`);
    const channels = x.shape.map((n, i) => (i < 2 ? n : 1));
    return this.training ? x.mul(super.forward(ones(channels, { dtype: x.dtype }))) : x;
  }
}
