// Normalization: by the mean and variance of channels, groups or rows, or by a norm.
import { noGrad } from "../bind.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { assign } from "../ops/cast.ts";
import { mean, norm, variance } from "../ops/composite.ts";
import { add, clamp, div, mul, sqrt, square, sub } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { broadcastTo, reshape } from "../ops/shape.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { broadcastShapes, checkShape, normalizeDim, type Shape, sameShape, show } from "../shape.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { checkShapes, toFloats } from "./float.ts";

interface Affine {
  /** Multiplied with the result: one number for each channel, [C]. Default: none. */
  readonly weight?: Tensor | null;
  /** Added to the result: one number for each channel, [C]. Default: none. */
  readonly bias?: Tensor | null;
}

/** x · weight + bias, of what there is; both are seen as `shape`. */
function affine(x: Tensor, { weight, bias }: Affine, shape: Shape): Tensor {
  const scaled = weight ? mul(x, reshape(weight, shape)) : x;
  return bias ? add(scaled, reshape(bias, shape)) : scaled;
}

/** [C, 1, …], as what there is one of for each channel of x: [N, C, ...] meets it. */
const perChannel = (x: Tensor): number[] => x.shape.slice(1).map((n, i) => (i === 0 ? n : 1));

/** x: [N, C, ...] with floats. */
function toChannels(op: string, x: TensorLike): Tensor {
  const t = toFloats(op, x);
  if (t.ndim < 2)
    throw new ShapeError(`${op}: needs [N, C, ...], got ${show(t.shape)}; use unsqueeze to make it a batch`);
  return t;
}

/** (x − mean) / √(variance + eps), over some axes. */
function standardize(x: Tensor, dims: readonly number[], eps: number): Tensor {
  const centred = sub(x, mean(x, dims, { keepdim: true }));
  return div(centred, sqrt(add(mean(square(centred), dims, { keepdim: true }), eps)));
}

/** The options of `batchNorm`. */
export interface BatchNormOptions extends Affine {
  /** [C]; in training it becomes (1 − momentum)·old + momentum·new; otherwise x is normalized by it. Default: none. */
  readonly runningMean?: Tensor | null;
  /** [C], likewise. Default: none. */
  readonly runningVar?: Tensor | null;
  /** Whether to normalize by the mean and variance of x itself. Default false. */
  readonly training?: boolean;
  /** How far the running ones are moved. Default 0.1. */
  readonly momentum?: number | Tensor;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}
const batchTensors = { runningMean: "any", runningVar: "any", weight: "any", bias: "any" } as const;
const batchNumbers = { training: "boolean", momentum: "any", eps: "number" } as const;

/**
 * Each channel of x [N, C, ...], normalized. In training its own mean and variance are used, and the running mean and
 * variance move towards them (towards the unbiased variance). Otherwise the running mean and variance are used. The result
 * has the shape of x.
 * @formula (x − mean) / √(variance + eps) · weight + bias
 * @throws {ShapeError} when the shapes differ, or in training a channel has one value
 * @throws {ValueError} when there are no running mean and variance outside of training, or an option is wrong
 * @throws {DTypeError} when x holds no floats
 * @example
 * batchNorm(tensor([[1, 10], [3, 30]]), { training: true }) // tensor([[-1.0000, -1.0000], [ 1.0000, 1.0000]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 */
export function batchNorm(x: TensorLike, options: BatchNormOptions = {}): Tensor {
  const op = "batchNorm";
  const { runningMean, runningVar, weight, bias, ...rest } = checkOptions(op, options, {
    ...batchTensors,
    ...batchNumbers,
  });
  const { training = false, momentum = 0.1, eps = 1e-5 } = rest;
  const t = toChannels(op, x);
  const channels = t.shape[1] as number;
  checkShapes(op, { runningMean, runningVar, weight, bias }, [channels], "[C]");
  if (typeof momentum !== "number" && !(momentum instanceof Tensor)) {
    throw new ValueError(`${op}: momentum must be a number or a tensor, got ${describeValue(momentum)}`);
  }
  const shape = perChannel(t);
  if (!training) {
    if (!runningMean || !runningVar) {
      throw new ValueError(`${op}: needs runningMean and runningVar, unless training is true`);
    }
    const centred = sub(t, reshape(runningMean, shape));
    return affine(div(centred, reshape(sqrt(add(runningVar, eps)), shape)), { weight, bias }, shape);
  }
  if (t.size === channels) {
    throw new ShapeError(
      `${op}: ${show(t.shape)} has one value per channel, which has no variance; use a larger batch, or model.eval()`,
    );
  }
  const dims = [...t.shape.keys()].filter((d) => d !== 1);
  noGrad(() => {
    const moved = (old: Tensor, value: Tensor): Tensor => add(old, mul(sub(value, old), momentum));
    if (runningMean) assign(runningMean, moved(runningMean, mean(t, dims)));
    if (runningVar) assign(runningVar, moved(runningVar, variance(t, dims)));
  });
  return affine(standardize(t, dims, eps), { weight, bias }, shape);
}

