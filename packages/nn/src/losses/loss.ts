import { type Tensor, ValueError } from "@tendril/tensor";
import { Configured } from "../module.ts";

/** What becomes of the losses of single examples: kept apart, averaged, or added up. */
export type Reduction = "none" | "mean" | "sum";

/** Applies a reduction; `mean` is over all elements. Throws `ValueError` for any other word. */
export function reduce(op: string, losses: Tensor, reduction: Reduction): Tensor {
  return choose(op, reduction, {
    none: () => losses,
    mean: () => losses.mean(),
    sum: () => losses.sum(),
  });
}

/** Runs the branch that `reduction` names, or throws a `ValueError` that lists what there is. */
export function choose<R extends string>(op: string, reduction: R, branches: Record<R, () => Tensor>): Tensor {
  if (Object.hasOwn(branches, reduction)) return branches[reduction]();
  const names = Object.keys(branches).map((name) => `"${name}"`);
  throw new ValueError(`${op}: reduction must be one of ${names.join(", ")}, got "${reduction}"`);
}

/** A loss as a module: a function of input and target, with its options kept. */
export abstract class Loss<Options extends object> extends Configured<Options> {
  abstract override forward(input: Tensor, target: Tensor): Tensor;
}
