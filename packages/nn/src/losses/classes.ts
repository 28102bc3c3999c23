// What losses over classes share: their options, the axis of the classes, the entry of each target.
import { explain, gather, IndexError, ShapeError, type Tensor, type TensorLike, where } from "@tendril/tensor";
import { asTensor, requireFloat, show } from "../check.ts";
import type { Kinds } from "../options.ts";
import { type Reduction, reductions } from "./loss.ts";

// What CrossEntropy and NLL share: where the classes are, class weights, rows to ignore.

export interface ClassOptions {
  /** One weight for each class: [C]. Default 1 for each. */
  weight?: TensorLike;
  /** Rows whose target is this number count for nothing. Default −100. */
  ignoreIndex?: number;
  /** What becomes of the losses of single rows: kept, averaged or added up. Default `"mean"`. */
  reduction?: Reduction;
}

export const classKinds: Kinds<ClassOptions> = { weight: "any", ignoreIndex: "number", reduction: reductions };

/** Moves the class axis, which PyTorch puts at 1, to the end: [N, C, d1, …] → [N, d1, …, C]; [N, C] and [C] stay. */
export function classesLast(op: string, x: Tensor): Tensor {
  requireFloat(op, "input", x);
  if (x.ndim === 0) throw new ShapeError(`${op}: a 0-d input has no classes; pass [C], [N, C] or [N, C, d1, …]`);
  return x.ndim < 3 ? x : x.permute([0, ...[...x.shape.keys()].slice(2), 1]);
}

/** x[…, y]: from each row x[…, :] of x: [..., C] the element that y: [...] names. */
export const pick = (x: Tensor, y: Tensor): Tensor => gather(x, -1, y.unsqueeze(-1)).squeeze(-1);

/** The class weights as a tensor [C] of x: [..., C]'s dtype, if there are any. */
export function classWeights(op: string, x: Tensor, weight: TensorLike | undefined): Tensor | undefined {
  if (weight === undefined) return undefined;
  const C = x.shape.at(-1) as number;
  const weights = asTensor(weight, x.dtype);
  if (weights.ndim === 1 && weights.size === C) return weights;
  throw new ShapeError(`${op}: weight ${show(weights.shape)} must have one entry for each of the ${C} classes: [${C}]`);
}

/**
 * A loss of x: [..., C] against class indices: `lossOf` gives each row's for classes y, weighted by w, both of the
 * target's shape; w is left out where all classes weigh the same. `mean` divides by the weights of the rows that are
 * kept. Throws `ShapeError` and, for a class outside 0 … C − 1, `IndexError`.
 */
export function lossOfClasses(
  op: string,
  x: Tensor,
  target: Tensor,
  weights: Tensor | undefined,
  { ignoreIndex = -100, reduction = "mean" }: ClassOptions,
  lossOf: (y: Tensor, w: Tensor | undefined) => Tensor,
): Tensor {
  const rows = x.shape.slice(0, -1);
  if (show(target.shape) !== show(rows)) {
    const remedy = x.ndim > 2 ? "; if its classes are last, use input.flatten(0, -2) and target.flatten()" : "";
    const rest = `${show(target.shape)} must be ${show(rows)}, one for each row of the input${remedy}`;
    throw new ShapeError(`${op}: class indices ${rest}`);
  }
  const kept = target.ne(ignoreIndex);
  const y = where(kept, target, 0); // for an ignored row just any class
  const outOfRange = (cause: unknown): unknown => {
    if (!(cause instanceof IndexError)) return cause;
    const C = x.shape.at(-1) as number;
    const bad = y.data.find((c) => c < 0 || c >= C);
    const remedy = C === 1 ? "for one logit a row use bceWithLogits" : "mark rows to skip with ignoreIndex";
    return new IndexError(`${op}: target ${bad} is out of range: the classes are 0 to ${C - 1}; ${remedy}`);
  };
  return explain(() => {
    const w = weights && where(kept, gather(weights, 0, y.flatten()).reshape(y.shape), 0);
    const losses = where(kept, lossOf(y, w), 0);
    if (reduction === "none") return losses;
    if (reduction === "sum") return losses.sum();
    return losses.sum().div(w === undefined ? kept.to(x.dtype).sum() : orNaN(w.sum())); // over nothing NaN, never ∞
  }, outOfRange);
}

const orNaN = (total: Tensor): Tensor => where(total.eq(0), Number.NaN, total);

/** Losses by the weights of their rows. */
export const weigh = (losses: Tensor, w: Tensor | undefined): Tensor => (w === undefined ? losses : losses.mul(w));
