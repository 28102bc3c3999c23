// Random tensors of another one's shape, and indices drawn by weights.
import { checkTensor, detach, toTensor } from "../bind.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { cast } from "../ops/cast.ts";
import { div, ge, gt, log1p, logicalAnd, lt, neg, where } from "../ops/elementwise.ts";
import { ensure, inTheNameOf } from "../ops/ensure.ts";
import { cumsum, sum } from "../ops/reduce.ts";
import { checkInteger, checkOptions } from "../options.ts";
import { type Fill, Generator, type RandomOptions, rand, randn, random, randomKinds } from "../random.ts";
import { show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { topk } from "./sort.ts";

function like(op: string, draw: typeof rand, x: Tensor, options: RandomOptions): Tensor {
  checkTensor(op, "x", x);
  const { dtype = x.dtype } = checkOptions(op, options, randomKinds);
  return inTheNameOf(op, () => draw(x.shape, { ...options, dtype }));
}

/**
 * Uniform on [0, 1), of the shape of `x`, and of its dtype unless `dtype` says otherwise.
 * @throws {DTypeError} when the dtype is not a float
 * @throws {ValueError} when `x` is not a tensor, or an option is wrong
 * @example
 * randLike(zeros([2, 3])).shape // [2, 3]
 * @see https://pytorch.org/docs/stable/generated/torch.rand_like.html
 */
export const randLike = (x: Tensor, options: RandomOptions = {}): Tensor => like("randLike", rand, x, options);

/**
 * Standard normal, of the shape of `x`, and of its dtype unless `dtype` says otherwise.
 * @throws {DTypeError} when the dtype is not a float
 * @throws {ValueError} when `x` is not a tensor, or an option is wrong
 * @example
 * randnLike(zeros([2, 3])).shape // [2, 3]
 * @see https://pytorch.org/docs/stable/generated/torch.randn_like.html
 */
export const randnLike = (x: Tensor, options: RandomOptions = {}): Tensor => like("randnLike", randn, x, options);

/** The options of `multinomial`. */
export interface MultinomialOptions {
  /** Whether an index may be drawn again. Default false. */
  readonly replacement?: boolean;
  /** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Indices drawn with probabilities in proportion to `weights`, floats ≥ 0 that need not sum to 1: [C] → [numSamples],
 * [N, C] → [N, numSamples], a draw of its own for each row; int32. No gradient passes.
 * @throws {ValueError} when weights are negative, infinite or NaN, or fewer of a row are above 0 than indices are
 * wanted
 * @throws {ShapeError} when the weights are neither [C] nor [N, C]
 * @throws {DTypeError} when the weights are not floats
 * @example
 * manualSeed(0);
 * multinomial([0, 1, 9], 5, { replacement: true }) // tensor([2, 2, 2, 2, 2], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.multinomial.html
 */
export function multinomial(weights: TensorLike, numSamples: number, options: MultinomialOptions = {}): Tensor {
  const op = "multinomial";
  const kinds = { replacement: "boolean", generator: Generator } as const;
  const { replacement = false, generator } = checkOptions(op, options, kinds);
  checkInteger(op, "numSamples", numSamples, 1);
  const given = toTensor(op, weights);
  if (!isFloat(given.dtype)) throw new DTypeError(`${op}: weights are floats, got ${given.dtype}; use .to("float32")`);
  const { ndim, shape } = given;
  if (ndim < 1 || ndim > 2) throw new ShapeError(`${op}: weights are [C] or [N, C], got shape ${show(shape)}`);
  const p = cast(detach(given), "float64");
  const isWeight = logicalAnd(ge(p, 0), lt(p, Number.POSITIVE_INFINITY));
  ensure(
    isWeight,
    () =>
      new ValueError(`${op}: weights ${show(shape)} must be finite and ≥ 0; if they are logits, pass x.softmax(-1)`),
  );
  const wanted = replacement ? 1 : numSamples;
  const positive = gt(p, 0);
  ensure(ge(sum(positive, -1), wanted), () => {
    const remedy = replacement ? "" : "; draw fewer, or with { replacement: true }";
    return new ValueError(`${op}: needs ${wanted} above 0 in each row of the weights ${show(shape)}${remedy}`);
  });
  if (!replacement) {
    // Each index waits for a time that is exponential with the rate pᵢ: the first ones to come are such a draw.
    const minusTimes = div(log1p(neg(rand(shape, { generator, dtype: "float64" }))), p);
    return topk(where(positive, minusTimes, Number.NEGATIVE_INFINITY), numSamples).indices;
  }
  const classes = shape[ndim - 1] as number;
  const search: Fill = (out, uniform, start, sums) => {
    for (let i = 0; i < uniform.length; i++) {
      const base = Math.floor((start + i) / numSamples) * classes;
      const target = (uniform[i] as number) * (sums[base + classes - 1] as number);
      // The first class whose sum is above the target: one of weight 0 adds nothing, and is never the first.
      let [low, high] = [0, classes - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((sums[base + middle] as number) > target) high = middle;
        else low = middle + 1;
      }
      out[start + i] = low;
    }
  };
  const type = { shape: [...shape.slice(0, -1), numSamples], dtype: "int32" } as const;
  return random(op, type, { generator }, () => {}, search, { inputs: [cumsum(p, -1)] });
}
