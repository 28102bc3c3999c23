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

/** Some element is non-zero; of nothing, false. */
export const any: Reduction = overDims("any", {}, (x, dims, options) => gt(sum(ne(x, 0), dims, options), 0));

/** Every element is non-zero; of nothing, true. */
export const all: Reduction = overDims("all", {}, (x, dims, options) => eq(sum(eq(x, 0), dims, options), 0));

/** The number of elements that each result of a reduction is made from. */
const countOver = (x: Tensor, dims: readonly number[]): number => dims.reduce((n, d) => n * (x.shape[d] as number), 1);

/** Σx / N. The mean of nothing is NaN, as in PyTorch. */
export const mean: Reduction = overDims("mean", {}, (x, dims, options) => {
  checkFloat("mean", x);
  return div(sum(x, dims, options), countOver(x, dims));
});

/** `correction` is what is taken off N: 1 (default) for the unbiased estimate, 0 for the plain mean of squares. */
export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number;
}
const varianceKinds = { correction: "number" } as const;

/**
 * Σ(x − mean)² / (N − correction).
 * @see https://pytorch.org/docs/stable/generated/torch.var.html
 */
export const variance: Reduction<VarianceOptions> = overDims("variance", varianceKinds, (x, dims, options) => {
  checkFloat("variance", x);
  const { correction = 1, keepdim = false } = options;
  const squares = square(sub(x, mean(x, dims, { keepdim: true })));
  return div(sum(squares, dims, { keepdim }), Math.max(0, countOver(x, dims) - correction));
});

/** √variance. Where the variance is 0 its gradient is taken as 0, as in PyTorch. */
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
 * Π x, over one axis, several, or all; the product of nothing is 1. Right, with its gradients, where entries are 0.
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

/** `ord` is the p of the p-norm: 2 (default), 1, any positive number, 0 (counts non-zeros), Infinity or −Infinity. */
export interface NormOptions extends ReduceOptions {
  readonly ord?: number;
}

/**
 * (Σ |x|ᵖ)^(1/p), of the entries as one long vector. The gradient of the 2-norm at 0 is taken as 0, as in PyTorch.
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

/** Weight and bias have the normalized shape. Default eps 1e-5. */
export interface LayerNormOptions {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly eps?: number;
}

/**
 * (x − mean) / √(variance + eps) · weight + bias, over the last axes, which have `normalizedShape`.
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
