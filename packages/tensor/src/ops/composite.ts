import { checkTensor, toTensor } from "../bind.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkShape, normalizeDims, reduceShape, type Shape, sameShape, show } from "../shape.ts";
import type { Dims, Tensor, TensorLike } from "../tensor.ts";
import { abs, add, cast, div, eq, gt, mul, ne, pow, sqrt, square, sub, where } from "./elementwise.ts";
import { slice } from "./indexing.ts";
import { amax, amin, type ReduceOptions, type Reduction, reduceKinds, sum } from "./reduce.ts";
import { cat, permute, reshape } from "./shape.ts";

// Ops made of ops: no rules of their own, their gradients follow.

/** Some element is non-zero; of nothing, false. */
export const any: Reduction = (x, dim, options) => {
  checkOptions("any", options, reduceKinds);
  const t = toTensor("any", x);
  return gt(sum(ne(t, 0), normalizeDims("any", dim, t.ndim), options), 0);
};

/** Every element is non-zero; of nothing, true. */
export const all: Reduction = (x, dim, options) => {
  checkOptions("all", options, reduceKinds);
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
  checkOptions("mean", options, reduceKinds);
  const t = floats("mean", x);
  const dims = normalizeDims("mean", dim, t.ndim);
  return div(sum(t, dims, options), countOver(t, dims));
};

/** `correction` is what is taken off N: 1 (default) for the unbiased estimate, 0 for the plain mean of squares. */
export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number;
}
const varianceKinds = { correction: "number", ...reduceKinds } as const;

/**
 * Σ(x − mean)² / (N − correction).
 * @see https://pytorch.org/docs/stable/generated/torch.var.html
 */
export function variance(x: TensorLike, dim?: Dims, options: VarianceOptions = {}): Tensor {
  checkOptions("variance", options, varianceKinds);
  const { correction = 1, keepdim = false } = options;
  const t = floats("variance", x);
  const dims = normalizeDims("variance", dim, t.ndim);
  const squares = square(sub(t, mean(t, dims, { keepdim: true })));
  return div(sum(squares, dims, { keepdim }), Math.max(0, countOver(t, dims) - correction));
}

/** √variance. Where the variance is 0 its gradient is taken as 0, as in PyTorch. */
export function std(x: TensorLike, dim?: Dims, options: VarianceOptions = {}): Tensor {
  checkOptions("std", options, varianceKinds);
  const t = floats("std", x);
  const v = variance(t, normalizeDims("std", dim, t.ndim), options);
  const flat = eq(v, 0);
  return where(flat, 0, sqrt(where(flat, 1, v)));
}

/**
 * Π x, over one axis, several, or all; the product of nothing is 1. Right, with its gradients, where entries are 0.
 */
export const prod: Reduction = (x, dim, options) => {
  checkOptions("prod", options, reduceKinds);
  const t = toTensor("prod", x);
  const dims = normalizeDims("prod", dim, t.ndim);
  const kept = t.shape.map((_, i) => i).filter((i) => !dims.includes(i));
  const n = countOver(t, dims);
  const rows = reshape(permute(t, [...dims, ...kept]), [n, ...kept.map((i) => t.shape[i] as number)]);
  const factors = rows.dtype === "bool" ? cast(rows, "int32") : rows;
  return reshape(pairwiseProduct(factors, n), reduceShape(t.shape, dims, options?.keepdim ?? false));
};

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
const normKinds = { ord: "number", ...reduceKinds } as const;

/**
 * (Σ |x|ᵖ)^(1/p), of the entries as one long vector. The gradient of the 2-norm at 0 is taken as 0, as in PyTorch.
 * @see https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
 */
export function norm(x: TensorLike, dim?: Dims, options: NormOptions = {}): Tensor {
  checkOptions("norm", options, normKinds);
  const { ord = 2, keepdim = false } = options;
  if (Number.isNaN(ord)) throw new ValueError("norm: ord is a number or ±Infinity, got NaN");
  const t = floats("norm", x);
  const dims = normalizeDims("norm", dim, t.ndim);
  const kept = { keepdim };
  if (ord === 0) return cast(sum(ne(t, 0), dims, kept), t.dtype);
  if (ord === 1) return sum(abs(t), dims, kept);
  if (ord === Number.POSITIVE_INFINITY) return amax(abs(t), dims, kept);
  if (ord === Number.NEGATIVE_INFINITY) return amin(abs(t), dims, kept);
  const total = sum(ord === 2 ? square(t) : powers(t, ord), dims, kept);
  const none = eq(total, 0);
  const safe = where(none, 1, total);
  return where(none, 0, ord === 2 ? sqrt(safe) : pow(safe, 1 / ord));
}

/** |x|ᵖ, without a gradient at 0, where it would be infinite below p = 1. */
function powers(x: Tensor, p: number): Tensor {
  const zero = eq(x, 0);
  return where(zero, 0 ** p, pow(abs(where(zero, 1, x)), p));
}

/** Weight and bias have the normalized shape. Default eps 1e-5. */
export interface LayerNormOptions {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly eps?: number;
}
const layerNormKinds = { weight: "any", bias: "any", eps: "number" } as const;

/**
 * (x − mean) / √(variance + eps) · weight + bias, over the last axes, which have `normalizedShape`.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export function layerNorm(x: TensorLike, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  checkOptions("layerNorm", options, layerNormKinds);
  const { weight, bias, eps = 1e-5 } = options;
  const t = floats("layerNorm", x);
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
