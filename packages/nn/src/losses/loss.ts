// What all losses share: how they are reduced, and the class of those that are layers.
import type { Tensor } from "@tendril/tensor";
import { Configured } from "../module.ts";

/** What becomes of the losses of single examples: kept apart, averaged, or added up. */
export type Reduction = "none" | "mean" | "sum";

export const reductions: readonly Reduction[] = ["none", "mean", "sum"];

/** Applies a reduction; `mean` is over all elements. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === "none" ? losses : reduction === "mean" ? losses.mean() : losses.sum();
}

/** A loss as a module: a function of input and target, with its options kept. */
export abstract class Loss<Options extends object> extends Configured<Options> {
  /** The loss of `input` [...] against `target`, whose shapes are those of the loss function: [] or, unreduced, [...]. */
  abstract override forward(input: Tensor, target: Tensor): Tensor;
}
