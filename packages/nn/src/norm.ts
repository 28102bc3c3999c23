// LayerNorm, RMSNorm and GroupNorm: rows, or groups of channels, with mean 0 and variance 1.
import { groupNorm, layerNorm, ones, rmsNorm, type Tensor, ValueError, zeros } from "@tendril/tensor";
import { requireBetween, requireChannels, requirePositiveInteger, show } from "./check.ts";
import { Module, named, parameter } from "./module.ts";
import { checked, floats, type Kinds } from "./options.ts";

type Float = "float32" | "float64";

/** What is normalized is scaled by `weight` and shifted by `bias`, which start as 1 and 0: learned, or `null`. */
export abstract class Affine extends Module {
  weight: Tensor | null;
  bias: Tensor | null;

  constructor(shape: readonly number[], affine = true, dtype: Float = "float32") {
    super();
    this.weight = affine ? parameter(ones(shape, { dtype })) : null;
    this.bias = affine ? parameter(zeros(shape, { dtype })) : null;
  }
}

export interface LayerNormOptions {
  /** Added to the variance, so that a constant row does not divide by 0. */
  eps?: number;
  /** Whether to learn a scale and a shift for each element. */
  elementwiseAffine?: boolean;
  dtype?: Float;
}

const kinds: Kinds<LayerNormOptions> = { eps: "number", elementwiseAffine: "boolean", dtype: floats };

/**
 * (x − mean) / √(variance + ε) · weight + bias, over the last axes of x: [..., ...normalizedShape].
 * `weight` and `bias`: [...normalizedShape] start as 1 and 0. Throws `ValueError` for sizes or options that are
 * none, and `ShapeError` for an x of other last axes.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Affine {
  readonly normalizedShape: readonly number[];
  readonly eps: number;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
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

/** As those of `LayerNorm`; eps defaults to that of the dtype, 2⁻²³ or 2⁻⁵². */
export type RMSNormOptions = LayerNormOptions;

/**
 * x / √(mean of x² + ε) · weight, over the last axes of x: [..., ...normalizedShape]. It has no bias.
 * `weight`: [...normalizedShape] starts as 1. Throws as `LayerNorm` does.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html
 */
export class RMSNorm extends LayerNorm {
  constructor(normalizedShape: number | readonly number[], options: RMSNormOptions = {}) {
    const { eps = options.dtype === "float64" ? 2 ** -52 : 2 ** -23 } = checked("RMSNorm", options, kinds);
    super(normalizedShape, { ...options, eps });
    this.bias = null;
  }

  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }
}

export interface GroupNormOptions {
  /** Added to the variance, so that a constant group does not divide by 0. Default 1e-5. */
  eps?: number;
  /** Whether to learn a scale and a shift for each channel. Default true. */
  affine?: boolean;
  dtype?: Float;
}

const groupKinds: Kinds<GroupNormOptions> = { eps: "number", affine: "boolean", dtype: floats };

/**
 * (x − mean) / √(variance + ε) · weight + bias, with mean and variance over each of `numGroups` groups of the channels of
 * x: [N, numChannels, ...]. `weight` and `bias`: [numChannels] start as 1 and 0. Throws `ValueError` for sizes or options
 * that are none, and `ShapeError` for an x of other channels.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 */
export class GroupNorm extends Affine {
  readonly eps: number;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: GroupNormOptions = {},
  ) {
    const { eps = 1e-5, affine, dtype } = checked("GroupNorm", options, groupKinds);
    requireBetween("GroupNorm", "eps", eps, 0);
    requirePositiveInteger("GroupNorm", "numGroups", numGroups);
    requirePositiveInteger("GroupNorm", "numChannels", numChannels);
    if (numChannels % numGroups !== 0) {
      throw new ValueError(`GroupNorm: ${numChannels} channels are no ${numGroups} groups of one size`);
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
