// Convolutions as layers.
import * as t from "@tendril/tensor";
import { requirePositiveInteger } from "./check.ts";
import { kaimingUniform, uniform } from "./init.ts";
import { Configured, named, parameter } from "./module.ts";
import { floats, type Kinds } from "./options.ts";

interface Options {
  /** Whether to add a number for each output channel. Default true. */
  bias?: boolean;
  /** How the input is padded. Default, and the only way: with zeros. */
  paddingMode?: "zeros";
  /** The dtype of the weights. Default float32. */
  dtype?: "float32" | "float64";
  /** Where the initial weights are drawn from. Default the global generator, which `manualSeed` seeds. */
  generator?: t.Generator;
}
/** The options of `Conv1d` and `Conv2d`. */
export interface ConvOptions extends Options, Omit<t.ConvOptions, "bias"> {}
/** The options of `ConvTranspose1d` and `ConvTranspose2d`. */
export interface ConvTransposeOptions extends Options, Omit<t.ConvTransposeOptions, "bias"> {}

const kinds: Kinds<ConvOptions> = {
  stride: "any",
  padding: "any",
  dilation: "any",
  groups: "number",
  bias: "boolean",
  paddingMode: ["zeros"],
  dtype: floats,
  generator: t.Generator,
};

abstract class Convolution<Given extends ConvOptions | ConvTransposeOptions> extends Configured<Given> {
  protected static override readonly kinds: Kinds<ConvOptions> = kinds;
  protected static override readonly before: string = "…, ";
  protected static readonly axes: number = 2;
  protected static readonly transposed: boolean = false;
  /** The size of windows along each axis. */
  readonly kernelSize: readonly number[];
  /** [outChannels, inChannels / groups, ...kernelSize], but of a transpose [inChannels, outChannels / groups, ...]. */
  weight: t.Tensor;
  /** [outChannels], or null. */
  bias: t.Tensor | null;

  constructor(
    /** How many channels x has. */
    readonly inChannels: number,
    /** How many channels the result has. */
    readonly outChannels: number,
    /** The size of windows: a number for all axes, or one for each. */
    kernelSize: t.PerAxis,
    options?: Given,
  ) {
    super(options);
    const { name, axes, transposed } = this.constructor as typeof Convolution;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, dtype, generator } = this.options;
    for (const [what, n] of Object.entries({ inChannels, outChannels, groups })) requirePositiveInteger(name, what, n);
    if (inChannels % groups > 0 || outChannels % groups > 0) {
      throw new t.ValueError(
        `${name}: ${inChannels} and ${outChannels} channels must be multiples of groups, ${groups}`,
      );
    }
    this.kernelSize = Object.freeze([...t.perAxis(name, "kernelSize", kernelSize, axes, 1)]);
    t.perAxis(name, "stride", stride, axes, 1);
    t.perAxis(name, "dilation", dilation, axes, 1);
    t.perAxis(name, "outputPadding", (this.options as ConvTransposeOptions).outputPadding ?? 0, axes, 0);
    if (typeof padding !== "string") t.perAxis(name, "padding", padding, axes, 0);
    const [first, second] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    const weight = parameter(t.zeros([first, second / groups, ...this.kernelSize], { dtype }));
    this.weight = kaimingUniform(weight, { a: Math.sqrt(5), generator });
    const bound = Math.sqrt(first / weight.size); // 1/√fanIn
    this.bias = bias ? uniform(parameter(t.zeros([outChannels], { dtype })), { a: -bound, b: bound, generator }) : null;
  }

  /** What its function takes. */
  protected settings(): Pick<Given, "stride" | "padding" | "dilation" | "groups"> & { bias?: t.Tensor } {
    const { stride, padding, dilation, groups } = this.options;
    return { stride, padding, dilation, groups, bias: this.bias ?? undefined };
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize } = this;
    return `${inChannels}, ${outChannels}, ${named({ kernelSize, stride: 1, ...this.options }, { lists: true })}`;
  }
}

