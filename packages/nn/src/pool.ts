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
  static override readonly before: string = "…, ";
  static readonly axes: number = 2;
  /** The size of windows along each axis. */
  readonly kernelSize: readonly number[];

  constructor(kernelSize: t.PerAxis, options?: Options) {
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
 * kernelSize where it is left out. Throws `ValueError` for sizes or options that are none, and `ShapeError` for an x
 * that does not fit.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html
 */
export class MaxPool1d extends Pool<t.MaxPoolOptions> {
  static override readonly kinds: Kinds<t.MaxPoolOptions> = maxKinds;
  static override readonly axes: number = 1;
  override forward(x: t.Tensor): t.Tensor {
    return t.maxPool1d(x, this.kernelSize, this.options);
  }
}

/** As `MaxPool1d`, over two axes. @see https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html */
export class MaxPool2d extends Pool<t.MaxPoolOptions> {
  static override readonly kinds: Kinds<t.MaxPoolOptions> = maxKinds;
  override forward(x: t.Tensor): t.Tensor {
    return t.maxPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * The mean of each window of x: [N, C, L] or [C, L] → [N, C, L'], with `avgPool1d`'s options; stride is kernelSize
 * where it is left out. Throws as `MaxPool1d` does.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html
 */
export class AvgPool1d extends Pool<t.AvgPoolOptions> {
  static override readonly kinds: Kinds<t.AvgPoolOptions> = avgKinds;
  static override readonly axes: number = 1;
  override forward(x: t.Tensor): t.Tensor {
    return t.avgPool1d(x, this.kernelSize, this.options);
  }
}

/** As `AvgPool1d`, over two axes. @see https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html */
export class AvgPool2d extends Pool<t.AvgPool2dOptions> {
  static override readonly kinds: Kinds<t.AvgPool2dOptions> = avg2dKinds;
  override forward(x: t.Tensor): t.Tensor {
    return t.avgPool2d(x, this.kernelSize, this.options);
  }
}

/**
 * Means over `outputSize` parts of each axis, null for an axis that stays: x: [N, C, H, W] or [C, H, W] →
 * [N, C, ...outputSize]. Throws `ValueError` for sizes that are none.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly outputSize: t.OutputSize) {
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
