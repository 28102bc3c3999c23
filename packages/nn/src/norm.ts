// LayerNorm, RMSNorm and GroupNorm: rows, or groups of channels, with mean 0 and variance 1.
import { groupNorm, layerNorm, ones, rmsNorm, type Tensor, ValueError, zeros } from "@tendril/tensor";
import { requireBetween, requireChannels, requirePositiveInteger, show } from "./check.ts";
import { Module, named, parameter } from "./module.ts";
import { checked, floats, type Kinds } from "./options.ts";

type Float = "float32" | "float64";

/** The base of norms whose result is scaled by `weight` and shifted by `bias`: learned, or `null`. */
export abstract class Affine extends Module {
  /** What results are multiplied by, 1 at first: of the shape that is normalized, or null. */
  weight: Tensor | null;
  /** What is added then, 0 at first: of the shape of `weight`, or null. */
  bias: Tensor | null;

  constructor(shape: readonly number[], affine = true, dtype: Float = "float32") {
    super();
    this.weight = affine ? parameter(ones(shape, { dtype })) : null;
    this.bias = affine ? parameter(zeros(shape, { dtype })) : null;
  }
}

/** The options of `LayerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance, so that a constant row does not divide by 0. Default 1e-5. */
  eps?: number;
  /** Whether to learn a scale and a shift for each element. Default true. */
  elementwiseAffine?: boolean;
  /** The dtype of the weights. Default float32. */
  dtype?: Float;
}

const kinds: Kinds<LayerNormOptions> = { eps: "number", elementwiseAffine: "boolean", dtype: floats };

/**
 * (x − mean) / √(variance + ε) · weight + bias, over the last axes of x: [..., ...normalizedShape].
 * `weight` and `bias`: [...normalizedShape] start as 1 and 0.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when the last axes of x are not normalizedShape
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 * @example
 * new LayerNorm(3).forward(tensor([[1, 2, 3]])) // tensor([[-1.2247,  0.0000,  1.2247]], gradFn=add)
 */
export class LayerNorm extends Affine {
  /** The sizes of the axes that are normalized together. */
  readonly normalizedShape: readonly number[];
  /** What is added to the variance. */
  readonly eps: number;

  constructor(
    /** The last axes of x, which are normalized together: a size, or a list of them. */
    normalizedShape: number | readonly number[],
    options: LayerNormOptions = {},
  ) {
    const { eps = 1e-5, elementwiseAffine, dtype } = checked("LayerNorm", options, kinds);
    const { name: op } = new.target;
    requireBetween(op, "eps", eps, 0);
    const shape = [normalizedShape].flat();
    for (const n of shape) requirePositiveInteger(op, "normalizedShape", n);
    super(shape, elementwiseAffine, dtype);
    this.normalizedShape = Object.freeze(shape);
    this.eps = eps;
  }

  override forward(x: Tensor): Tensor {
    const { normalizedShape, eps } = this;
    return layerNorm(x, normalizedShape, { weight: this.weight ?? undefined, bias: this.bias ?? undefined, eps });
  }

  override extraRepr(): string {
    return `${show(this.normalizedShape)}, ${named({ eps: this.eps, elementwiseAffine: this.weight !== null })}`;
  }
}

/** The options of `RMSNorm`. */
export interface RMSNormOptions extends LayerNormOptions {
  /** Added to the mean of squares. Default the epsilon of the dtype: 2⁻²³ for float32, 2⁻⁵² for float64. */
  eps?: number;
}

/**
 * x / √(mean of x² + ε) · weight, over the last axes of x: [..., ...normalizedShape]. It has no bias.
 * `weight`: [...normalizedShape] starts as 1.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when the last axes of x are not normalizedShape
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 * @example
 * new RMSNorm(2).forward(tensor([[3, 4]])) // tensor([[0.8485, 1.1314]], gradFn=mul)
 */
export class RMSNorm extends LayerNorm {
  constructor(
    /** The last axes of x, which are normalized together: a size, or a list of them. */
    normalizedShape: number | readonly number[],
    options: RMSNormOptions = {},
  ) {
    const { eps = options.dtype === "float64" ? 2 ** -52 : 2 ** -23 } = checked("RMSNorm", options, kinds);
    super(normalizedShape, { ...options, eps });
    this.bias = null;
  }

  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }
}

/** The options of `GroupNorm`. */
export interface GroupNormOptions {
  /** Added to the variance, so that a constant group does not divide by 0. Default 1e-5. */
  eps?: number;
  /** Whether to learn a scale and a shift for each channel. Default true. */
  affine?: boolean;
  /** The dtype of the weights. Default float32. */
  dtype?: Float;
}

const groupKinds: Kinds<GroupNormOptions> = { eps: "number", affine: "boolean", dtype: floats };

/**
 * (x − mean) / √(variance + ε) · weight + bias, with mean and variance over each of `numGroups` groups of the channels of
 * x: [N, numChannels, ...]. `weight` and `bias`: [numChannels] start as 1 and 0.
 * @throws {ValueError} when a size is not a positive integer, numGroups does not divide numChannels, or an option is unknown
 *   or of another kind
 * @throws {ShapeError} when x has other channels
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 * @example
 * new GroupNorm(1, 2).forward(tensor([[1, 3]])) // tensor([[-1.0000,  1.0000]], gradFn=add)
 */
export class GroupNorm extends Affine {
  /** What is added to the variance. */
  readonly eps: number;

  constructor(
    /** How many groups the channels are divided into. */
    readonly numGroups: number,
    /** How many channels x has. */
    readonly numChannels: number,
    options: GroupNormOptions = {},
  ) {
    const { eps = 1e-5, affine, dtype } = checked("GroupNorm", options, groupKinds);
    requireBetween("GroupNorm", "eps", eps, 0);
    requirePositiveInteger("GroupNorm", "numGroups", numGroups);
    requirePositiveInteger("GroupNorm", "numChannels", numChannels);
    if (numChannels % numGroups !== 0) {
      throw new ValueError(`GroupNorm: ${numChannels} channels must be a multiple of numGroups, ${numGroups}`);
    }
    super([numChannels], affine, dtype);
    this.eps = eps;
  }

  override forward(x: Tensor): Tensor {
    requireChannels("GroupNorm", x, this.numChannels);
    return groupNorm(x, this.numGroups, { weight: this.weight, bias: this.bias, eps: this.eps });
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, ${named({ eps: this.eps, affine: this.weight !== null })}`;
  }
}
