import { toTensor } from "../bind.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { normalizeDims } from "../shape.ts";
import type { Dims, Tensor, TensorLike } from "../tensor.ts";
import { div, eq, gt, ne, sqrt, square, sub, where } from "./elementwise.ts";
import { type ReduceOptions, type Reduction, sum } from "./reduce.ts";

// Ops made of ops: no rules of their own, their gradients follow.

/** Some element is non-zero; of nothing, false. */
export const any: Reduction = (x, dim, options) => {
  const t = toTensor("any", x);
  return gt(sum(ne(t, 0), normalizeDims("any", dim, t.ndim), options), 0);
};

/** Every element is non-zero; of nothing, true. */
export const all: Reduction = (x, dim, options) => {
  const t = toTensor("all", x);
  return eq(sum(eq(t, 0), normalizeDims("all", dim, t.ndim), options), 0);
};

/** The number of elements that each result of a reduction is made from. */
const countOver = (x: Tensor, dims: readonly number[]): number => dims.reduce((n, d) => n * (x.shape[d] as number), 1);

function floats(op: string, x: TensorLike): Tensor {
  const t = toTensor(op, x);
  if (!isFloat(t.dtype)) throw new DTypeError(`${op}: needs floats, got ${t.dtype}; use .to("float32")`);
  return t;
}

/** Σx / N. The mean of nothing is NaN, as in PyTorch. */
export const mean: Reduction = (x, dim, options) => {
  const t = floats("mean", x);
  const dims = normalizeDims("mean", dim, t.ndim);
  return div(sum(t, dims, options), countOver(t, dims));
};

/** `correction` is what is taken off N: 1 (default) for the unbiased estimate, 0 for the plain mean of squares. */
export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number;
}

/**
 * Σ(x − mean)² / (N − correction).
 * @see https://pytorch.org/docs/stable/generated/torch.var.html
 */
export function variance(x: TensorLike, dim?: Dims, { correction = 1, keepdim = false }: VarianceOptions = {}): Tensor {
  const t = floats("variance", x);
  const dims = normalizeDims("variance", dim, t.ndim);
  const squares = square(sub(t, mean(t, dims, { keepdim: true })));
  return div(sum(squares, dims, { keepdim }), Math.max(0, countOver(t, dims) - correction));
}

/** √variance. Where the variance is 0 its gradient is taken as 0, as in PyTorch. */
export function std(x: TensorLike, dim?: Dims, options: VarianceOptions = {}): Tensor {
  const t = floats("std", x);
  const v = variance(t, normalizeDims("std", dim, t.ndim), options);
  const flat = eq(v, 0);
  return where(flat, 0, sqrt(where(flat, 1, v)));
}
