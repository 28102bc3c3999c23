import { DTypeError, IndexError, ShapeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { isFloat, requirePositiveInteger, show } from "./check.ts";

/**
 * The share of rows whose class is right, from 0 to 1.
 * predicted: scores [N, C], of which the largest counts, or classes (int32) [N]; targets: classes (int32) [N].
 * Throws a typed error for shapes or dtypes that do not fit, no rows, or scores that are NaN.
 */
export function accuracy(predicted: Tensor, targets: Tensor): number {
  const [guesses, truths] = classPairs("accuracy", predicted, targets);
  return guesses.filter((guess, i) => guess === truths[i]).length / guesses.length;
}

/**
 * How often each class (row) was taken for each (column): int32 [C, C], the right ones on the diagonal.
 * predicted, targets: as for `accuracy`. C is `numClasses`, else the number of scores, else the largest class + 1.
 * Throws as `accuracy` does, and `IndexError` for a class outside 0 … C − 1.
 */
export function confusionMatrix(predicted: Tensor, targets: Tensor, numClasses?: number): Tensor {
  const [guesses, truths] = classPairs("confusionMatrix", predicted, targets);
  const scores = isFloat(predicted) ? (predicted.shape[1] ?? 0) : 0;
  const C = numClasses ?? [...guesses, ...truths].reduce((most, c) => Math.max(most, c + 1), scores);
  requirePositiveInteger("confusionMatrix", "numClasses", C);
  const counts = new Int32Array(C * C);
  for (const [i, guess] of guesses.entries()) {
    const truth = truths[i] ?? 0;
    const bad = [guess, truth].find((c) => c < 0 || c >= C);
    if (bad !== undefined) throw new IndexError(`confusionMatrix: class ${bad} in row ${i} is outside 0 to ${C - 1}`);
    counts[truth * C + guess] = (counts[truth * C + guess] ?? 0) + 1;
  }
  return tensor(counts, { shape: [C, C] });
}

/** The predicted and the true class of each row, checked. */
function classPairs(op: string, predicted: Tensor, targets: Tensor): [number[], number[]] {
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
  if (predicted.data.some(Number.isNaN)) throw new ValueError(`${op}: the scores hold NaN; training has diverged`);
  return [[...(scored ? predicted.argmax(1) : predicted).data], [...targets.data]];
}
