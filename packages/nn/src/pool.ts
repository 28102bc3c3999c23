// Pooling as layers.
import * as t from "@tendril/tensor";
import { requirePositiveInteger } from "./check.ts";
import { Configured, Module, named } from "./module.ts";
import type { Kinds } from "./options.ts";

const maxKinds: Kinds<t.MaxPoolOptions> = { stride: "any", padding: "any", dilation: "any", ceilMode: "boolean" };
const avgKinds: Kinds<t.AvgPoolOptions> = {
  stride: "any",
  padding: "any",
  ceilMode: "boolean",
  countIncludePad: "boolean",
};
const avg2dKinds: Kinds<t.AvgPool2dOptions> = /* @__PURE__ */ Object.assign(
  { divisorOverride: "number" } as const,
  avgKinds,
);

abstract class Pool<Options extends t.MaxPoolOptions> extends Configured<Options> {
  protected static override readonly before: string = "…, ";
  protected static readonly axes: number = 2;
  /** The size of windows along each axis. */
  readonly kernelSize: readonly number[];

  constructor(
    /** The size of windows: a number for all axes, or one for each. */
    kernelSize: t.PerAxis,
    options?: Options,
  ) {
    super(options);
    const { name, axes } = this.constructor as typeof Pool;
    const { stride = 1, padding = 0, dilation = 1 } = this.options;
    this.kernelSize = Object.freeze([...t.perAxis(name, "kernelSize", kernelSize, axes, 1)]);
    t.perAxis(name, "stride", stride, axes, 1);
    t.perAxis(name, "padding", padding, axes, 0);
    t.perAxis(name, "dilation", dilation, axes, 1);
  }

  override extraRepr(): string {
    return named({ kernelSize: this.kernelSize, ...this.options }, { lists: true });
  }
}

/**
 * The largest entry of each window of x: [N, C, L] or [C, L] → [N, C, L'], with `maxPool1d`'s options; stride is
 * kernelSize where it is left out.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when x has other axes, or is smaller than a window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
 * @example
 * new MaxPool1d(2).forward(tensor([[[1, 3, 2, 0]]])) // tensor([[[3., 2.]]])
 */
export class MaxPool1d extends Pool<t.MaxPoolOptions> {
  protected static override readonly kinds: Kinds<t.MaxPoolOptions> = maxKinds;
  protected static override readonly axes: number = 1;
  override forward(x: t.Tensor): t.Tensor {
    return t.maxPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * As `MaxPool1d`, over two axes: x: [N, C, H, W] or [C, H, W] → [N, C, H', W'].
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when x has other axes, or is smaller than a window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 * @example
 * new MaxPool2d(2).forward(zeros([5, 3, 28, 28])).shape // [5, 3, 14, 14]
 */
export class MaxPool2d extends Pool<t.MaxPoolOptions> {
  protected static override readonly kinds: Kinds<t.MaxPoolOptions> = maxKinds;
  override forward(x: t.Tensor): t.Tensor {
    return t.maxPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of x: [N, C, L] or [C, L] → [N, C, L'], with `avgPool1d`'s options; stride is kernelSize
 * where it is left out.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when x has other axes, or is smaller than a window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
 * @example
 * new AvgPool1d(2).forward(tensor([[[1, 3, 2, 0]]])) // tensor([[[2., 1.]]])
 */
export class AvgPool1d extends Pool<t.AvgPoolOptions> {
  protected static override readonly kinds: Kinds<t.AvgPoolOptions> = avgKinds;
  protected static override readonly axes: number = 1;
  override forward(x: t.Tensor): t.Tensor {
    return t.avgPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * As `AvgPool1d`, over two axes: x: [N, C, H, W] or [C, H, W] → [N, C, H', W'].
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when x has other axes, or is smaller than a window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 * @example
 * new AvgPool2d(3, { stride: 2, padding: 1 }).forward(zeros([5, 3, 28, 28])).shape // [5, 3, 14, 14]
 */
export class AvgPool2d extends Pool<t.AvgPool2dOptions> {
  protected static override readonly kinds: Kinds<t.AvgPool2dOptions> = avg2dKinds;
  override forward(x: t.Tensor): t.Tensor {
    return t.avgPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * Means over `outputSize` parts of each axis, null for an axis that stays: x: [N, C, H, W] or [C, H, W] →
 * [N, C, ...outputSize].
 * @throws {ValueError} when a size is not a positive integer
 * @throws {ShapeError} when x has other axes
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 * @example
 * new AdaptiveAvgPool2d([1, null]).forward(zeros([5, 3, 28, 20])).shape // [5, 3, 1, 20]
 */
export class AdaptiveAvgPool2d extends Module {
  constructor(
    /** The size of the result: a number for both axes, or one for each; null for that of x. */
    readonly outputSize: t.OutputSize,
  ) {
    super();
    for (const n of [outputSize].flat()) if (n !== null) requirePositiveInteger("AdaptiveAvgPool2d", "outputSize", n);
  }
  override forward(x: t.Tensor): t.Tensor {
    return t.adaptiveAvgPool2d(x, this.outputSize);
  }
  override extraRepr(): string {
    return named({ outputSize: this.outputSize }, { lists: true });
  }
}
