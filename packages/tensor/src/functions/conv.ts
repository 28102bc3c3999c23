// Convolutions: windows of x, or what is added up into them, times the weights as one matrix product.
import { checkTensor, toTensors } from "../bind.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import type { Window } from "../index-map.ts";
import { add } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { pad } from "../ops/parts.ts";
import { reshape } from "../ops/shape.ts";
import { checkInteger, checkOptions, describeValue } from "../options.ts";
import { type Shape, sameShape, show, sizeOf } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkImages, foldWindows, type PerAxis, perAxis, unfoldWindows } from "./windows.ts";

interface Options {
  /** [O], added to each output channel. Default: none. */
  readonly bias?: Tensor;
  /** How far each window is from the one before. Default 1. */
  readonly stride?: PerAxis;
  /** How far apart a window's entries are. Default 1. */
  readonly dilation?: PerAxis;
  /** In how many groups the channels are, each convolved by itself. Default 1. */
  readonly groups?: number;
}

/** The options of `conv1d` and `conv2d`. */
export interface ConvOptions extends Options {
  /**
   * Zeros on both sides of each axis. Default 0, which is `"valid"`; `"same"`: as many as keep the size, for stride 1,
   * an odd one at the end.
   */
  readonly padding?: PerAxis | "same" | "valid";
}

/** The options of `convTranspose1d` and `convTranspose2d`. */
export interface ConvTransposeOptions extends Options {
  /** What is cut off both sides of each axis: the padding of the convolution that this is the transpose of. Default 0. */
  readonly padding?: PerAxis;
  /** Entries added at the end: a convolution has one output size for several input sizes. Below stride or dilation. Default 0. */
  readonly outputPadding?: PerAxis;
}

const kinds = { bias: "any", stride: "any", padding: "any", dilation: "any", groups: "number" } as const;

/** What both directions have in common: x is [...lead, C, ...], weight [·, ·, ...kernel], out [...lead, O, ...]. */
interface Convolution {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly lead: Shape;
  readonly sizes: Shape;
  /** The axis of groups in products; none for one group. */
  readonly group: Shape;
  readonly groups: number;
  readonly windows: readonly Window[];
  /** `product` as [...lead, O, ...sizes], with the bias. */
  readonly finish: (product: Tensor, sizes: Shape) => Tensor;
}

function convolution(
  op: string,
  axes: number,
  [input, weights]: readonly [TensorLike, TensorLike],
  options: Options,
  transposed: boolean,
): Convolution {
  const { bias, stride = 1, dilation = 1, groups = 1 } = options;
  const [x, weight] = toTensors(op, [input, weights]) as [Tensor, Tensor];
  checkImages(op, x, axes);
  checkInteger(op, "groups", groups, 1);
  const label = `${op}: ${show(x.shape)} with weight ${show(weight.shape)}`;
  if (weight.ndim !== axes + 2 || weight.size === 0) {
    const form = transposed ? "[C, O / groups, ...kernel]" : "[O, C / groups, ...kernel]";
    throw new ShapeError(`${label}: weight must be ${form}, with ${axes + 2} axes and none of size 0`);
  }
  if (x.dtype === "bool" || weight.dtype === "bool")
    throw new DTypeError(`${label}: bool has no products; use .to("int32")`);
  const [first, second, ...kernel] = weight.shape as [number, number, ...number[]];
  const [taken, outputs] = transposed ? [first, second * groups] : [second * groups, first];
  const channels = x.shape.at(-axes - 1);
  if (channels !== taken) {
    const by = groups === 1 ? "" : ` in ${groups} groups`;
    throw new ShapeError(`${label}: x has ${channels} channels, weight takes ${taken}${by}`);
  }
  if (first % groups > 0) throw new ShapeError(`${label}: the first axis must be a multiple of groups, ${groups}`);
  if (bias !== undefined) checkTensor(op, "bias", bias);
  if (bias !== undefined && !sameShape(bias.shape, [outputs])) {
    throw new ShapeError(`${label}: bias must be [${outputs}], one for each output channel, got ${show(bias.shape)}`);
  }
  const steps = perAxis(op, "stride", stride, axes, 1);
  const apart = perAxis(op, "dilation", dilation, axes, 1);
  const lead = x.shape.slice(0, -axes - 1);
  return {
    x,
    weight,
    lead,
    sizes: x.shape.slice(-axes),
    group: groups === 1 ? [] : [groups],
    groups,
    windows: kernel.map((size, i) => ({
      dim: lead.length + 1 + i,
      size,
      step: steps[i] as number,
      dilation: apart[i] as number,
    })),
    finish: (product, sizes) => {
      const out = reshape(product, [...lead, outputs, ...sizes]);
      return bias === undefined ? out : add(out, reshape(bias, [outputs, ...sizes.map(() => 1)]));
    },
  };
}

