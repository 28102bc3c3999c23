// Ops made of ops: no rules of their own, their gradients follow.
import { checkTensor, toTensor } from "../bind.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkShape, reduceShape, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { cast } from "./cast.ts";
import { overDims, type ReduceOptions, type Reduction } from "./dims.ts";
import { abs, add, div, eq, gt, mul, ne, pow, sqrt, square, sub, where } from "./elementwise.ts";
import { slice } from "./indexing.ts";
import { amax, amin, sum } from "./reduce.ts";
import { cat, permute, reshape } from "./shape.ts";
import { checkFloat, counted } from "./types.ts";

/**
 * Whether some element is non-zero, over the axes `dim`, bool: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`; of
 * nothing, false.
 * @param dim the axes; default: all of them
 * @formula ∃ x ≠ 0
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * any(tensor([[0, 1], [0, 0]]), 1) // tensor([ true, false])
 * @see https://pytorch.org/docs/stable/generated/torch.any.html
 */
export const any: Reduction = overDims("any", {}, (x, dims, options) => gt(sum(ne(x, 0), dims, options), 0));

/**
 * Whether every element is non-zero, over the axes `dim`, bool: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`; of
 * nothing, true.
 * @param dim the axes; default: all of them
 * @formula ∀ x ≠ 0
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * all(tensor([[0, 1], [1, 1]]), 1) // tensor([false, true])
 * @see https://pytorch.org/docs/stable/generated/torch.all.html
 */
export const all: Reduction = overDims("all", {}, (x, dims, options) => eq(sum(eq(x, 0), dims, options), 0));

/** The number of elements that each result of a reduction is made from. */
const countOver = (x: Tensor, dims: readonly number[]): number => dims.reduce((n, d) => n * (x.shape[d] as number), 1);

/**
 * The mean over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. The mean of nothing is NaN, as in
 * PyTorch.
 * @param dim the axes; default: all of them
 * @formula Σx / N
 * @derivative 1/N
 * @throws {DTypeError} when `x` holds no floats
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * mean(tensor([[1, 2], [3, 5]]), 1) // tensor([1.5000, 4.0000])
 * @see https://pytorch.org/docs/stable/generated/torch.mean.html
 */
export const mean: Reduction = overDims("mean", {}, (x, dims, options) => {
  checkFloat("mean", x);
  return div(sum(x, dims, options), countOver(x, dims));
});

/** The options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** What is taken off N: 1 for the unbiased estimate, 0 for the mean of squares. Default 1. */
  readonly correction?: number;
}
const varianceKinds = { correction: "number" } as const;

/**
 * The variance over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. The method is `x.var()`.
 * @param dim the axes; default: all of them
 * @formula Σ(x − mean)² / (N − correction)
 * @derivative 2·(x − mean) / (N − correction)
 * @throws {DTypeError} when `x` holds no floats
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * variance(tensor([1, 2, 3, 4])) // tensor(1.6667)
 * variance(tensor([1, 2, 3, 4]), 0, { correction: 0 }) // tensor(1.2500)
 * @see https://pytorch.org/docs/stable/generated/torch.var.html
 */
export const variance: Reduction<VarianceOptions> = overDims("variance", varianceKinds, (x, dims, options) => {
  checkFloat("variance", x);
  const { correction = 1, keepdim = false } = options;
  const squares = square(sub(x, mean(x, dims, { keepdim: true })));
  return div(sum(squares, dims, { keepdim }), Math.max(0, countOver(x, dims) - correction));
});

/**
 * The standard deviation over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`.
 * @param dim the axes; default: all of them
 * @formula √variance
 * @derivative (x − mean) / ((N − correction)·std), 0 where the variance is 0
 * @throws {DTypeError} when `x` holds no floats
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * std(tensor([1, 2, 3, 4])) // tensor(1.2910)
 * @see https://pytorch.org/docs/stable/generated/torch.std.html
 */
export const std: Reduction<VarianceOptions> = overDims("std", varianceKinds, (x, dims, options) => {
  checkFloat("std", x);
  return exceptAt0(variance(x, dims, options), 0, sqrt);
});

/** f(x), but `value`, with the gradient 0, where x is 0: there roots and powers have infinite derivatives. */
function exceptAt0(x: Tensor, value: number, f: (x: Tensor) => Tensor): Tensor {
  const isZero = eq(x, 0);
  return where(isZero, value, f(where(isZero, 1, x)));
}

/**
 * The product over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`; of nothing, 1. Booleans are
 * multiplied as int32. Values and gradients are right where entries are 0.
 * @param dim the axes; default: all of them
 * @formula Πx
 * @derivative the product of the others
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * prod(tensor([[1, 2], [3, 4]]), 1) // tensor([ 2., 12.])
 * @see https://pytorch.org/docs/stable/generated/torch.prod.html
 */
