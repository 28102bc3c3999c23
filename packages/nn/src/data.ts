import { type Generator, permutation, ShapeError, type Tensor, ValueError, where } from "@tendril/tensor";
import { requirePositiveInteger, show } from "./check.ts";

export interface BatchOptions {
  batchSize: number;
  /** Draw a new order for each pass. */
  shuffle?: boolean;
  /** Where the order is drawn from; the global generator if left out. */
  generator?: Generator;
  /** Leave out the last batch if it is smaller than the others. */
  dropLast?: boolean;
}

/**
 * Examples in batches: x: [N, …], y: [N, …] → pairs [batchSize, …], [batchSize, …]. Each loop over it is one pass.
 * Throws a typed error when x and y differ in length, are empty, or give no batch.
 *
 * ```ts
 * for (const [xs, ys] of batches(x, y, { batchSize: 32 })) console.log(xs.shape, ys.shape);
 * ```
 */
export function batches(
  x: Tensor,
  y: Tensor,
  { batchSize, shuffle = true, generator, dropLast = false }: BatchOptions,
): Iterable<[Tensor, Tensor]> {
  const N = requireRows("batches", x, y);
  requirePositiveInteger("batches", "batchSize", batchSize);
  if (dropLast && batchSize > N) {
    throw new ValueError(`batches: dropLast leaves none of ${N} rows; use a batchSize smaller than ${batchSize}`);
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

export interface Split {
  xTrain: Tensor;
  xTest: Tensor;
  yTrain: Tensor;
  yTest: Tensor;
}

/**
 * Puts the share `testSize` of the rows of x: [N, …] and y: [N, …] aside, drawn at random (rounded up).
 * Throws a typed error when x and y differ in length, or when either part would be empty.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.train_test_split.html
 */
export function trainTestSplit(
  x: Tensor,
  y: Tensor,
  { testSize = 0.25, generator }: { testSize?: number; generator?: Generator } = {},
): Split {
  const N = requireRows("trainTestSplit", x, y);
  if (!(testSize > 0 && testSize < 1)) {
    throw new ValueError(`trainTestSplit: testSize must be a share between 0 and 1, got ${testSize}`);
  }
  const held = Math.ceil(testSize * N);
  if (held === N) throw new ValueError(`trainTestSplit: testSize ${testSize} of ${N} rows leaves none to train on`);
  const order = permutation(N, { generator });
  const [test, train] = [order.slice([0, held]), order.slice([held])];
  return {
    xTrain: x.indexSelect(0, train),
    xTest: x.indexSelect(0, test),
    yTrain: y.indexSelect(0, train),
    yTest: y.indexSelect(0, test),
  };
}

/** Shifts and scales columns by the statistics it keeps, so that test data are treated as the training data were. */
export class Standardizer {
  /** mean, std: [D, …], what is subtracted from each row and what it is then divided by. */
  constructor(
    readonly mean: Tensor,
    readonly std: Tensor,
  ) {}

  /** (x − mean) / std, for x: [N, D, …]. Throws `ShapeError` when the columns are not those it was made from. */
  apply(x: Tensor): Tensor {
    const columns = show(this.mean.shape);
    if (show(x.shape.slice(1)) !== columns) {
      throw new ShapeError(`standardize: rows of ${show(x.shape)} must be ${columns}, as those it was made from`);
    }
    return x.sub(this.mean).div(this.std);
  }
}

/**
 * Learns the mean and the standard deviation (divisor N) of each column of x: [N, D, …]; `apply` then gives columns of
 * mean 0 and deviation 1. A constant column is only centred. Throws a typed error for no rows, NaN or infinity.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html
 */
export function standardize(x: Tensor): Standardizer {
  requireRows("standardize", x, x);
  const data = x.detach();
  if (!data.isFinite().all().item()) throw new ValueError("standardize: x holds NaN or infinity; clean it first");
  // Told by its values: the mean of equal floats may round, and leave a tiny deviation to divide by.
  const constant = data.amax(0).eq(data.amin(0));
  return new Standardizer(data.mean(0), where(constant, 1, data.std(0, { correction: 0 })));
}

/** The number of rows that x and y have in common. */
function requireRows(op: string, x: Tensor, y: Tensor): number {
  const [N] = x.shape;
  if (N === undefined || y.shape[0] !== N) {
    throw new ShapeError(`${op}: x ${show(x.shape)} and y ${show(y.shape)} must have as many rows as each other`);
  }
  if (N === 0) throw new ValueError(`${op}: there are no rows`);
  return N;
}
