// Flatten: joins axes into one.
import { flatten, type Tensor } from "@tendril/tensor";
import { Configured } from "./module.ts";
import type { Kinds } from "./options.ts";

/** The options of `Flatten`. */
export interface FlattenOptions {
  /** The first axis that is joined. Default 1. */
  startDim?: number;
  /** The last axis that is joined; negative ones count from the end. Default −1. */
  endDim?: number;
}

/**
 * The axes from `startDim` to `endDim` as one: [N, H, W] → [N, H·W].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {IndexError} when x has no such axes
 * @throws {ShapeError} when `startDim` comes after `endDim`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 * @example
 * new Flatten().forward(zeros([5, 2, 3])).shape // [5, 6]
 */
export class Flatten extends Configured<FlattenOptions> {
  protected static override readonly kinds: Kinds<FlattenOptions> = { startDim: "number", endDim: "number" };
  protected static override readonly defaults: FlattenOptions = { startDim: 1, endDim: -1 };

  override forward(x: Tensor): Tensor {
    return flatten(x, this.options.startDim, this.options.endDim);
  }
}
