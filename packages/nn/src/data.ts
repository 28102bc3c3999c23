// Batches of a dataset, shuffled or in order, and splits of it.
import { Generator, permutation, ShapeError, Tensor, tensor, ValueError, where } from "@tendril/tensor";
import { requirePositiveInteger, requireTensor, show } from "./check.ts";
import { checked, type Kinds } from "./options.ts";

/** The options of `batches`. */
export interface BatchOptions {
  /** How many rows a batch has. */
  batchSize: number;
  /** Whether to draw a new order for each pass. Default true. */
  shuffle?: boolean;
  /** Where the order is drawn from. Default the global generator, which `manualSeed` seeds. */
  generator?: Generator;
  /** Whether to leave out the last batch if it is smaller than the others. Default false. */
  dropLast?: boolean;
}

const batchKinds: Kinds<BatchOptions> = {
  batchSize: "number",
  shuffle: "boolean",
  generator: Generator,
  dropLast: "boolean",
};

/**
 * Examples in batches: x: [N, …], y: [N, …] → pairs [batchSize, …], [batchSize, …]. Each loop over it is one pass.
 * @throws {ShapeError} when x and y differ in length
 * @throws {ValueError} when there are no rows, or no batch with `dropLast`; when an option is unknown or of another kind
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 * @example
 * const [x, y] = [zeros([5, 2]), zeros([5])];
 * const shapes = [];
 * for (const [xs, ys] of batches(x, y, { batchSize: 3 })) shapes.push([xs.shape, ys.shape]);
 * shapes // [[[3, 2], [3]], [[2, 2], [2]]]
 */
export function batches(x: Tensor, y: Tensor, options: BatchOptions): Iterable<[Tensor, Tensor]> {
  const { batchSize, shuffle = true, generator, dropLast = false } = checked("batches", options, batchKinds);
  const N = requireRows("batches", x, y);
  requirePositiveInteger("batches", "batchSize", batchSize);
  if (dropLast && batchSize > N) {
    throw new ValueError(`batches: dropLast leaves no batch of ${N} rows; use a batchSize of at most ${N}`);
  }
  const end = dropLast ? N - (N % batchSize) : N;
  return {
    *[Symbol.iterator]() {
      const order = shuffle ? permutation(N, { generator }) : null;
      for (let start = 0; start < end; start += batchSize) {
        const range = [start, start + batchSize] as const;
        const take = (t: Tensor): Tensor => (order === null ? t.slice(range) : t.indexSelect(0, order.slice(range)));
        yield [take(x), take(y)];
      }
    },
  };
}

/** What `trainTestSplit` gives. */
export interface Split {
  /** The rows of x to train on. */
  xTrain: Tensor;
  /** The rows of x that were put aside. */
  xTest: Tensor;
  /** The rows of y that belong to `xTrain`. */
  yTrain: Tensor;
  /** The rows of y that belong to `xTest`. */
  yTest: Tensor;
}

/** The options of `trainTestSplit`. */
export interface SplitOptions {
  /** The share of the rows to put aside. Default 0.25. */
  testSize?: number;
  /** Labels (int32) [N], of which both parts get the same shares. Default none. */
  stratify?: Tensor;
  /** Where it is drawn from. Default the global generator, which `manualSeed` seeds. */
  generator?: Generator;
}

const splitKinds: Kinds<SplitOptions> = { testSize: "number", stratify: Tensor, generator: Generator };

/**
 * Puts the share `testSize` of the rows of x: [N, …] and y: [N, …] aside, drawn at random (rounded up).
 * @throws {ShapeError} when x and y differ in length
 * @throws {ValueError} when there are no rows or either part would be empty; with `stratify` when a label occurs only once
 *   or a part would have fewer rows than there are labels; when an option is unknown or of another kind
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.train_test_split.html
 * @example
 * const { xTrain, xTest } = trainTestSplit(zeros([10, 2]), zeros([10]), { testSize: 0.3 });
 * [xTrain.shape, xTest.shape] // [[7, 2], [3, 2]]
 */
export function trainTestSplit(x: Tensor, y: Tensor, options: SplitOptions = {}): Split {
  const { testSize = 0.25, stratify, generator } = checked("trainTestSplit", options, splitKinds);
  const N = requireRows("trainTestSplit", x, y);
  if (!(testSize > 0 && testSize < 1)) {
    throw new ValueError(`trainTestSplit: testSize must be a share between 0 and 1, got ${testSize}`);
  }
  const held = Math.ceil(testSize * N);
  if (held === N) throw new ValueError(`trainTestSplit: testSize ${testSize} of ${N} rows leaves none to train on`);
  const order = permutation(N, { generator });
  const [test, train] =
    stratify === undefined ? [order.slice([0, held]), order.slice([held])] : byShares(order, stratify, held, generator);
  return {
    xTrain: x.indexSelect(0, train),
    xTest: x.indexSelect(0, test),
    yTrain: y.indexSelect(0, train),
    yTest: y.indexSelect(0, test),
  };
}

