// The largest, the smallest, and all entries in order, with where they were.
import { argsortKernel } from "../backend/js/sort.ts";
import { bind, toTensor } from "../bind.ts";
import { ValueError } from "../errors.ts";
import type { ReduceOptions } from "../ops/dims.ts";
import { inTheNameOf } from "../ops/ensure.ts";
import { gather } from "../ops/indexing.ts";
import { narrow } from "../ops/parts.ts";
import { argmax, argmin } from "../ops/reduce.ts";
import { squeeze } from "../ops/shape.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { normalizeDim, show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

/** Entries along an axis, and where they were. Gradients of the values go to those entries. */
export interface Entries {
  /** The entries. */
  readonly values: Tensor;
  /** Where they were along the axis, int32. */
  readonly indices: Tensor;
}

/** The options of `sort` and `argsort`. */
export interface SortOptions {
  /** The largest first. Default false. */
  readonly descending?: boolean;
}
const sortKinds = { descending: "boolean" } as const;

const argsortP = /* @__PURE__ */ definePrimitive<readonly [Tensor], { dims: readonly number[]; descending: boolean }>({
  name: "argsort",
  kind: "normalization",
  infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: "int32" }),
  vjps: [null],
  kernel: argsortKernel,
});

const sorted = (x: Tensor, axis: number, descending: boolean): Tensor =>
  bind(argsortP, [x], { dims: x.ndim === 0 ? [] : [axis], descending });

/** The entries of x at the indices that `choose` finds along an axis. */
function entries(op: string, x: TensorLike, dim: number, choose: (t: Tensor, axis: number) => Tensor): Entries {
  const t = toTensor(op, x);
  const axis = normalizeDim(op, dim, t.ndim);
  const indices = choose(t, axis);
  return { values: gather(t, axis, indices), indices };
}

function extreme(op: "max" | "min", x: TensorLike, dim: number, options?: ReduceOptions): Entries {
  if (typeof dim !== "number") {
    const remedy = `a${op} is for all of them, ${op}imum for two tensors`;
    throw new ValueError(`${op}: needs an axis, got ${describeValue(dim)}; ${remedy}`);
  }
  const { keepdim = false } = checkOptions(op, options, { keepdim: "boolean" }) as ReduceOptions;
  const find = op === "max" ? argmax : argmin;
  const kept = entries(op, x, dim, (t, axis) => inTheNameOf(op, () => find(t, axis, { keepdim: true })));
  return keepdim ? kept : { values: squeeze(kept.values, dim), indices: squeeze(kept.indices, dim) };
}

/**
 * The largest entry along `dim`, and where it is: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. The first of
 * equals; NaN wins. (`amax` shares the gradient among equals.)
 * @formula max x, argmax x
 * @derivative 1 at that entry, else 0
 * @throws {ShapeError} when the axis is empty
 * @throws {IndexError} when the axis is out of range
 * @throws {ValueError} when there is no axis, or an option is wrong
 * @example
 * const { values, indices } = max(tensor([[1, 5, 2], [7, 0, 3]]), 1);
 * values // tensor([5., 7.])
 * indices // tensor([1, 0], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.max.html
 */
export const max = (x: TensorLike, dim: number, options?: ReduceOptions): Entries => extreme("max", x, dim, options);

/**
 * The smallest entry along `dim`, and where it is: for dim 1, [A, B] → [A], or [A, 1] with `keepdim`. The first of
 * equals; NaN wins. (`amin` shares the gradient among equals.)
 * @formula min x, argmin x
 * @derivative 1 at that entry, else 0
 * @throws {ShapeError} when the axis is empty
 * @throws {IndexError} when the axis is out of range
 * @throws {ValueError} when there is no axis, or an option is wrong
 * @example
 * const { values, indices } = min(tensor([[1, 5, 2], [7, 0, 3]]), 1);
 * values // tensor([1., 0.])
 * indices // tensor([0, 1], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.min.html
 */
export const min = (x: TensorLike, dim: number, options?: ReduceOptions): Entries => extreme("min", x, dim, options);

/**
 * The positions of the smallest entry along `dim`, the next, and so on: [...] → [...], int32. Equal entries keep their
 * order, and NaN is larger than every number.
 * @param dim default −1, the last axis
 * @formula the order of x
 * @throws {IndexError} when the axis is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is wrong
 * @example
 * argsort(tensor([3, 1, 2])) // tensor([1, 2, 0], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.argsort.html
 */
export function argsort(x: TensorLike, dim = -1, options: SortOptions = {}): Tensor {
  const { descending = false } = checkOptions("argsort", options, sortKinds);
  const t = toTensor("argsort", x);
  return sorted(t, normalizeDim("argsort", dim, t.ndim), descending);
}

/**
 * The entries along `dim` in order, and where they were: both [...] as `x`. Equal entries keep their order (the sort is
 * always stable), and NaN is larger than every number.
 * @param dim default −1, the last axis
 * @formula x, sorted
 * @derivative the gradient, where each entry came from
 * @throws {IndexError} when the axis is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers, or an option is wrong
 * @example
 * const { values, indices } = sort(tensor([3, 1, 2]));
 * values // tensor([1., 2., 3.])
 * indices // tensor([1, 2, 0], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.sort.html
 */
export function sort(x: TensorLike, dim = -1, options: SortOptions = {}): Entries {
  const { descending = false } = checkOptions("sort", options, sortKinds);
  return entries("sort", x, dim, (t, axis) => sorted(t, axis, descending));
}

/** The options of `topk`. */
export interface TopkOptions {
  /** Whether to take the largest; else the smallest. Default true. */
  readonly largest?: boolean;
}

/**
 * The `k` largest entries along `dim`, the largest first, and where they were: [..., n, ...] → both [..., k, ...]. Of
 * equal entries the first ones are taken, and NaN is larger than every number.
 * @param dim default −1, the last axis
 * @formula the k largest
 * @derivative the gradient, where each entry came from
 * @throws {IndexError} when the axis is out of range
 * @throws {ValueError} when there are fewer than k entries, or an option is wrong
 * @example
 * const { values, indices } = topk(tensor([3, 1, 2]), 2);
 * values // tensor([3., 2.])
 * indices // tensor([0, 2], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.topk.html
 */
export function topk(x: TensorLike, k: number, dim = -1, options: TopkOptions = {}): Entries {
  const { largest = true } = checkOptions("topk", options, { largest: "boolean" });
  checkInteger("topk", "k", k, 0);
  return entries("topk", x, dim, (t, axis) => {
    const n = t.shape[axis] ?? 1;
    if (k > n || (t.ndim === 0 && k === 0)) {
      throw new ValueError(`topk: k = ${k} of the ${n} entries along axis ${axis} of ${show(t.shape)}`);
    }
    const order = sorted(t, axis, largest);
    return t.ndim === 0 ? order : narrow(order, axis, 0, k);
  });
}
