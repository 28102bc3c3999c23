import { DTypeError, IndexError, ShapeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { accuracy, confusionMatrix } from "../src/index.ts";
import { expectError } from "./compare.ts";

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
