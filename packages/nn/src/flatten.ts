import type { Tensor } from "@tendril/tensor";
import { Configured } from "./module.ts";

/**
 * The axes from `startDim` (default 1) to `endDim` (default −1) as one: [N, H, W] → [N, H·W].
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends Configured<{ startDim?: number; endDim?: number }> {
  override forward(x: Tensor): Tensor {
    return x.flatten(this.options.startDim ?? 1, this.options.endDim);
  }
}
