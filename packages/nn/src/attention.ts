// MultiheadAttention: several means of values, each by weights of its own.
import {
  attentionWeights,
  DTypeError,
  type Generator,
  linear,
  ShapeError,
  type Tensor,
  ValueError,
  where,
  zeros,
} from "@tendril/tensor";
import { requireBetween, requirePositiveInteger, requireTensor, show } from "./check.ts";
import { describe } from "./copies.ts";
import { zeros as fillZeros, xavierUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module, named, parameter } from "./module.ts";
import { checked, type Kinds, type WeightOptions, weightKinds } from "./options.ts";

/** The options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions extends WeightOptions {
  /** The chance of each weight to be dropped in training. Default 0. */
  dropout?: number;
  /** Whether the linear layers add a bias. Default true. */
  bias?: boolean;
  /** Whether sequences are [N, L, E] instead of [L, N, E]. Default false. */
  batchFirst?: boolean;
}

const flags = { bias: "boolean", batchFirst: "boolean" } as const;
const kinds: Kinds<MultiheadAttentionOptions> = /* @__PURE__ */ Object.assign(
  { dropout: "number" } as const,
  weightKinds,
  flags,
);

/** What a call of `MultiheadAttention` takes. Masks are bool, true for what is NOT seen, or floats, added to the scores. */
export interface AttentionCall {
  /** Which keys are padding: [N, S]. Default none. */
  keyPaddingMask?: Tensor;
  /** Which key each query does not see: [L, S], or [N·numHeads, L, S]. Default none. */
  attnMask?: Tensor;
  /** Whether query i sees the keys 0 … i only. Default false. */
  isCausal?: boolean;
  /** Whether to give the weights, too. Default true. */
  needWeights?: boolean;
  /** Whether these are the mean over all heads. Default true. */
  averageAttnWeights?: boolean;
}

const masks = { keyPaddingMask: "any", attnMask: "any", isCausal: "boolean" } as const;
const callKinds: Kinds<AttentionCall> = /* @__PURE__ */ Object.assign(
  { needWeights: "boolean", averageAttnWeights: "boolean" } as const,
  masks,
);

const op = "MultiheadAttention";

