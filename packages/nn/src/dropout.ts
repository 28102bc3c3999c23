// Dropout: drops elements at random while training.
import { dropout, Generator, ones, ShapeError, type Tensor } from "@tendril/tensor";
import { requireBetween, requireFloat, show } from "./check.ts";
import { Configured } from "./module.ts";
import type { Kinds } from "./options.ts";

/** The options of `Dropout` and `Dropout2d`. */
export interface DropoutOptions {
  /** The chance of each element to be dropped, from 0 to 1. Default 0.5. */
  p?: number;
  /** Where it is drawn from. Default the global generator, which `manualSeed` seeds. */
  generator?: Generator;
}

/**
 * In training, sets elements of x: [...] to 0 by chance, anew at each call, and scales the others by 1/(1 − p), so that
 * the mean stays; in evaluation it is x.
 * @throws {ValueError} when p is outside [0, 1], or an option is unknown or of another kind
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 * @example
 * const layer = new Dropout({ p: 0.5, generator: new Generator(0) });
 * layer.forward(ones([4])) // tensor([0., 2., 2., 0.])
 * layer.eval().forward(ones([4])) // tensor([1., 1., 1., 1.])
 */
export class Dropout extends Configured<DropoutOptions> {
  protected static override readonly kinds: Kinds<DropoutOptions> = { p: "number", generator: Generator };
  protected static override readonly defaults: DropoutOptions = { p: 0.5 };

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
 * `Dropout` of whole channels of x: [N, C, ...] → the same shape, for inputs whose neighbours are alike, such as images.
 * @throws {ValueError} when p is outside [0, 1], or an option is unknown or of another kind
 * @throws {ShapeError} when x has fewer than three axes
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 * @example
 * const layer = new Dropout2d({ p: 0.5, generator: new Generator(0) });
 * layer.forward(ones([1, 3, 1, 2])) // tensor([[[[0., 0.]], [[2., 2.]], [[2., 2.]]]])
 */
export class Dropout2d extends Dropout {
  override forward(x: Tensor): Tensor {
    requireFloat("Dropout2d", "x", x);
    if (x.ndim < 3) throw new ShapeError(`Dropout2d: x ${show(x.shape)} must be [N, C, ...], such as [N, C, H, W]`);
    const channels = x.shape.map((n, i) => (i < 2 ? n : 1));
    return this.training ? x.mul(super.forward(ones(channels, { dtype: x.dtype }))) : x;
  }
}
