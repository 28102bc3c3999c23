// Measures of how good predictions are.
import { DTypeError, eye, IndexError, ShapeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { isFloat, requireFloat, requirePositiveInteger, requireTensor, show } from "./check.ts";
import { crossEntropy } from "./losses/cross-entropy.ts";
import { checked } from "./options.ts";

/**
 * The share of rows whose class is right, from 0 to 1. A compiled step cannot call it, since it reads values: there
 * `scores.argmax(1).eq(targets).sum()` counts the rows that are right.
 * @param predicted scores [N, C], of which the largest counts, or classes (int32) [N]
 * @param targets classes (int32) [N]
 * @throws {ShapeError} when the shapes do not fit
 * @throws {DTypeError} when targets are not int32, or predicted is neither float nor int32
 * @throws {ValueError} when there are no rows, or scores are NaN
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.accuracy_score.html
 * @example
 * accuracy(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: "int32" })) // 0.5
 */
export function accuracy(predicted: Tensor, targets: Tensor): number {
  const [guesses, truths] = classPairs("accuracy", predicted, targets);
  return guesses.filter((guess, i) => guess === truths[i]).length / guesses.length;
}

/**
 * How often each class (row) was taken for each (column): int32 [C, C], the right ones on the diagonal.
 * @param predicted scores [N, C], of which the largest counts, or classes (int32) [N]
 * @param targets classes (int32) [N]
 * @param numClasses C. Default the number of scores, or the largest class + 1.
 * @throws {ShapeError} when the shapes do not fit
 * @throws {DTypeError} when targets are not int32, or predicted is neither float nor int32
 * @throws {ValueError} when there are no rows, or scores are NaN
 * @throws {IndexError} when a class is outside 0 … C − 1
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.confusion_matrix.html
 * @example
 * const [guesses, truths] = [tensor([0, 1, 1], { dtype: "int32" }), tensor([0, 1, 0], { dtype: "int32" })];
 * confusionMatrix(guesses, truths) // tensor([[1, 1], [0, 1]], dtype=int32)
 */
export const confusionMatrix = (predicted: Tensor, targets: Tensor, numClasses?: number): Tensor =>
  countPairs("confusionMatrix", predicted, targets, numClasses);

function countPairs(op: string, predicted: Tensor, targets: Tensor, numClasses?: number): Tensor {
  const [guesses, truths] = classPairs(op, predicted, targets);
  const scores = isFloat(predicted) ? (predicted.shape[1] ?? 0) : 0;
  const C = numClasses ?? [...guesses, ...truths].reduce((most, c) => Math.max(most, c + 1), scores);
  requirePositiveInteger(op, "numClasses", C);
  requireClasses(op, guesses, C);
  requireClasses(op, truths, C);
  const counts = new Int32Array(C * C);
  for (const [i, guess] of guesses.entries()) {
    const at = (truths[i] ?? 0) * C + guess;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return tensor(counts, { shape: [C, C] });
}

/** How well each class is found; all arrays have one entry for each class. */
export interface ClassScores {
  /** Of the rows that were taken for the class, the share that is of it. */
  precision: number[];
  /** Of the rows of the class, the share that was taken for it. */
  recall: number[];
  /** The harmonic mean of the two. */
  f1: number[];
  /** How many rows are of the class. */
  support: number[];
  /** The plain means over the classes. */
  macro: { precision: number; recall: number; f1: number };
}

/**
 * Precision, recall and F1 of each class, from 0 to 1; a share of no rows counts as 0 (scikit-learn's zero_division).
 * @param predicted scores [N, C], of which the largest counts, or classes (int32) [N]
 * @param targets classes (int32) [N]
 * @throws {ShapeError} when the shapes do not fit
 * @throws {DTypeError} when targets are not int32, or predicted is neither float nor int32
 * @throws {ValueError} when there are no rows, or scores are NaN
 * @throws {IndexError} when a class is outside 0 … C − 1
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_recall_fscore_support.html
 * @example
 * const [guesses, truths] = [tensor([0, 1, 1], { dtype: "int32" }), tensor([0, 1, 0], { dtype: "int32" })];
 * const { precision, recall } = precisionRecallF1(guesses, truths);
 * [precision, recall] // [[1, 0.5], [0.5, 1]]
 */
export function precisionRecallF1(
  predicted: Tensor,
  targets: Tensor,
  options: {
    /** C, how many classes there are. Default the number of scores, or the largest class + 1. */
    numClasses?: number;
  } = {},
): ClassScores {
  const { numClasses } = checked("precisionRecallF1", options, { numClasses: "number" });
  const counts = countPairs("precisionRecallF1", predicted, targets, numClasses);
  const [taken, support] = [counts.sum(0), counts.sum(1)];
  const right = counts.mul(eye(support.size, { dtype: "int32" })).sum(0);
  const share = (part: Tensor, whole: Tensor): number[] => [...part.to("float64").div(whole.maximum(1)).data];
  const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [precision, recall] = [share(right, taken), share(right, support)];
  const f1 = share(right.mul(2), taken.add(support));
  const macro = { precision: mean(precision), recall: mean(recall), f1: mean(f1) };
  return { precision, recall, f1, support: [...support.data], macro };
}

/**
 * The mean of −log p of the true class, in nats. As in scikit-learn 1.2, probabilities below ε, their dtype's epsilon,
 * count as ε, so that a certain and wrong answer costs 16 (float32) or 36 (float64) and not ∞; rows are then divided by
 * their sum.
 * @param probabilities [N, C], each from 0 to 1
 * @param targets classes (int32) [N]
 * @throws {ShapeError} when the shapes do not fit
 * @throws {DTypeError} when probabilities are not floats, or targets are not int32
 * @throws {ValueError} when there are no rows, or a probability is NaN or outside [0, 1]
 * @throws {IndexError} when a class is outside 0 … C − 1
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html
 * @example
 * logLoss(tensor([[0.5, 0.5]]), tensor([1], { dtype: "int32" })).toFixed(4) // 0.6931
 */
export function logLoss(probabilities: Tensor, targets: Tensor): number {
  requireFloat("logLoss", "probabilities", probabilities);
  const [, truths] = classPairs("logLoss", probabilities, targets);
  requireClasses("logLoss", truths, probabilities.shape[1] ?? 0);
  const bad = probabilities.data.find((p) => p < 0 || p > 1);
  if (bad !== undefined) throw new ValueError(`logLoss: ${bad} is not a probability; for logits use crossEntropy`);
  const eps = probabilities.dtype === "float32" ? 2 ** -23 : Number.EPSILON;
  const clipped = probabilities.detach().to("float64").clamp({ min: eps });
  return crossEntropy(clipped.log(), targets).item(); // softmax(log p) = p / Σp
}

function requireClasses(op: string, classes: number[], C: number): void {
  const row = classes.findIndex((c) => c < 0 || c >= C);
  if (row >= 0) throw new IndexError(`${op}: class ${classes[row]} in row ${row} is outside 0 to ${C - 1}`);
}

/** The predicted and the true class of each row, checked. */
function classPairs(op: string, predicted: Tensor, targets: Tensor): [number[], number[]] {
  requireTensor(op, "predicted", predicted);
  requireTensor(op, "targets", targets);
  if (targets.dtype !== "int32") throw new DTypeError(`${op}: targets must be int32 classes, got ${targets.dtype}`);
  const scored = isFloat(predicted);
  if (!scored && predicted.dtype !== "int32") {
    throw new DTypeError(`${op}: predicted must be float scores [N, C] or int32 classes [N], got ${predicted.dtype}`);
  }
  const [N] = targets.shape;
  if (targets.ndim !== 1 || predicted.ndim !== (scored ? 2 : 1) || predicted.shape[0] !== N) {
    const shapes = `${show(predicted.shape)} and ${show(targets.shape)}`;
    throw new ShapeError(`${op}: needs ${scored ? "scores [N, C]" : "classes [N]"} and targets [N], got ${shapes}`);
  }
  if (N === 0) throw new ValueError(`${op}: there are no rows to compare`);
  if (predicted.shape[1] === 1) {
    const remedy = 'for one logit a row pass logits.squeeze(1).gt(0).to("int32")';
    throw new ShapeError(`${op}: scores ${show(predicted.shape)} are of one class, which would always win; ${remedy}`);
  }
  if (predicted.data.some(Number.isNaN)) throw new ValueError(`${op}: the scores hold NaN; training has diverged`);
  return [[...(scored ? predicted.argmax(1) : predicted).data], [...targets.data]];
}