/** `held` of the rows in `order`, and the others, with the same share of each label as far as whole rows allow. */
function byShares(order: Tensor, labels: Tensor, held: number, generator: Generator | undefined): [Tensor, Tensor] {
  const fail = (problem: string): ValueError => new ValueError(`trainTestSplit: stratify ${problem}`);
  const [N, kept] = [order.size, order.size - held];
  if (labels.ndim !== 1 || labels.size !== N) throw fail(`needs labels [${N}], one a row, got ${show(labels.shape)}`);
  const groups = new Map<number, number[]>();
  for (const row of order.data) {
    const label = labels.data[row] as number;
    const rows = groups.get(label);
    if (rows === undefined) groups.set(label, [row]);
    else rows.push(row);
  }
  for (const [label, { length }] of groups)
    if (length < 2) throw fail(`needs two rows of each label, and ${label} has one; leave it out`);
  if (groups.size > Math.min(held, kept))
    throw fail(`needs a row of each of the ${groups.size} labels in both parts, which have ${kept} and ${held} rows`);
  // Each label keeps its share, rounded down; the rows still missing go to the largest remainders, equal ones by lot.
  const lots = permutation(groups.size, { generator }).data;
  const shares = [...groups.values()].map((rows, i) => ({ rows, rest: (rows.length * kept) % N, lot: lots[i] ?? 0 }));
  shares.sort((a, b) => b.rest - a.rest || a.lot - b.lot);
  const missing = shares.reduce((sum, { rest }) => sum + rest, 0) / N;
  const cuts = shares.map(({ rows, rest }, i) => (rows.length * kept - rest) / N + Number(i < missing));
  const shuffle = (rows: number[]): Tensor =>
    tensor(rows, { dtype: "int32" }).indexSelect(0, permutation(rows.length, { generator }));
  return [
    shuffle(shares.flatMap(({ rows }, i) => rows.slice(cuts[i]))),
    shuffle(shares.flatMap(({ rows }, i) => rows.slice(0, cuts[i]))),
  ];
}

/**
 * Shifts and scales columns by the statistics it keeps, so that test data are treated as the training data were.
 * `standardize` makes it; to use it in another process, save `mean` and `std`.
 * @throws {ValueError} when `mean` or `std` is not a tensor
 * @example
 * const scaler = new Standardizer(tensor([1, 2]), tensor([2, 2]));
 * scaler.apply(tensor([[3, 2]])) // tensor([[1., 0.]])
 */
export class Standardizer {
  constructor(
    /** What is subtracted from each row: [D, …]. */
    readonly mean: Tensor,
    /** What each row is then divided by: [D, …]. */
    readonly std: Tensor,
  ) {
    requireTensor("Standardizer", "mean", mean);
    requireTensor("Standardizer", "std", std);
  }

  /**
   * (x − mean) / std, for x: [N, D, …] → the same shape.
   * @throws {ShapeError} when the rows of x have another shape than `mean`
   */
  apply(x: Tensor): Tensor {
    requireTensor("standardize", "x", x);
    const columns = show(this.mean.shape);
    if (show(x.shape.slice(1)) !== columns) {
      throw new ShapeError(
        `standardize: x ${show(x.shape)} must have rows of shape ${columns}, as the data it was made from`,
      );
    }
    return x.sub(this.mean).div(this.std);
  }
}

/**
 * Learns the mean and the standard deviation (divisor N) of each column of x: [N, D, …]; `apply` then gives columns of
 * mean 0 and deviation 1. A constant column is only centred.
 * @throws {ShapeError} when x is 0-d
 * @throws {ValueError} when x is not a tensor, has no rows, or holds NaN or infinity
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html
 * @example
 * const scaler = standardize(tensor([[0, 5], [2, 5]]));
 * scaler.apply(tensor([[0, 5], [4, 6]])) // tensor([[-1.,  0.], [ 3.,  1.]])
 */
export function standardize(x: Tensor): Standardizer {
  requireRows("standardize", x, x);
  const data = x.detach();
  const bad = data.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const place = x.shape.map((n, axis) => Math.floor(bad / x.shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
    throw new ValueError(`standardize: x holds ${data.data[bad]} at ${show(place)}; fill it in, or leave out the row`);
  }
  // Told by its values: the mean of equal floats may round, and leave a tiny deviation to divide by.
  const constant = data.amax(0).eq(data.amin(0));
  return new Standardizer(data.mean(0), where(constant, 1, data.std(0, { correction: 0 })));
}

/** The number of rows that x and y have in common. */
function requireRows(op: string, x: Tensor, y: Tensor): number {
  requireTensor(op, "x", x);
  requireTensor(op, "y", y);
  const [N] = x.shape;
  if (N === undefined || y.shape[0] !== N) {
    throw new ShapeError(`${op}: x ${show(x.shape)} and y ${show(y.shape)} must have as many rows as each other`);
  }
  if (N === 0) throw new ValueError(`${op}: there are no rows`);
  return N;
}
