import { DTypeError, IndexError, ShapeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { accuracy, confusionMatrix, crossEntropy, logLoss, precisionRecallF1 } from "../src/index.ts";
import { expectClose, expectError, fixture } from "./compare.ts";

const ints = (...data: number[]): Tensor => tensor(data, { dtype: "int32" });
const scores = tensor([
  [0.1, 2, 0.3],
  [5, 1, 0],
  [0, 1, 9],
  [3, 1, 2],
]); // classes 1, 0, 2, 0

describe("metrics", () => {
  it("accuracy counts the right rows, of scores or of classes", () => {
    expect(accuracy(scores, ints(1, 0, 2, 2))).toBe(0.75);
    expect(accuracy(ints(1, 0, 2, 0), ints(1, 0, 2, 2))).toBe(0.75);
  });

  it("confusionMatrix has the true classes as rows", () => {
    const matrix = confusionMatrix(scores, ints(1, 0, 2, 2));
    expect(matrix.toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 0, 1],
    ]);
    expect(matrix.dtype).toBe("int32");
    expect(confusionMatrix(ints(1, 0), ints(1, 1)).toArray()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(confusionMatrix(ints(1, 0), ints(1, 1), 3).shape).toEqual([3, 3]);
    expect(confusionMatrix(scores, ints(0, 0, 0, 0)).shape).toEqual([3, 3]);
  });

  it("takes many rows", () => {
    const many = tensor(new Int32Array(300_000).fill(1));
    expect(confusionMatrix(many, many).toArray()).toEqual([
      [0, 0],
      [0, 300_000],
    ]);
  });

  it("refuses what it cannot count", () => {
    expectError(
      () => accuracy(scores, ints(1, 0)),
      ShapeError,
      /^accuracy: needs scores \[N, C\] and targets \[N\], got \[4, 3\] and \[2\]/,
    );
    expectError(() => accuracy(ints(0), ints(0, 1)), ShapeError, /needs classes \[N\]/);
    const logits = tensor([[2], [-1]]); // of yes and no: their argmax(1) is 0 in every row
    const oneClass =
      /scores \[2, 1\] are of one class, which would always win; for one logit a row pass .*\.to\("int32"\)$/;
    expectError(() => accuracy(logits, ints(1, 0)), ShapeError, oneClass);
    expect(accuracy(logits.squeeze(1).gt(0).to("int32"), ints(1, 0))).toBe(1);
    expectError(() => accuracy(tensor([1, 0]), ints(1, 0)), ShapeError, /needs scores \[N, C\]/);
    expectError(
      () => accuracy(scores, tensor([1, 0, 2, 2])),
      DTypeError,
      /^accuracy: targets must be int32 classes, got float32/,
    );
    expectError(() => accuracy(tensor([true]), ints(1)), DTypeError, /got bool/);
    expectError(() => accuracy(tensor([], { shape: [0, 3] }), ints()), ValueError, /no rows/);
    expectError(() => accuracy(tensor([[Number.NaN, 1]]), ints(1)), ValueError, /^accuracy: the scores hold NaN/);
    expectError(
      () => confusionMatrix(ints(3), ints(0), 3),
      IndexError,
      /^confusionMatrix: class 3 in row 0 is outside 0 to 2/,
    );
    expectError(() => confusionMatrix(ints(0), ints(-1)), IndexError, /class -1/);
  });
});

interface Sklearn {
  classified: {
    predicted: number[];
    targets: number[];
    C: number;
    precision: number[];
    recall: number[];
    f1: number[];
    support: number[];
    macro: number[];
    confusion: number[][];
  }[];
  losses: { probabilities: number[][]; targets: number[]; float32: number; float64: number }[];
}
const sklearn = fixture<Sklearn>("metrics.json");