/**
 * Attention of query: [L, N, embedDim] to key and value: [S, N, embedDim] in `numHeads` parts of embedDim / numHeads each:
 * → [L, N, embedDim], and the weights [N, L, S], or [N, numHeads, L, S], or null. A query that may see no key gets 0.
 * Weights start as PyTorch's: `in_proj_weight` by Xavier's rule, biases as 0.
 * @throws {ValueError} when a size is not a positive integer, numHeads does not divide embedDim, or an option is unknown, of
 *   another kind or out of range
 * @throws {ShapeError} when query, key, value or a mask do not fit
 * @throws {DTypeError} when a mask is int32
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 * @example
 * const x = randn([5, 2, 8]);
 * const [y, weights] = new MultiheadAttention(8, 4).forward(x, x, x, { isCausal: true });
 * y.shape // [5, 2, 8]
 * weights?.shape // [2, 5, 5]
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key: Tensor, value: Tensor, options?: AttentionCall],
  [output: Tensor, weights: Tensor | null]
> {
  /** The chance of each weight to be dropped in training. */
  readonly dropout: number;
  /** Whether sequences are [N, L, E] instead of [L, N, E]. */
  readonly batchFirst: boolean;
  readonly #generator: Generator | undefined;
  /** What query, key and value are multiplied by, one below the other: [3·embedDim, embedDim]. */
  in_proj_weight: Tensor;
  /** What is added then: [3·embedDim], or null. */
  in_proj_bias: Tensor | null;
  /** The layer that all heads go through in the end: [..., embedDim] → [..., embedDim]. */
  out_proj: Linear;

  constructor(
    /** E, the size of the last axis of query, key, value and result. */
    readonly embedDim: number,
    /** How many heads there are, each with embedDim / numHeads features. */
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    const { dropout = 0, bias = true, batchFirst = false, dtype, generator } = checked(op, options, kinds);
    requirePositiveInteger(op, "embedDim", embedDim);
    requirePositiveInteger(op, "numHeads", numHeads);
    if (embedDim % numHeads !== 0)
      throw new ValueError(`${op}: embedDim ${embedDim} must be a multiple of numHeads, ${numHeads}`);
    requireBetween(op, "dropout", dropout, 0, 1);
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.#generator = generator;
    this.in_proj_weight = xavierUniform(parameter(zeros([3 * embedDim, embedDim], { dtype })), { generator });
    this.in_proj_bias = bias ? parameter(zeros([3 * embedDim], { dtype })) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias, dtype, generator });
    if (this.out_proj.bias !== null) fillZeros(this.out_proj.bias);
  }

  /** query: [L, N, E], key and value: [S, N, E] → the result [L, N, E], and the weights [N, L, S] or null. */
  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: AttentionCall = {},
  ): [output: Tensor, weights: Tensor | null] {
    const { needWeights = true, averageAttnWeights = true } = checked(op, options, callKinds);
    const { embedDim, numHeads, batchFirst } = this;
    for (const [name, x] of Object.entries({ query, key, value })) requireTensor(op, name, x);
    const batch = batchFirst ? 0 : 1;
    const fits = (x: Tensor, like: Tensor): boolean =>
      x.ndim === 3 && x.shape[2] === embedDim && x.shape[batch] === like.shape[batch];
    if (!fits(query, query) || !fits(key, query) || show(key.shape) !== show(value.shape)) {
      const [l, s] = ["L", "S"].map((n) => `[${batchFirst ? `N, ${n}` : `${n}, N`}, ${embedDim}]`);
      const shapes = [query, key, value].map((x) => show(x.shape));
      throw new ShapeError(`${op}: query, key and value ${shapes.join(", ")} must be ${l}, ${s} and ${s}`);
    }
    const batchesFirst = (x: Tensor): Tensor => (batchFirst ? x : x.transpose(0, 1)); // or last again
    const [ws, bs] = [this.in_proj_weight.chunk(3), this.in_proj_bias?.chunk(3)];
    const [q, k, v] = [query, key, value].map((x, i) => {
      const y = batchesFirst(linear(x, ws[i] as Tensor, bs?.[i]));
      return y.reshape([...y.shape.slice(0, 2), numHeads, embedDim / numHeads]).transpose(1, 2);
    }) as [Tensor, Tensor, Tensor];
    const dropoutP = this.training ? this.dropout : 0;
    const mask = maskFor(options, [...q.shape.slice(0, 3), k.shape[2] as number]);
    const weights = attentionWeights(q, k, { ...mask, dropoutP, generator: this.#generator });
    const output = this.out_proj.forward(batchesFirst(weights.matmul(v).transpose(1, 2).flatten(2)));
    return [output, needWeights ? (averageAttnWeights ? weights.mean(1) : weights) : null];
  }

  override extraRepr(): string {
    const { dropout, batchFirst } = this;
    return `${this.embedDim}, ${this.numHeads}, ${named({ dropout, batchFirst, bias: this.in_proj_bias !== null })}`;
  }
}

/** All masks as one that is added to the scores: [N, heads, L, S]. */
function maskFor(
  { keyPaddingMask, attnMask, isCausal = false }: AttentionCall,
  [n = 0, heads = 0, l = 0, s = 0]: readonly number[],
): { attnMask?: Tensor; isCausal?: boolean } {
  const added = (name: string, mask: Tensor, seenAs: number[], ...shapes: number[][]): Tensor => {
    if (!shapes.some((shape) => show(shape) === show(mask?.shape ?? []))) {
      throw new ShapeError(`${op}: ${name} must be ${shapes.map(show).join(" or ")}, got ${describe(mask)}`);
    }
    if (mask.dtype === "int32") {
      throw new DTypeError(
        `${op}: ${name} must be bool, true for what is not seen, or floats, got int32; use .to("bool")`,
      );
    }
    return (mask.dtype === "bool" ? where(mask, Number.NEGATIVE_INFINITY, 0) : mask).reshape(seenAs);
  };
  const given: Tensor[] = [];
  if (keyPaddingMask !== undefined) given.push(added("keyPaddingMask", keyPaddingMask, [n, 1, 1, s], [n, s]));
  const seenAs = attnMask?.ndim === 3 ? [n, heads, l, s] : [l, s];
  if (attnMask !== undefined) given.push(added("attnMask", attnMask, seenAs, [l, s], [n * heads, l, s]));
  if (given.length === 0) return { isCausal };
  if (isCausal) given.push(where(zeros([l, s]).eq(0).tril(), 0, Number.NEGATIVE_INFINITY));
  return { attnMask: given.reduce((sum, mask) => sum.add(mask)) };
}
