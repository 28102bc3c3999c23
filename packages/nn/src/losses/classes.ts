import { gather, IndexError, ones, ShapeError, type Tensor, type TensorLike, where } from "@tendril/tensor";
import { asTensor, requireFloat, show } from "../check.ts";
import { choose, type Reduction } from "./loss.ts";

// What CrossEntropy and NLL share: where the classes are, class weights, rows to ignore.

export interface ClassOptions {
  /** One weight for each class: [C]. */
  weight?: TensorLike;
  /** Rows whose target is this number count for nothing. */
  ignoreIndex?: number;
  reduction?: Reduction;
}

/** Moves the class axis, which PyTorch puts at 1, to the end: [N, C, d1, …] → [N, d1, …, C]; [N, C] and [C] stay. */
export function classesLast(op: string, x: Tensor): Tensor {
  requireFloat(op, "input", x);
  if (x.ndim === 0) throw new ShapeError(`${op}: a 0-d input has no classes; pass [C], [N, C] or [N, C, d1, …]`);
  const axes = [...x.shape.keys()];
  return x.ndim < 3 ? x : x.permute([0, ...axes.slice(2), 1]);
}

/** x[…, y]: from each row x[…, :] of x: [..., C] the element that y: [...] names. */
export const pick = (x: Tensor, y: Tensor): Tensor => gather(x, -1, y.unsqueeze(-1)).squeeze(-1);

/** The class weights as a tensor [C] of x: [..., C]'s dtype; ones if there are none. */
export function classWeights(op: string, x: Tensor, weight: TensorLike | undefined): Tensor {
  const C = x.shape.at(-1) as number;
  if (weight === undefined) return ones([C], { dtype: x.dtype });
  const weights = asTensor(weight, x.dtype);
  if (weights.ndim === 1 && weights.size === C) return weights;
  throw new ShapeError(`${op}: weight ${show(weights.shape)} must have one entry for each of the ${C} classes: [${C}]`);
}

/** Class indices, made ready. All three have the target's shape. */
interface ClassTargets {
  /** The class of each row; for an ignored one just any. */
  y: Tensor;
  kept: Tensor;
  /** The class's weight, 0 for an ignored row. */
  w: Tensor;
}

/** Checks class indices against x: [..., C]. Throws `ShapeError` and, for a class outside 0 … C − 1, `IndexError`. */
export function classTargets(
  op: string,
  x: Tensor,
  target: Tensor,
  weights: Tensor,
  ignoreIndex: number,
): ClassTargets {
  const rows = x.shape.slice(0, -1);
  if (show(target.shape) !== show(rows)) {
    throw new ShapeError(`${op}: class indices ${show(target.shape)} must be ${show(rows)}, one for each row`);
  }
  const kept = target.ne(ignoreIndex);
  const y = where(kept, target, 0);
  try {
    const w = gather(weights, 0, y.flatten()).reshape(y.shape);
    return { y, kept, w: where(kept, w, 0) };
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    const bad = y.data.find((c) => c < 0 || c >= weights.size);
    const range = `the classes are 0 to ${weights.size - 1}`;
    throw new IndexError(`${op}: target ${bad} is out of range: ${range}; mark rows to skip with ignoreIndex`);
  }
}

/** Reduces the losses of rows that are already weighted; `mean` divides by the weights of the rows that are kept. */
export function reduceRows(op: string, losses: Tensor, { kept, w }: ClassTargets, reduction: Reduction): Tensor {
  const counted = where(kept, losses, 0);
  return choose(op, reduction, {
    none: () => counted,
    mean: () => counted.sum().div(where(w.sum().eq(0), Number.NaN, w.sum())), // over nothing NaN, never ∞
    sum: () => counted.sum(),
  });
}