/** The options of `groupNorm`. */
export interface GroupNormOptions extends Affine {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * x [N, C, ...] normalized by the mean and variance over each of `numGroups` groups of its channels. The result has the
 * shape of x.
 * @formula (x − mean) / √(variance + eps) · weight + bias
 * @throws {ShapeError} when the groups do not divide the channels, or weight or bias is not [C]
 * @throws {ValueError} when `numGroups` is not an integer ≥ 1, or an option is wrong
 * @throws {DTypeError} when x holds no floats
 * @example
 * groupNorm(tensor([[1, 3, 10, 30]]), 2) // tensor([[-1.0000, 1.0000, -1.0000, 1.0000]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 */
export function groupNorm(x: TensorLike, numGroups: number, options: GroupNormOptions = {}): Tensor {
  const op = "groupNorm";
  const { weight, bias, eps = 1e-5 } = checkOptions(op, options, { weight: "any", bias: "any", eps: "number" });
  const t = toChannels(op, x);
  const [rows = 0, channels = 0] = t.shape;
  checkInteger(op, "numGroups", numGroups, 1);
  if (channels % numGroups !== 0) {
    throw new ShapeError(`${op}: ${channels} channels must be a multiple of numGroups, ${numGroups}`);
  }
  checkShapes(op, { weight, bias }, [channels], "[C]");
  const groups = reshape(t, [rows, numGroups, rows === 0 ? 0 : t.size / rows / numGroups]);
  return affine(reshape(standardize(groups, [2], eps), t.shape), { weight, bias }, perChannel(t));
}

/** The options of `rmsNorm`. */
export interface RMSNormOptions {
  /** Multiplied with the result: of the shape `normalizedShape`. Default: none. */
  readonly weight?: Tensor | null;
  /** Added to the mean square. Default: the dtype's, 2⁻²³ or 2⁻⁵². */
  readonly eps?: number;
}

/**
 * `x` divided by its root mean square over the last axes, which have `normalizedShape`: [..., ...normalizedShape] → the
 * same.
 * @param normalizedShape sizes of the last axes; a number for one axis
 * @formula x / √(mean of x² + eps) · weight
 * @throws {ShapeError} when the last axes or the weight have another shape
 * @throws {ValueError} when an option is wrong
 * @throws {DTypeError} when x holds no floats
 * @example
 * rmsNorm(tensor([3, 4]), 2) // tensor([0.8485, 1.1314])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
 */
export function rmsNorm(x: TensorLike, normalizedShape: number | Shape, options: RMSNormOptions = {}): Tensor {
  const op = "rmsNorm";
  const { weight, eps } = checkOptions(op, options, { weight: "any", eps: "number" });
  const t = toFloats(op, x);
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  checkShape(op, shape);
  if (shape.length === 0 || !sameShape(shape, t.shape.slice(-shape.length))) {
    throw new ShapeError(`${op}: the last axes of ${show(t.shape)} must be normalizedShape ${show(shape)}`);
  }
  checkShapes(op, { weight }, shape, "normalizedShape");
  const dims = shape.map((_, i) => i - shape.length);
  const least = eps ?? (t.dtype === "float32" ? 2 ** -23 : 2 ** -52);
  return affine(div(t, sqrt(add(mean(square(t), dims, { keepdim: true }), least))), { weight }, shape);
}

/** The options of `normalize`. */
export interface NormalizeOptions {
  /** Of the p-norm. Default 2. */
  readonly p?: number;
  /** The axis of the norm. Default 1. */
  readonly dim?: number;
  /** The least that is divided by. Default 1e-12. */
  readonly eps?: number;
}

/**
 * `x` divided by its p-norm along an axis, or by `eps` where that is larger: [...] → [...].
 * @formula x / max(‖x‖ₚ, eps)
 * @throws {IndexError} when the axis is out of range
 * @throws {DTypeError} when x holds no floats
 * @throws {ValueError} when an option is wrong
 * @example
 * normalize(tensor([[3, 4]])) // tensor([[0.6000, 0.8000]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 */
export function normalize(x: TensorLike, options: NormalizeOptions = {}): Tensor {
  const kinds = { p: "number", dim: "number", eps: "number" } as const;
  const { p = 2, dim = 1, eps = 1e-12 } = checkOptions("normalize", options, kinds);
  return byNorm("normalize", toFloats("normalize", x), p, dim, eps);
}

const byNorm = (op: string, x: Tensor, ord: number, dim: number, eps: number): Tensor =>
  div(x, clamp(norm(x, normalizeDim(op, dim, x.ndim), { ord, keepdim: true }), { min: eps }));

/** The options of `cosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** The axis of the vectors, which goes. Default 1. */
  readonly dim?: number;
  /** The least that each norm counts as. Default 1e-8. */
  readonly eps?: number;
}

/**
 * The cosine of the angle between vectors along an axis, which goes: [N, D] and [N, D] → [N]; shapes broadcast.
 * @formula x·y / (max(‖x‖, eps) · max(‖y‖, eps))
 * @throws {IndexError} when the axis is out of range
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {DTypeError} when x or y holds no floats
 * @throws {ValueError} when an option is wrong
 * @example
 * cosineSimilarity(tensor([[1, 0], [3, 4]]), tensor([[0, 1]])) // tensor([0.0000, 0.8000])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 */
export function cosineSimilarity(x: TensorLike, y: TensorLike, options: CosineSimilarityOptions = {}): Tensor {
  const op = "cosineSimilarity";
  const { dim = 1, eps = 1e-8 } = checkOptions(op, options, { dim: "number", eps: "number" });
  const [a, b] = [toFloats(op, x), toFloats(op, y)];
  const shape = broadcastShapes(op, a.shape, b.shape);
  const unit = (t: Tensor): Tensor => byNorm(op, broadcastTo(t, shape), 2, dim, eps);
  return sum(mul(unit(a), unit(b)), dim);
}