export const prod: Reduction = overDims("prod", {}, (x, dims, { keepdim = false }) => {
  const kept = [...x.shape.keys()].filter((i) => !dims.includes(i));
  const n = countOver(x, dims);
  const rows = reshape(permute(x, [...dims, ...kept]), [n, ...reduceShape(x.shape, dims, false)]);
  return reshape(pairwiseProduct(cast(rows, counted(x.dtype)), n), reduceShape(x.shape, dims, keepdim));
});

/** The product along the first axis, of size n, by halves: no division, so a 0 needs no special case. */
function pairwiseProduct(x: Tensor, n: number): Tensor {
  if (n === 0) return add(sum(x, 0), 1); // 1, but still a function of x
  if (n === 1) return slice(x, 0);
  const half = Math.floor(n / 2);
  const products = mul(slice(x, [0, half]), slice(x, [half, 2 * half]));
  return pairwiseProduct(n % 2 === 0 ? products : cat([products, slice(x, [n - 1])]), half + (n % 2));
}

/** The options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The p of the p-norm: any number, ±Infinity for the largest or smallest |x|, 0 to count non-zeros. Default 2. */
  readonly ord?: number;
}

/**
 * The p-norm of the entries over the axes `dim`, as one long vector: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`.
 * @param dim the axes; default: all of them
 * @formula (Σ|x|ᵖ)^(1/p)
 * @derivative sign x · (|x| / norm)ᵖ⁻¹, 0 where the norm is 0
 * @throws {DTypeError} when `x` holds no floats
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * norm(tensor([3, 4])) // tensor(5.)
 * norm(tensor([[3, 4], [0, -1]]), 1, { ord: 1 }) // tensor([7., 1.])
 * @see https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
 */
export const norm: Reduction<NormOptions> = overDims("norm", { ord: "number" }, (x, dims, options) => {
  const { ord = 2, keepdim = false } = options;
  if (Number.isNaN(ord)) throw new ValueError("norm: ord is a number or ±Infinity, got NaN");
  checkFloat("norm", x);
  const kept = { keepdim };
  if (ord === 0) return cast(sum(ne(x, 0), dims, kept), x.dtype);
  if (ord === 1) return sum(abs(x), dims, kept);
  if (ord === Number.POSITIVE_INFINITY) return amax(abs(x), dims, kept);
  if (ord === Number.NEGATIVE_INFINITY) return amin(abs(x), dims, kept);
  if (ord === 2) return exceptAt0(sum(square(x), dims, kept), 0, sqrt);
  const powers = exceptAt0(x, 0 ** ord, (x) => pow(abs(x), ord));
  return exceptAt0(sum(powers, dims, kept), 0, (total) => pow(total, 1 / ord));
});

/** The options of `layerNorm`. */
export interface LayerNormOptions {
  /** Multiplied with the result: of the shape `normalizedShape`. Default: none. */
  readonly weight?: Tensor;
  /** Added to the result: of the shape `normalizedShape`. Default: none. */
  readonly bias?: Tensor;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * `x` with the mean and variance over its last axes, which have `normalizedShape`, taken off: [..., ...normalizedShape]
 * → the same.
 * @param normalizedShape sizes of the last axes; a number for one axis
 * @formula (x − mean) / √(variance + eps) · weight + bias
 * @throws {DTypeError} when `x` holds no floats
 * @throws {ShapeError} when the last axes, weight or bias have another shape
 * @throws {ValueError} when weight or bias is not a tensor, or an option is misspelt
 * @example
 * layerNorm(tensor([[1, 2, 3], [2, 4, 6]]), 3) // tensor([[-1.2247, 0.0000, 1.2247], [-1.2247, 0.0000, 1.2247]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export function layerNorm(x: TensorLike, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  const kinds = { weight: "any", bias: "any", eps: "number" } as const;
  const { weight, bias, eps = 1e-5 } = checkOptions("layerNorm", options, kinds);
  const t = toTensor("layerNorm", x);
  checkFloat("layerNorm", t);
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  checkShape("layerNorm", shape);
  if (shape.length === 0 || !sameShape(shape, t.shape.slice(-shape.length))) {
    throw new ShapeError(`layerNorm: the last axes of ${show(t.shape)} must be normalizedShape ${show(shape)}`);
  }
  for (const [name, p] of Object.entries({ weight, bias })) {
    if (p === undefined) continue;
    checkTensor("layerNorm", name, p);
    if (!sameShape(p.shape, shape)) {
      throw new ShapeError(`layerNorm: ${name} has shape ${show(p.shape)}, normalizedShape is ${show(shape)}`);
    }
  }
  const dims = shape.map((_, i) => i - shape.length);
  const centred = sub(t, mean(t, dims, { keepdim: true }));
  const normal = div(centred, sqrt(add(mean(square(centred), dims, { keepdim: true }), eps)));
  const scaled = weight === undefined ? normal : mul(normal, weight);
  return bias === undefined ? scaled : add(scaled, bias);
}
