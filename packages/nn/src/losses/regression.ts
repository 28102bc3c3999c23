import type { Tensor } from "@tendril/tensor";
import { requireSameShape } from "../check.ts";
import { Loss, type Reduction, reduce } from "./loss.ts";

export interface MSEOptions {
  reduction?: Reduction;
}

/**
 * The squared error (input − target)². input, target: any one shape.
 * Throws `ShapeError` for shapes that differ, where PyTorch warns and broadcasts.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export function mse(input: Tensor, target: Tensor, { reduction = "mean" }: MSEOptions = {}): Tensor {
  requireSameShape("mse", input, target);
  return reduce("mse", input.sub(target).square(), reduction);
}

/** The loss of regression: `mse` with its options kept. */
export class MSE extends Loss<MSEOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return mse(input, target, this.options);
  }
}
