// BatchNorm: channels with mean 0 and variance 1, by the batch in training and by running statistics in evaluation.
import { batchNorm, noGrad, ones, type Tensor, zeros } from "@tendril/tensor";
import { requireBetween, requireChannels, requireFinite, requirePositiveInteger } from "./check.ts";
import { named } from "./module.ts";
import { Affine } from "./norm.ts";
import { checked, floats, type Kinds } from "./options.ts";

/** The options of `BatchNorm1d` and `BatchNorm2d`. */
export interface BatchNormOptions {
  /** Added to the variance, so that a constant channel does not divide by 0. Default 1e-5. */
  eps?: number;
  /** The share of the new in running statistics; `null` for the plain mean over all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether to learn a scale and a shift for each channel. Default true. */
  affine?: boolean;
  /** Whether to keep running statistics; without them evaluation goes by the batch, too. Default true. */
  trackRunningStats?: boolean;
  /** The dtype of weights and statistics. Default float32. */
  dtype?: "float32" | "float64";
}

const flags = { affine: "boolean", trackRunningStats: "boolean" } as const;
const kinds: Kinds<BatchNormOptions> = /* @__PURE__ */ Object.assign(
  { eps: "number", momentum: "any", dtype: floats } as const,
  flags,
);

/** Tensors have PyTorch's own names, which are the keys of a saved state. */
abstract class BatchNorm extends Affine {
  /** How many axes x may have. */
  protected static readonly ndims: readonly number[];
  /** What is added to the variance. */
  readonly eps: number;
  /** The share of the new in running statistics; `null` for the plain mean over all batches. */
  readonly momentum: number | null;
  /** The mean of each channel that evaluation goes by: [numFeatures], 0 at first; or null. */
  running_mean: Tensor | null;
  /** The variance of each channel that evaluation goes by: [numFeatures], 1 at first; or null. */
  running_var: Tensor | null;
  /** How many batches the running statistics have seen: int32, []. */
  num_batches_tracked: Tensor | null;

  constructor(
    /** C, how many channels x has. */
    readonly numFeatures: number,
    options: BatchNormOptions = {},
  ) {
    const op = new.target.name;
    const { eps = 1e-5, momentum = 0.1, affine, trackRunningStats = true, dtype } = checked(op, options, kinds);
    requirePositiveInteger(op, "numFeatures", numFeatures);
    requireBetween(op, "eps", eps, 0);
    if (momentum !== null) requireFinite(op, "momentum", momentum);
    super([numFeatures], affine, dtype);
    this.eps = eps;
    this.momentum = momentum;
    this.running_mean = trackRunningStats ? zeros([numFeatures], { dtype }) : null;
    this.running_var = trackRunningStats ? ones([numFeatures], { dtype }) : null;
    this.num_batches_tracked = trackRunningStats ? zeros([], { dtype: "int32" }) : null;
  }

  /** x: [N, numFeatures, ...] → the same shape, normalized. In training the running statistics change. */
  override forward(x: Tensor): Tensor {
    const { name, ndims } = this.constructor as typeof BatchNorm;
    requireChannels(name, x, this.numFeatures, ndims);
    const { weight, bias, eps, running_mean: runningMean, running_var: runningVar, num_batches_tracked: count } = this;
    const seen = count?.add(1);
    const momentum = this.momentum ?? seen?.to(x.dtype).reciprocal();
    const training = this.training || runningMean === null;
    const y = batchNorm(x, { weight, bias, eps, runningMean, runningVar, momentum, training });
    if (this.training && seen !== undefined) noGrad(() => count?.assign(seen));
    return y;
  }

  override extraRepr(): string {
    const { eps, momentum, weight, running_mean } = this;
    const options = { eps, momentum, affine: weight !== null, trackRunningStats: running_mean !== null };
    return `${this.numFeatures}, ${named(options)}`;
  }
}

/**
 * (x − mean) / √(variance + ε) · weight + bias for each of `numFeatures` channels of x: [N, C] or [N, C, L]; mean and
 * variance are those of the batch in training, and the running ones in evaluation. `weight` and `bias`: [C] start as 1
 * and 0.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when x has another shape, or in training one value per channel
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 * @example
 * const norm = new BatchNorm1d(2);
 * norm.forward(tensor([[1, 10], [3, 30]])) // tensor([[-1.0000, -1.0000], [ 1.0000,  1.0000]], gradFn=add)
 * norm.running_mean // tensor([0.2000, 2.0000])
 * norm.eval().forward(zeros([5, 2, 7])).shape // [5, 2, 7]
 */
export class BatchNorm1d extends BatchNorm {
  protected static override readonly ndims: readonly number[] = [2, 3];
}

/**
 * `BatchNorm1d` for images, x: [N, C, H, W] → the same shape.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when x has another shape, or in training one value per channel
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 * @example
 * new BatchNorm2d(3).forward(randn([8, 3, 5, 5])).shape // [8, 3, 5, 5]
 */
export class BatchNorm2d extends BatchNorm {
  protected static override readonly ndims: readonly number[] = [4];
}