/**
 * Each window of x: [N, inChannels, L] or [inChannels, L] times the weights, plus bias → [N, outChannels, L'], as
 * `conv1d` says. `weight`: [outChannels, inChannels / groups, kernelSize] and `bias`: [outChannels] start uniform in
 * ±1/√(inChannels / groups · kernelSize), as PyTorch's.
 * @throws {ValueError} when a size is not a positive integer, groups do not divide the channels, or an option is unknown or
 *   of another kind
 * @throws {ShapeError} when x has other axes or channels, or is smaller than a window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 * @example
 * new Conv1d(2, 4, 3, { padding: 1 }).forward(zeros([5, 2, 10])).shape // [5, 4, 10]
 */
export class Conv1d extends Convolution<ConvOptions> {
  protected static override readonly axes: number = 1;
  override forward(x: t.Tensor): t.Tensor {
    return t.conv1d(x, this.weight, this.settings());
  }
}

/**
 * As `Conv1d`, over two axes: x: [N, inChannels, H, W] or [inChannels, H, W] → [N, outChannels, H', W'].
 * @throws {ValueError} when a size is not a positive integer, groups do not divide the channels, or an option is unknown or
 *   of another kind
 * @throws {ShapeError} when x has other axes or channels, or is smaller than a window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 * @example
 * const layer = new Conv2d(1, 8, [3, 5], { stride: 2, bias: false });
 * layer.forward(zeros([5, 1, 28, 28])).shape // [5, 8, 13, 12]
 */
export class Conv2d extends Convolution<ConvOptions> {
  override forward(x: t.Tensor): t.Tensor {
    return t.conv2d(x, this.weight, this.settings());
  }
}

const transposeKinds: Kinds<ConvTransposeOptions> = /* @__PURE__ */ Object.assign(
  { outputPadding: "any" } as const,
  kinds,
);

/**
 * The transpose of `Conv1d`, by which sizes grow: x: [N, inChannels, L] or [inChannels, L] → [N, outChannels, L'], as
 * `convTranspose1d` says. `weight`: [inChannels, outChannels / groups, kernelSize].
 * @throws {ValueError} when a size is not a positive integer, groups do not divide the channels, or an option is unknown or
 *   of another kind
 * @throws {ShapeError} when x has other axes or channels
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html
 * @example
 * new ConvTranspose1d(8, 1, 2, { stride: 2 }).forward(zeros([5, 8, 7])).shape // [5, 1, 14]
 */
export class ConvTranspose1d extends Convolution<ConvTransposeOptions> {
  protected static override readonly kinds: Kinds<ConvTransposeOptions> = transposeKinds;
  protected static override readonly axes: number = 1;
  protected static override readonly transposed: boolean = true;
  override forward(x: t.Tensor): t.Tensor {
    return t.convTranspose1d(x, this.weight, { ...this.settings(), outputPadding: this.options.outputPadding });
  }
}

/**
 * As `ConvTranspose1d`, over two axes: x: [N, inChannels, H, W] or [inChannels, H, W] → [N, outChannels, H', W'].
 * @throws {ValueError} when a size is not a positive integer, groups do not divide the channels, or an option is unknown or
 *   of another kind
 * @throws {ShapeError} when x has other axes or channels
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 * @example
 * new ConvTranspose2d(8, 1, 2, { stride: 2 }).forward(zeros([5, 8, 7, 7])).shape // [5, 1, 14, 14]
 */
export class ConvTranspose2d extends Convolution<ConvTransposeOptions> {
  protected static override readonly kinds: Kinds<ConvTransposeOptions> = transposeKinds;
  protected static override readonly transposed: boolean = true;
  override forward(x: t.Tensor): t.Tensor {
    return t.convTranspose2d(x, this.weight, { ...this.settings(), outputPadding: this.options.outputPadding });
  }
}