describe("precision, recall and F1", () => {
  it("are 2/3, 1 and 4/5 for a class found twice and claimed once too often", () => {
    const { precision, recall, f1, support, macro } = precisionRecallF1(ints(0, 0, 0, 1), ints(0, 0, 1, 1));
    expectClose([precision[0] ?? 0, recall[0] ?? 0, f1[0] ?? 0], [2 / 3, 1, 4 / 5]);
    expectClose([precision[1] ?? 0, recall[1] ?? 0, f1[1] ?? 0], [1, 1 / 2, 2 / 3]);
    expect(support).toEqual([2, 2]);
    expectClose([macro.precision, macro.recall, macro.f1], [5 / 6, 3 / 4, 11 / 15]);
  });

  it.each(sklearn.classified)("are scikit-learn's: $C classes, $predicted.length rows", (row) => {
    const { predicted, targets, C: numClasses, confusion } = row;
    const scores = precisionRecallF1(ints(...predicted), ints(...targets), { numClasses });
    for (const key of ["precision", "recall", "f1", "support"] as const) expectClose(scores[key], row[key]);
    expectClose([scores.macro.precision, scores.macro.recall, scores.macro.f1], row.macro);
    expect(confusionMatrix(ints(...predicted), ints(...targets), numClasses).toArray()).toEqual(confusion);
  });

  it("take scores as well, and are exact where float32 would not be", () => {
    expect(precisionRecallF1(scores, ints(1, 0, 2, 2))).toEqual(precisionRecallF1(ints(1, 0, 2, 0), ints(1, 0, 2, 2)));
    expect(precisionRecallF1(ints(0, 0, 0), ints(0, 1, 1)).precision).toEqual([1 / 3, 0]);
  });

  it("name themselves in errors", () => {
    expectError(() => precisionRecallF1(ints(0), ints(0, 1)), ShapeError, /^precisionRecallF1: needs classes/);
    expectError(
      () => precisionRecallF1(ints(0), ints(2), { numClasses: 2 }),
      IndexError,
      /^precisionRecallF1: class 2 in row 0 is outside 0 to 1/,
    );
    expectError(() => precisionRecallF1(ints(0), ints(0), { numClasses: 0 }), ValueError, /numClasses must be/);
  });
});

describe("logLoss", () => {
  it.each(sklearn.losses)("is scikit-learn's $float64, and $float32 in float32", (row) => {
    const targets = ints(...row.targets);
    const p = tensor(row.probabilities, { dtype: "float64" });
    expect(logLoss(p, targets)).toBeCloseTo(row.float64, 12);
    expect(Math.abs(logLoss(p.to("float32"), targets) / row.float32 - 1)).toBeLessThan(2e-7);
  });

  it("is the cross-entropy of the logits, where nothing is clipped", () => {
    const targets = ints(1, 0, 2, 2);
    expect(logLoss(scores.softmax(1), targets)).toBeCloseTo(crossEntropy(scores, targets).item(), 6);
  });

  it("costs 36.04 for a certain and wrong answer, 15.94 in float32, and nothing for a right one", () => {
    const p = tensor([[1, 0]], { dtype: "float64" });
    expect(logLoss(p, ints(1))).toBeCloseTo(52 * Math.LN2, 10);
    expect(logLoss(p.to("float32"), ints(1))).toBeCloseTo(23 * Math.LN2, 6);
    expect(logLoss(p, ints(0))).toBeLessThan(1e-15);
  });

  it("refuses logits, classes, and targets outside", () => {
    expectError(
      () => logLoss(scores, ints(1, 0, 2, 2)),
      ValueError,
      /^logLoss: 2 is not a probability; .*crossEntropy/,
    );
    expectError(() => logLoss(tensor([[-0.5, 1.5]]), ints(0)), ValueError, /^logLoss: -0.5 is no/);
    expectError(() => logLoss(ints(0), ints(0)), DTypeError, /^logLoss: probabilities must be float/);
    expectError(
      () => logLoss(tensor([[0.5, 0.5]]), ints(2)),
      IndexError,
      /^logLoss: class 2 in row 0 is outside 0 to 1/,
    );
    expectError(() => logLoss(tensor([[0.5, 0.5]]), ints(-100)), IndexError, /class -100/);
    expectError(() => logLoss(tensor([[0.5, 0.5]]), ints(0, 1)), ShapeError, /^logLoss: needs scores/);
  });
});
