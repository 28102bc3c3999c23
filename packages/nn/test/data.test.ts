import { arange, Generator, randn, ShapeError, type Tensor, tensor, ValueError, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { type BatchOptions, batches, standardize, trainTestSplit } from "../src/index.ts";
import { expectClose, expectError, fixture } from "./compare.ts";

/** N rows whose x, [N, 2], tells their y. */
const rows = (N: number): [Tensor, Tensor] => [tensor(Array.from({ length: N }, (_, i) => [i, -i])), arange(N)];
const sorted = (t: Tensor): number[] => [...t.data].sort((a, b) => a - b);

/** What one pass over the batches gives: y of each batch, after a check that x belongs to it. */
const pass = (loader: Iterable<[Tensor, Tensor]>): number[][] =>
  [...loader].map(([x, y]) => {
    expect(x.toArray()).toEqual([...y.data].map((i) => [i, -i]));
    return [...y.data];
  });
const loader = (N: number, options: BatchOptions) => batches(...rows(N), options);

describe("batches", () => {
  it("gives each row once, in random order, the last batch smaller", () => {
    const ys = pass(loader(10, { batchSize: 4, generator: new Generator(1) }));
    expect(ys.map((y) => y.length)).toEqual([4, 4, 2]);
    expect(ys.flat()).not.toEqual([...Array(10).keys()]);
    expect(ys.flat().sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
  });

  it("draws a new order for each pass, the same for the same seed", () => {
    const [a, b] = [1, 1].map((seed) => loader(20, { batchSize: 20, generator: new Generator(seed) }));
    const [first, second] = [pass(a as Iterable<[Tensor, Tensor]>), pass(a as Iterable<[Tensor, Tensor]>)];
    expect(second).not.toEqual(first);
    expect([pass(b as Iterable<[Tensor, Tensor]>), pass(b as Iterable<[Tensor, Tensor]>)]).toEqual([first, second]);
  });

  it("keeps the order and drops the rest on request", () => {
    expect(pass(loader(5, { batchSize: 2, shuffle: false }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(pass(loader(5, { batchSize: 2, shuffle: false, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(pass(loader(4, { batchSize: 2, dropLast: true }))).toHaveLength(2);
    expect(pass(loader(3, { batchSize: 100, shuffle: false }))).toEqual([[0, 1, 2]]);
  });

  it("keeps dtypes", () => {
    const [[x, y] = []] = loader(3, { batchSize: 2 });
    expect([x?.dtype, y?.dtype]).toEqual(["float32", "int32"]);
  });

  it("refuses rows that do not match, none, and batches of nothing, before the first one is asked for", () => {
    expectError(
      () => batches(zeros([3, 2]), zeros([4]), { batchSize: 2 }),
      ShapeError,
      /^batches: x \[3, 2\] and y \[4\]/,
    );
    expectError(() => batches(tensor(1), tensor(1), { batchSize: 2 }), ShapeError, /^batches: x \[\]/);
    expectError(() => loader(0, { batchSize: 2 }), ValueError, /no rows/);
    expectError(() => loader(3, { batchSize: 0 }), ValueError, /batchSize must be a positive integer, got 0/);
    expectError(() => loader(3, { batchSize: Number.NaN }), ValueError, /got NaN/);
    expectError(
      () => loader(3, { batchSize: 4, dropLast: true }),
      ValueError,
      /dropLast leaves no batch of 3 rows; use a batchSize of at most 3/,
    );
  });
});

describe("trainTestSplit", () => {
  it("puts a quarter aside, pairs kept, by seed", () => {
    const [x, y] = rows(10);
    const { xTrain, xTest, yTrain, yTest } = trainTestSplit(x, y, { generator: new Generator(2) });
    expect([xTrain.shape, xTest.shape]).toEqual([
      [7, 2],
      [3, 2],
    ]);
    expect(
      sorted(yTrain)
        .concat(sorted(yTest))
        .sort((a, b) => a - b),
    ).toEqual([...Array(10).keys()]);
    expect(xTest.toArray()).toEqual([...yTest.data].map((i) => [i, -i]));
    const again = trainTestSplit(x, y, { generator: new Generator(2) });
    expect(again.yTest.data).toEqual(yTest.data);
    expect(trainTestSplit(x, y, { generator: new Generator(3) }).yTrain.data).not.toEqual(yTrain.data);
  });

  it("refuses shares that leave a part empty", () => {
    for (const testSize of [0, 1, -0.1, 1.5, Number.NaN]) {
      expectError(
        () => trainTestSplit(...rows(4), { testSize }),
        ValueError,
        new RegExp(`testSize .* got ${testSize}$`),
      );
    }
    expectError(() => trainTestSplit(...rows(4), { testSize: 0.9 }), ValueError, /leaves none to train on/);
    expectError(() => trainTestSplit(zeros([2, 2]), zeros([3])), ShapeError, /^trainTestSplit: x \[2, 2\] and y \[3\]/);
    expectError(() => trainTestSplit(...rows(0)), ValueError, /^trainTestSplit: there are no rows/);
  });
});

describe("trainTestSplit by label", () => {
  /** Labels 0, 0, …, 1, 1, … as many of each as `counts` says. */
  const labelsOf = (counts: number[]): Tensor =>
    tensor(Int32Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label))));
  const countsOf = (labels: Tensor, length: number): number[] =>
    Array.from({ length }, (_, label) => [...labels.data].filter((x) => x === label).length);

  const { splits } = fixture<{ splits: { counts: number[]; testSize: number; ways: number[][] }[] }>("metrics.json");
  it.each(splits)("takes from $counts the shares that scikit-learn takes, testSize $testSize", (split) => {
    const { counts, testSize, ways } = split;
    const stratify = labelsOf(counts);
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const generator = new Generator(seed);
      const { yTrain, yTest } = trainTestSplit(stratify, stratify, { testSize, stratify, generator });
      const test = countsOf(yTest, counts.length);
      expect(countsOf(yTrain, counts.length)).toEqual(counts.map((count, label) => count - (test[label] ?? 0)));
      seen.add(String(test));
    }
    expect([...seen].sort()).toEqual(ways.map(String).sort());
  });

  it("keeps pairs, uses each row once, mixes the order, and follows the seed", () => {
    const [x, y] = rows(60);
    const stratify = labelsOf([30, 20, 10]);
    const split = (seed: number) => trainTestSplit(x, y, { stratify, generator: new Generator(seed) });
    const { xTrain, xTest, yTrain, yTest } = split(1);
    expect(xTrain.toArray()).toEqual([...yTrain.data].map((i) => [i, -i]));
    expect(xTest.toArray()).toEqual([...yTest.data].map((i) => [i, -i]));
    expect([...yTrain.data, ...yTest.data].sort((a, b) => a - b)).toEqual([...Array(60).keys()]);
    expect([...yTrain.data]).not.toEqual(sorted(yTrain));
    expect([...yTest.data]).not.toEqual(sorted(yTest));
    expect(split(1).yTest.data).toEqual(yTest.data);
    expect(split(2).yTest.data).not.toEqual(yTest.data);
  });

  it("draws every row as often as any other of its label, for every place", () => {
    // 12 rows, 2 labels: over many splits each row of a label of 6 is in the test part of 4 a third of the time.
    const stratify = labelsOf([6, 6]);
    const generator = new Generator(9);
    const [hits, first] = [new Array<number>(12).fill(0), new Array<number>(12).fill(0)];
    for (let i = 0; i < 3000; i++) {
      const { yTest, yTrain } = trainTestSplit(...rows(12), { testSize: 1 / 3, stratify, generator });
      for (const row of yTest.data) hits[row] = (hits[row] ?? 0) + 1;
      const row = yTrain.data[0] as number;
      first[row] = (first[row] ?? 0) + 1;
    }
    for (const hit of hits) expect(Math.abs(hit - 1000)).toBeLessThan(5 * Math.sqrt(3000 * (2 / 9)));
    for (const count of first) expect(Math.abs(count - 250)).toBeLessThan(5 * Math.sqrt(250));
  });

  it("gives what rounding leaves over to equal remainders by lot", () => {
    // Of 50 and 30 rows 37.5 and 22.5 would be kept: half of the time the one, half of the time the other gets a row.
    const stratify = labelsOf([50, 30, 20]);
    const generator = new Generator(10);
    const aside = Array.from({ length: 600 }, () => trainTestSplit(stratify, stratify, { stratify, generator }).yTest);
    const fewer = aside.filter((labels) => countsOf(labels, 3)[0] === 12).length;
    expect(Math.abs(fewer - 300)).toBeLessThan(4 * Math.sqrt(600 / 4));
  });

  it("takes many rows, and labels that are not 0, 1, 2", () => {
    const stratify = tensor(Int32Array.from({ length: 200_000 }, (_, i) => (i % 4 === 0 ? -7 : 1000)));
    const { yTest } = trainTestSplit(stratify, stratify, { testSize: 0.1, stratify });
    expect([...yTest.data].filter((label) => label === -7)).toHaveLength(5000);
  });

  it("refuses labels that cannot be shared out", () => {
    const split = (stratify: Tensor, testSize?: number) => () => trainTestSplit(...rows(8), { stratify, testSize });
    expectError(split(zeros([7])), ValueError, /^trainTestSplit: stratify needs labels \[8\], one a row, got \[7\]/);
    expectError(split(zeros([8, 1])), ValueError, /got \[8, 1\]/);
    expectError(
      split(labelsOf([7, 1])),
      ValueError,
      /^trainTestSplit: stratify needs two rows of each label, and 1 has one; leave it out/,
    );
    expectError(
      split(labelsOf([2, 2, 2, 2])),
      ValueError,
      /needs a row of each of the 4 labels in both parts, which have 6 and 2 rows/,
    );
    expectError(
      split(labelsOf([2, 2, 2, 2]), 0.7),
      ValueError,
      /needs a row of each of the 4 labels in both parts, which have 2 and 6 rows/,
    );
  });
});

describe("standardize", () => {
  it("gives columns of mean 0 and deviation 1, and keeps its statistics for other data", () => {
    const x = randn([50, 3], { generator: new Generator(4), dtype: "float64" })
      .mul([1, 10, 0.1])
      .add([5, 0, -3]);
    const scaler = standardize(x);
    const z = scaler.apply(x);
    expectClose(z.mean(0), [0, 0, 0], { atol: 1e-12 });
    expectClose(z.std(0, { correction: 0 }), [1, 1, 1]);
    expectClose(scaler.apply(scaler.mean.add(scaler.std.mul(2)).unsqueeze(0)), [2, 2, 2]);
  });

  it("only centres a constant column, also one whose mean rounds", () => {
    const x = tensor(Array.from({ length: 7 }, (_, i) => [0.1, i]));
    const { std } = standardize(x);
    expect(std.data[0]).toBe(1);
    expect(std.data[1]).toBeCloseTo(2, 6);
    expectClose(standardize(x).apply(x).slice([], 0), [0, 0, 0, 0, 0, 0, 0], { atol: 1e-7 });
  });

  it("knows a constant column by its values: its computed deviation need not be 0", () => {
    const x = tensor([[0.1], [0.1], [0.1]], { dtype: "float64" });
    expect(x.std(0, { correction: 0 }).item()).toBeGreaterThan(0);
    const scaler = standardize(x);
    expect(scaler.std.toArray()).toEqual([1]);
    expectClose(scaler.apply(x), [0, 0, 0], { atol: 1e-16 });
  });

  it("refuses NaN, infinity, no rows, and other columns", () => {
    expectError(
      () => standardize(tensor([[1], [Number.NaN]])),
      ValueError,
      /^standardize: x holds NaN at \[1, 0\]; fill it in/,
    );
    expectError(
      () => standardize(tensor([[1], [Number.POSITIVE_INFINITY]])),
      ValueError,
      /x holds Infinity at \[1, 0\]/,
    );
    const image = tensor([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, Number.NaN],
      ],
    ]);
    expectError(() => standardize(image), ValueError, /x holds NaN at \[1, 1, 1\]/);
    expectError(() => standardize(zeros([0, 2])), ValueError, /^standardize: there are no rows/);
    expectError(
      () => standardize(zeros([4, 2])).apply(zeros([4, 1])),
      ShapeError,
      /x \[4, 1\] must have rows of shape \[2\]/,
    );
  });
});