/** Zeros before and after each axis. */
function around(op: string, padding: NonNullable<ConvOptions["padding"]>, windows: readonly Window[]): Pair[] {
  if (typeof padding !== "string") return perAxis(op, "padding", padding, windows.length, 0).map((n) => [n, n]);
  if (padding === "valid") return windows.map(() => [0, 0]);
  if (padding !== "same") {
    throw new ValueError(`${op}: padding must be "same", "valid" or numbers, got ${describeValue(padding)}`);
  }
  return windows.map(({ size, step, dilation }) => {
    if (step !== 1) throw new ValueError(`${op}: padding "same" needs stride 1, got ${step}`);
    const total = dilation * (size - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}
type Pair = readonly [before: number, after: number];

function conv(op: string, axes: number, input: TensorLike, weights: TensorLike, options?: ConvOptions): Tensor {
  const checked = checkOptions(op, options, kinds) as ConvOptions;
  const { x, weight, lead, group, groups, windows, finish } = convolution(op, axes, [input, weights], checked, false);
  const none = [...lead, 1].map((): Pair => [0, 0]);
  const padded = pad(x, [...none, ...around(op, checked.padding ?? 0, windows)]);
  const unfolded = unfoldWindows(op, padded, windows, lead.length + 1);
  const sizes = unfolded.shape.slice(-axes);
  const [outputs, ...entries] = weight.shape as [number, ...number[]];
  const columns = reshape(unfolded, [...lead, ...group, sizeOf(entries), sizeOf(sizes)]);
  return finish(matmul(reshape(weight, [...group, outputs / groups, sizeOf(entries)]), columns), sizes);
}

function convTranspose(
  op: string,
  axes: number,
  input: TensorLike,
  weights: TensorLike,
  options?: ConvTransposeOptions,
): Tensor {
  const checked = checkOptions(op, options, { ...kinds, outputPadding: "any" }) as ConvTransposeOptions;
  const all = convolution(op, axes, [input, weights], checked, true);
  const { x, weight, lead, group, groups, windows, sizes, finish } = all;
  const cut = perAxis(op, "padding", checked.padding ?? 0, axes, 0);
  const more = perAxis(op, "outputPadding", checked.outputPadding ?? 0, axes, 0);
  const whole = windows.map(({ size, step, dilation }, i) => {
    const n = ((sizes[i] as number) - 1) * step + dilation * (size - 1) + 1;
    const [p, extra] = [cut[i] as number, more[i] as number];
    if (extra >= Math.max(step, dilation)) {
      throw new ValueError(`${op}: outputPadding ${extra} must be below stride ${step} or dilation ${dilation}`);
    }
    if (n + extra > 2 * p) return n;
    throw new ShapeError(`${op}: padding ${p} leaves nothing of axis ${i - axes}, of size ${n + extra}`);
  });
  const [inputs, outputs, ...kernel] = weight.shape as [number, number, ...number[]];
  const rows = reshape(weight, [...group, inputs / groups, outputs * sizeOf(kernel)]);
  const columns = reshape(x, [...lead, ...group, inputs / groups, sizeOf(sizes)]);
  const channels = [...lead, outputs * groups];
  const entries = reshape(matmul(rows, columns, { transposeA: true }), [...channels, ...kernel, ...sizes]);
  const folded = foldWindows(entries, windows, channels.length, [...channels, ...whole]);
  const ends = cut.map((p, i): Pair => [-p, (more[i] as number) - p]);
  const out = pad(folded, [...channels.map((): Pair => [0, 0]), ...ends]);
  return finish(out, out.shape.slice(-axes));
}

/**
 * Cross-correlation: each window of x [N, C, L] times weight [O, C / groups, K] → [N, O, L'], where L' = (L + 2·padding
 * − dilation·(K − 1) − 1) / stride + 1, rounded down. x without N, [C, L], gives [O, L'].
 * @formula Σ windows · weight + bias
 * @derivative ∂/∂x: the transposed convolution of the gradient; ∂/∂weight: windows times the gradient
 * @throws {ShapeError} when sizes or channels do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x or weight is bool
 * @example
 * conv1d(tensor([[1, 2, 3, 4]]), tensor([[[1, -1]]])) // tensor([[-1., -1., -1.]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 */
export const conv1d = (x: TensorLike, weight: TensorLike, options?: ConvOptions): Tensor =>
  conv("conv1d", 1, x, weight, options);

/**
 * As `conv1d`, over two axes: x [N, C, H, W] or [C, H, W], weight [O, C / groups, K, K'] → [N, O, H', W'].
 * @formula Σ windows · weight + bias
 * @derivative ∂/∂x: the transposed convolution of the gradient; ∂/∂weight: windows times the gradient
 * @throws {ShapeError} when sizes or channels do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x or weight is bool
 * @example
 * const images = randn([32, 1, 28, 28]);
 * conv2d(images, randn([8, 1, 3, 3]), { bias: zeros([8]), padding: 1 }).shape // [32, 8, 28, 28]
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export const conv2d = (x: TensorLike, weight: TensorLike, options?: ConvOptions): Tensor =>
  conv("conv2d", 2, x, weight, options);

/**
 * The transpose of `conv1d`, by which sizes grow: x [N, C, L], weight [C, O / groups, K] → [N, O, L'], where L' = (L −
 * 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1. x without N, [C, L], gives [O, L'].
 * @formula windows of x · weight, added up, + bias
 * @derivative ∂/∂x: the convolution of the gradient
 * @throws {ShapeError} when sizes or channels do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x or weight is bool
 * @example
 * convTranspose1d(tensor([[1, 2]]), tensor([[[1, 10]]]), { stride: 2 }) // tensor([[ 1., 10., 2., 20.]])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 */
export const convTranspose1d = (x: TensorLike, weight: TensorLike, options?: ConvTransposeOptions): Tensor =>
  convTranspose("convTranspose1d", 1, x, weight, options);

/**
 * As `convTranspose1d`, over two axes: x [N, C, H, W] or [C, H, W], weight [C, O / groups, K, K'] → [N, O, H', W'].
 * @formula windows of x · weight, added up, + bias
 * @derivative ∂/∂x: the convolution of the gradient
 * @throws {ShapeError} when sizes or channels do not fit
 * @throws {ValueError} when an option is wrong or misspelt
 * @throws {DTypeError} when x or weight is bool
 * @example
 * convTranspose2d(randn([4, 8, 7, 7]), randn([8, 1, 2, 2]), { stride: 2 }).shape // [4, 1, 14, 14]
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 */
export const convTranspose2d = (x: TensorLike, weight: TensorLike, options?: ConvTransposeOptions): Tensor =>
  convTranspose("convTranspose2d", 2, x, weight, options);
