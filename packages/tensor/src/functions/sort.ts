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

/** Entries along an axis, and where they were: int32. Gradients of the values go to those entries. */
export interface Entries {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** `descending: true` for the largest first. Default false. */
export interface SortOptions {
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
 * The largest entry along `dim`, and where it is: the first of equals; NaN wins. The gradient goes to that entry alone
 * (ties share that of `amax`). Throws a `ShapeError` where the axis is empty.
 *
 * ```ts
 * const { values, indices } = max(tensor([[1, 5, 2], [7, 0, 3]]), 1); // [5, 7], [1, 0]
 * ```
 * @see https://pytorch.org/docs/stable/generated/torch.max.html
 */
export const max = (x: TensorLike, dim: number, options?: ReduceOptions): Entries => extreme("max", x, dim, options);

/**
 * The smallest entry along `dim`, and where it is: the first of equals; NaN wins. The gradient goes to that entry alone
 * (ties share that of `amin`). Throws a `ShapeError` where the axis is empty.
 * @see https://pytorch.org/docs/stable/generated/torch.min.html
 */
export const min = (x: TensorLike, dim: number, options?: ReduceOptions): Entries => extreme("min", x, dim, options);

/**
 * Where the entries along `dim` (default the last axis) stand that come first, second, …, int32. Equal entries keep their
 * order, and NaN is larger than every number.
 * @see https://pytorch.org/docs/stable/generated/torch.argsort.html
 */
export function argsort(x: TensorLike, dim = -1, options: SortOptions = {}): Tensor {
  const { descending = false } = checkOptions("argsort", options, sortKinds);
  const t = toTensor("argsort", x);
  return sorted(t, normalizeDim("argsort", dim, t.ndim), descending);
}

/**
 * The entries along `dim` (default the last axis) in order, and where they were. Equal entries keep their order (the sort
 * is always stable), and NaN is larger than every number.
 * @see https://pytorch.org/docs/stable/generated/torch.sort.html
 */
export function sort(x: TensorLike, dim = -1, options: SortOptions = {}): Entries {
  const { descending = false } = checkOptions("sort", options, sortKinds);
  return entries("sort", x, dim, (t, axis) => sorted(t, axis, descending));
}

/**
 * The `k` largest entries along `dim` (default the last axis), the largest first, and where they were; with
 * `largest: false` the smallest. Of equal entries the first ones are taken, and NaN is larger than every number. Throws a
 * `ValueError` where there are fewer than k.
 * @see https://pytorch.org/docs/stable/generated/torch.topk.html
 */
export function topk(x: TensorLike, k: number, dim = -1, options: { readonly largest?: boolean } = {}): Entries {
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
