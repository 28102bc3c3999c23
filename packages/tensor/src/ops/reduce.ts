// Reductions and what is made of them: sums, extremes, softmax.
import { bind, toTensor } from "../bind.ts";
import { type DType, toFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { definePrimitive, type Primitive, type TensorType, type Vjp } from "../primitive.ts";
import { normalizeDim, reduceShape, show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { overDims, type ReduceOptions, type Reduction } from "./dims.ts";
import { div, eq, exp, log, mul, neg, sub } from "./elementwise.ts";
import { broadcastTo, flatten, reshape } from "./shape.ts";
import { counted, counts, floating } from "./types.ts";

interface ReduceParams {
  /** Sorted, non-negative. */
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

const reducing =
  (result: (dtype: DType) => DType): Primitive<readonly Tensor[], ReduceParams>["infer"] =>
  ([input], { dims, keepdim }) => {
    const x = input as TensorType;
    return { shape: reduceShape(x.shape, dims, keepdim), dtype: result(x.dtype) };
  };

type ReduceRule = Vjp<readonly [Tensor], ReduceParams>;

function reduction(
  name: string,
  result: (dtype: DType) => DType,
  rule: ReduceRule | null,
  properties: Pick<Primitive, "copies"> & { readonly needsOne?: boolean } = {},
): Reduction {
  const { needsOne = false, ...rest } = properties;
  const type = { name, kind: "reduction", infer: reducing(result), ...rest } as const;
  const primitive = definePrimitive<readonly [Tensor], ReduceParams>({ ...type, vjps: [rule] });
  return overDims(name, {}, (x, dims, { keepdim = false }) => {
    if (needsOne && dims.some((d) => x.shape[d] === 0)) {
      throw new ShapeError(`${name}: shape ${show(x.shape)} has no elements along axes ${show(dims)}`);
    }
    return bind(primitive, [x], { dims, keepdim });
  });
}

/** A reduced value with its axes put back as size 1, so that it broadcasts against the input again. */
const restore = (y: Tensor, x: Tensor, { dims }: ReduceParams): Tensor => reshape(y, reduceShape(x.shape, dims, true));

/**
 * The sum over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`; of nothing, 0. Booleans are counted,
 * as int32; float32 is added up in double precision.
 * @param dim the axes; default: all of them
 * @formula Σx
 * @derivative 1
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * sum(tensor([[1, 2], [3, 4]])) // tensor(10.)
 * sum(tensor([[1, 2], [3, 4]]), 0, { keepdim: true }) // tensor([[4., 6.]])
 * @see https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export const sum: Reduction = reduction(
  "sum",
  counted,
  (ct, [x], _, p) => broadcastTo(restore(ct, x, p), x.shape), // ∂(Σx)/∂xᵢ = 1
);

/** The gradient of a maximum or minimum goes to where it is reached; ties share it evenly. */
const toExtremes: ReduceRule = (ct, [x], out, p) => {
  const reached = eq(x, restore(out, x, p));
  return mul(reached, div(restore(ct, x, p), sum(reached, p.dims, { keepdim: true })));
};

/** The largest of one number is that number. (A sum of one is another matter: that of −0 is 0.) */
const extreme = { needsOne: true, copies: true } as const;

/**
 * The largest element over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. NaN wins.
 * @param dim the axes; default: all of them
 * @formula max x
 * @derivative 1 at the largest, shared evenly among equals, else 0
 * @throws {ShapeError} when there is nothing to choose from
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * amax(tensor([[1, 5], [7, 0]]), 1) // tensor([5., 7.])
 * @see https://pytorch.org/docs/stable/generated/torch.amax.html
 */
export const amax: Reduction = reduction("amax", (dtype) => dtype, toExtremes, extreme);

/**
 * The smallest element over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. NaN wins.
 * @param dim the axes; default: all of them
 * @formula min x
 * @derivative 1 at the smallest, shared evenly among equals, else 0
 * @throws {ShapeError} when there is nothing to choose from
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * amin(tensor([[1, 5], [7, 0]]), 1) // tensor([1., 0.])
 * @see https://pytorch.org/docs/stable/generated/torch.amin.html
 */
export const amin: Reduction = reduction("amin", (dtype) => dtype, toExtremes, extreme);

/**
 * The logarithm of the sum of eˣ over the axes `dim`: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. Nothing
 * overflows; of nothing, −∞. Integers give float32.
 * @param dim the axes; default: all of them
 * @formula ln Σeˣ
 * @derivative softmax(x)
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * logSumExp(tensor([1000, 1000])) // tensor(1000.6932)
 * @see https://pytorch.org/docs/stable/generated/torch.logsumexp.html
 */
export const logSumExp: Reduction = reduction(
  "logSumExp",
  toFloat,
  (ct, [x], _, p) => mul(restore(ct, x, p), softmaxOver(x, p.dims)), // ∂(ln Σ eˣ)/∂xᵢ = softmax(x)ᵢ
);

type ArgReduction = (x: TensorLike, dim?: number, options?: ReduceOptions) => Tensor;

function argReduction(name: string): ArgReduction {
  const over = reduction(name, () => "int32", null, { needsOne: true });
  return (x, dim, options) => {
    const t = toTensor(name, x);
    if (dim !== undefined) return over(t, normalizeDim(name, dim, t.ndim), options);
    const flat = over(flatten(t), 0, options);
    const kept = t.shape.map(() => 1);
    return options?.keepdim ? reshape(flat, kept) : flat;
  };
}

/**
 * Where the largest element is along `dim`, int32: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. The first of
 * equals; NaN wins.
 * @param dim the axis; default: all of them, in the flat order
 * @formula argmax x
 * @throws {ShapeError} when there is nothing to choose from
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * argmax(tensor([[1, 5], [7, 0]]), 1) // tensor([1, 0], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.argmax.html
 */
export const argmax: ArgReduction = argReduction("argmax");

/**
 * Where the smallest element is along `dim`, int32: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. The first of
 * equals; NaN wins.
 * @param dim the axis; default: all of them, in the flat order
 * @formula argmin x
 * @throws {ShapeError} when there is nothing to choose from
 * @throws {IndexError} when an axis is out of range or named twice
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is misspelt
 * @example
 * argmin(tensor([[1, 5], [7, 0]]), 1) // tensor([0, 1], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.argmin.html
 */
export const argmin: ArgReduction = argReduction("argmin");

const cumsumP: Primitive = definePrimitive<readonly [Tensor], { dim: number; reverse: boolean }>({
  name: "cumsum",
  kind: "scan",
  infer: counts,
  // xᵢ is in every sum from the i-th on: the gradient is the cumulative sum from the other end
  vjps: [(ct, _x, _out, { dim, reverse }) => bind(cumsumP, [ct], { dim, reverse: !reverse })],
});

/**
 * The sums of the first 1, 2, … entries along `dim`: [...] → [...]. Booleans are counted, as int32.
 * @formula Σ_{j≤i} xⱼ
 * @derivative the gradient's cumulative sum from the other end
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * cumsum(tensor([1, 2, 3]), 0) // tensor([1., 3., 6.])
 * @see https://pytorch.org/docs/stable/generated/torch.cumsum.html
 */
export function cumsum(x: TensorLike, dim: number): Tensor {
  const t = toTensor("cumsum", x);
  return bind(cumsumP, [t], { dim: normalizeDim("cumsum", dim, t.ndim), reverse: false });
}

type SoftmaxParams = { readonly dims: readonly number[] };
/** From x − max x, its powers of e, and their sum in each row. */
type Composed = (shifted: Tensor, powers: Tensor, total: Tensor) => Tensor;
type OverDims = (x: Tensor, dims: readonly number[]) => Tensor;

/** Axes are sorted and non-negative. */
function normalizer(name: string, rule: Vjp<readonly [Tensor], SoftmaxParams>, composed: Composed): OverDims {
  const primitive = definePrimitive<readonly [Tensor], SoftmaxParams>({
    name,
    kind: "normalization",
    infer: floating,
    vjps: [rule],
    decompose: ([x], { dims }) => {
      const shifted = sub(x, amax(x, dims, { keepdim: true })); // so that no power overflows
      const powers = exp(shifted);
      return composed(shifted, powers, sum(powers, dims, { keepdim: true }));
    },
  });
  return (x, dims) => bind(primitive, [x], { dims });
}

/** The op along one axis, by default the last. */
const alongOne =
  (op: string, over: OverDims): ((x: TensorLike, dim?: number) => Tensor) =>
  (x, dim = -1) => {
    const t = toTensor(op, x);
    const axis = normalizeDim(op, dim, t.ndim);
    return over(t, t.ndim === 0 ? [] : [axis]);
  };

const softmaxOver = normalizer(
  "softmax",
  // ∂sⱼ/∂xᵢ = sⱼ(δᵢⱼ − sᵢ), so ∂L/∂x = s · (ct − Σ ct·s)
  (ct, _, s, { dims }) => mul(s, sub(ct, sum(mul(ct, s), dims, { keepdim: true }))),
  (_, powers, total) => div(powers, total),
);

const logSoftmaxOver = normalizer(
  "logSoftmax",
  // ∂(xⱼ − ln Σ eˣ)/∂xᵢ = δᵢⱼ − softmax(x)ᵢ
  (ct, [x], _, { dims }) => sub(ct, mul(softmaxOver(x, dims), sum(ct, dims, { keepdim: true }))),
  (shifted, _, total) => sub(shifted, log(total)),
);

/**
 * Positive numbers that sum to 1 along `dim`: [...] → [...]. Shifted by the maximum, so nothing overflows. Integers
 * give float32.
 * @param dim default −1, the last axis
 * @formula s = eˣ / Σeˣ
 * @derivative s·(ct − Σ ct·s)
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * softmax(tensor([0, Math.log(3)])) // tensor([0.2500, 0.7500])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 */
export const softmax: (x: TensorLike, dim?: number) => Tensor = alongOne("softmax", softmaxOver);

/**
 * The logarithm of the softmax along `dim`: [...] → [...], right also where the softmax itself rounds to 0. Integers
 * give float32.
 * @param dim default −1, the last axis
 * @formula x − ln Σeˣ
 * @derivative ct − softmax(x)·Σct
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * logSoftmax(tensor([0, -1000])) // tensor([ 0., -1000.])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 */
export const logSoftmax: (x: TensorLike, dim?: number) => Tensor = alongOne("logSoftmax", logSoftmaxOver);

/**
 * The softmax of −x along `dim`: the smaller, the likelier: [...] → [...]. Integers give float32.
 * @param dim default −1, the last axis
 * @formula e⁻ˣ / Σe⁻ˣ
 * @derivative −s·(ct − Σ ct·s)
 * @throws {DTypeError} when `x` is bool
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * softmin(tensor([0, Math.log(3)])) // tensor([0.7500, 0.2500])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html
 */
export const softmin: (x: TensorLike, dim?: number) => Tensor = alongOne("softmin", (x, dims) =>
  softmaxOver(neg(x), dims),
);
