// What ops over axes share: their options, and axes as sorted non-negative numbers.
import { toTensor } from "../bind.ts";
import { checkOptions, type OptionKind } from "../options.ts";
import { normalizeDims } from "../shape.ts";
import type { Dims, Tensor, TensorLike } from "../tensor.ts";

/** The options of reductions. */
export interface ReduceOptions {
  /** Leaves the reduced axes in place with size 1. Default false. */
  readonly keepdim?: boolean;
}

/** A reduction: over the axes `dim`, or over all of them when left out. */
export type Reduction<Options = ReduceOptions> = (x: TensorLike, dim?: Dims, options?: Options) => Tensor;

/** A reduction that `f` computes, from a tensor, its axes (sorted, non-negative) and options that were checked. */
export function overDims<Options extends ReduceOptions>(
  op: string,
  kinds: Readonly<Record<string, OptionKind>>,
  f: (x: Tensor, dims: readonly number[], options: Options) => Tensor,
): Reduction<Options> {
  const all = { ...kinds, keepdim: "boolean" } as const;
  return (x, dim, options) => {
    const checked = checkOptions(op, options, all) as Options;
    const t = toTensor(op, x);
    return f(t, normalizeDims(op, dim, t.ndim), checked);
  };
}
