// LayerNorm: rows with mean 0 and variance 1.
import { layerNorm, ones, type Tensor, zeros } from "@tendril/tensor";
import { requireBetween, requirePositiveInteger, show } from "./check.ts";
import { Module, named, parameter } from "./module.ts";
import { checked, floats, type Kinds } from "./options.ts";

export interface LayerNormOptions {
  /** Added to the variance, so that a constant row does not divide by 0. */
  eps?: number;
  /** Whether to learn a scale and a shift for each element. */
  elementwiseAffine?: boolean;
  dtype?: "float32" | "float64";
}

const kinds: Kinds<LayerNormOptions> = { eps: "number", elementwiseAffine: "boolean", dtype: floats };

/**
 * (x − mean) / √(variance + ε) · weight + bias, over the last axes of x: [..., ...normalizedShape].
 * `weight` and `bias`: [...normalizedShape] start as 1 and 0. Throws `ValueError` for sizes or options that are
 * none, and `ShapeError` for an x of other last axes.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  weight: Tensor | null;
  bias: Tensor | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, dtype = "float32" } = checked("LayerNorm", options, kinds);
    requireBetween("LayerNorm", "eps", eps, 0);
    const shape = [normalizedShape].flat();
    for (const n of shape) requirePositiveInteger("LayerNorm", "normalizedShape", n);
    this.normalizedShape = Object.freeze(shape);
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype })) : null;
    this.bias = elementwiseAffine ? parameter(zeros(shape, { dtype })) : null;
  }

  override forward(x: Tensor): Tensor {
    const { normalizedShape, eps } = this;
    return layerNorm(x, normalizedShape, { weight: this.weight ?? undefined, bias: this.bias ?? undefined, eps });
  }

  override extraRepr(): string {
    return `${show(this.normalizedShape)}, ${named({ eps: this.eps, elementwiseAffine: this.weight !== null })}`;
  }
}
