// Attention: means of values, weighted by how well queries and keys agree.
import { checkTensor } from "../bind.ts";
import { ones } from "../create.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { add, eq, mul, where } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { tril } from "../ops/parts.ts";
import { amax, softmax } from "../ops/reduce.ts";
import { stretchTo } from "../ops/shape.ts";
import { checkOptions } from "../options.ts";
import { Generator } from "../random.ts";
import { show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { toFloats } from "./float.ts";
import { dropout } from "./linear.ts";

/** The options of `scaledDotProductAttention` and `attentionWeights`. */
export interface AttentionOptions {
  /**
   * What broadcasts to [..., L, S]: bool, true for keys that take part; or floats, which are added to the scores.
   * Default: none.
   */
  readonly attnMask?: Tensor;
  /** Whether query i sees the keys 0 … i only. Not together with a mask. Default false. */
  readonly isCausal?: boolean;
  /** What q·k is multiplied by. Default 1/√E. */
  readonly scale?: number;
  /** The chance of each weight to be dropped. Default 0. */
  readonly dropoutP?: number;
  /** Where dropout draws from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}
const kinds = {
  attnMask: "any",
  isCausal: "boolean",
  scale: "number",
  dropoutP: "number",
  generator: Generator,
} as const;

/**
 * Attention: query [..., L, E], key [..., S, E] and value [..., S, D] → [..., L, D]. A query that may see no key gets
 * 0.
 * @formula softmax(q·kᵀ · scale + mask)·v
 * @throws {ShapeError} when the shapes do not fit
 * @throws {DTypeError} when query, key or value holds no floats, or the mask is int32
 * @throws {ValueError} when there are both a mask and `isCausal`, or an option is wrong
 * @example
 * const [q, k, v] = [randn([2, 5, 8]), randn([2, 7, 8]), randn([2, 7, 4])];
 * scaledDotProductAttention(q, k, v).shape // [2, 5, 4]
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
 */
export function scaledDotProductAttention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: AttentionOptions = {},
): Tensor {
  const op = "scaledDotProductAttention";
  const v = toFloats(op, value);
  const weights = weightsOf(op, query, key, options);
  if (v.ndim < 2 || v.shape.at(-2) !== weights.shape.at(-1)) {
    throw new ShapeError(`${op}: value ${show(v.shape)} must be [..., S, D] with S = ${weights.shape.at(-1)} keys`);
  }
  return matmul(weights, v);
}

/**
 * The weights of `scaledDotProductAttention`, dropout included: query [..., L, E] and key [..., S, E] → [..., L, S].
 * @formula softmax(q·kᵀ · scale + mask)
 * @throws {ShapeError} when the shapes do not fit
 * @throws {DTypeError} when query or key holds no floats, or the mask is int32
 * @throws {ValueError} when there are both a mask and `isCausal`, or an option is wrong
 * @example
 * attentionWeights(eye(2), eye(2), { isCausal: true }) // tensor([[1.0000, 0.0000], [0.3302, 0.6698]])
 */
export const attentionWeights = (query: TensorLike, key: TensorLike, options: AttentionOptions = {}): Tensor =>
  weightsOf("attentionWeights", query, key, options);

function weightsOf(op: string, query: TensorLike, key: TensorLike, options: AttentionOptions): Tensor {
  const { attnMask, isCausal = false, scale, dropoutP = 0, generator } = checkOptions(op, options, kinds);
  const [q, k] = [toFloats(op, query), toFloats(op, key)];
  const size = q.shape.at(-1);
  if (q.ndim < 2 || k.ndim < 2 || k.shape.at(-1) !== size) {
    throw new ShapeError(`${op}: query ${show(q.shape)} and key ${show(k.shape)} must be [..., L, E] and [..., S, E]`);
  }
  if (isCausal && attnMask !== undefined) throw new ValueError(`${op}: give attnMask or isCausal, not both`);
  const scores = matmul(mul(q, scale ?? 1 / Math.sqrt(size as number)), k, { transposeB: true });
  const masked = isCausal ? causal(scores) : attnMask === undefined ? scores : mask(op, scores, attnMask);
  const weights = attnMask === undefined ? softmax(masked) : softmaxOrNone(masked);
  return dropoutP === 0 ? weights : dropout(weights, { p: dropoutP, generator });
}

const causal = (scores: Tensor): Tensor =>
  where(tril(ones(scores.shape.slice(-2), { dtype: "bool" })), scores, Number.NEGATIVE_INFINITY);

function mask(op: string, scores: Tensor, attnMask: Tensor): Tensor {
  checkTensor(op, "attnMask", attnMask);
  const { dtype } = attnMask;
  if (dtype !== "bool" && !isFloat(dtype)) {
    throw new DTypeError(
      `${op}: attnMask must be bool, or floats to be added; got ${dtype}; compare first, as in .ne(0)`,
    );
  }
  const stretched = stretchTo(op, attnMask, scores.shape);
  return dtype === "bool" ? where(stretched, scores, Number.NEGATIVE_INFINITY) : add(scores, stretched);
}

/** The softmax of each row; of a row of −∞ only, for which that is 0/0, zeros. */
function softmaxOrNone(x: Tensor): Tensor {
  const none = eq(amax(x, -1, { keepdim: true }), Number.NEGATIVE_INFINITY);
  return where(none, 0, softmax(where(none, 0, x)));
}
