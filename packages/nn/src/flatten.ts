// Flatten: joins axes into one.
import { flatten, type Tensor } from "@tendril/tensor";
import { Configured } from "./module.ts";
import type { Kinds } from "./options.ts";

export interface FlattenOptions {
  startDim?: number;
  endDim?: number;
}

/**
 * The axes from `startDim` (default 1) to `endDim` (default −1) as one: [N, H, W] → [N, H·W].
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends Configured<FlattenOptions> {
  static override readonly kinds: Kinds<FlattenOptions> = { startDim: "number", endDim: "number" };
  static override readonly defaults: FlattenOptions = { startDim: 1, endDim: -1 };

  override forward(x: Tensor): Tensor {
    return flatten(x, this.options.startDim, this.options.endDim);
  }
}
