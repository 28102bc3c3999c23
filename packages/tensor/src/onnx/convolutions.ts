// Weights times the windows of images, as the convolutions that they are: engines have kernels for those.
import type { ExportedOp, ExportedRef } from "../export/graph.ts";
import { plus, type Size } from "../export/size.ts";
import type { Window } from "../index-map.ts";
import { sizeOf } from "../shape.ts";
import { sameSizes } from "./builder.ts";
import type { Attributes } from "./model.ts";
import type { Rule } from "./rules/elementwise.ts";
import type { Span } from "./rules/layout.ts";

/** Each op by its result. */
type Made = ReadonlyMap<unknown, ExportedOp>;

/** The ops, with `conv` for each such product: of images [N, C, ...sizes] and weights [O, C / groups, ...kernel]. */
export function withConvolutions(ops: readonly ExportedOp[]): ExportedOp[] {
  const made: Made = new Map(ops.map((op) => [op.out, op]));
  return ops.map((op) => (op.primitive.name === "matmul" && convolution(op, made)) || op);
}

const areNumbers = (list: readonly Size[]): boolean => list.every((n) => typeof n === "number");

/** Of the product [O, E] × [N, E, P], or [groups, O / groups, E] × [N, groups, E, P]: E entries in each of P windows. */
function convolution(op: ExportedOp, made: Made): ExportedOp | undefined {
  const [weight, columns] = op.inputs as [ExportedRef, ExportedRef];
  const unfold = made.get(columns.value);
  if (unfold?.primitive.name !== "unfold") return undefined;
  const [image] = unfold.inputs as [ExportedRef];
  const { windows, at } = unfold.params as { windows: readonly Window[]; at: number };
  const kernel = windows.map(({ size }) => size);
  const strides = windows.map(({ step }) => step);
  const dilations = windows.map(({ dilation }) => dilation);
  const [n, channels, ...sizes] = image.shape as [Size, number, ...Size[]];
  const counts = unfold.out.shape.slice(2 + windows.length) as number[];
  const grouped = weight.shape.slice(0, -2) as number[];
  const [group = 1] = grouped;
  const entries = (channels / group) * sizeOf(kernel);
  const isConvolution =
    at === 2 &&
    sameSizes(
      windows.map(({ dim }) => dim),
      sizes.map((_, i) => 2 + i),
    ) &&
    areNumbers([channels, ...kernel, ...strides, ...dilations, ...counts]) &&
    grouped.length < 2 &&
    sameSizes(columns.shape, [n, ...grouped, entries, sizeOf(counts)]) &&
    [weight, columns].every(({ dtype }) => dtype === "float32") &&
    !(op.params.transposeA || op.params.transposeB);
  if (!isConvolution) return undefined;
  const outputs = group * (weight.shape.at(-2) as number);
  const { images, pads } = withoutPadding(image, made);
  return {
    primitive: { ...op.primitive, name: "conv" },
    inputs: [images, { ...weight, shape: [outputs, channels / group, ...kernel] }],
    params: {
      attributes: { kernel_shape: kernel, strides, dilations, group, pads },
      shape: [n, outputs, ...counts],
    },
    out: op.out,
  };
}

/** The images before zeros were put around them, and how many zeros there are before the axes and behind them. */
function withoutPadding(image: ExportedRef, made: Made): { images: ExportedRef; pads: readonly Size[] } {
  const pad = made.get(image.value);
  if (pad?.primitive.name === "unslice" && sameSizes(image.shape, pad.out.shape)) {
    const spans = pad.params.spans as readonly Span[];
    const before = spans.map(({ start }) => start);
    const behind = spans.map(({ start, size }, i) => plus(plus(image.shape[i] as Size, start, -1), size, -1));
    const ends = [before, behind];
    const pads = ends.flatMap((list) => list.slice(2));
    const isAround = spans.every(({ step }) => step === 1) && areNumbers(pads);
    if (isAround && ends.every(([n, channels]) => n === 0 && channels === 0)) {
      return { images: pad.inputs[0] as ExportedRef, pads };
    }
  }
  return { images: image, pads: image.shape.slice(2).flatMap(() => [0, 0]) };
}

/** What `withConvolutions` has made. */
export const conv: Rule = (b, { inputs, params }) => {
  const { attributes, shape } = params as { attributes: Attributes; shape: readonly Size[] };
  const operands = inputs.map((ref) => b.read(ref));
  return b.node("Conv", operands, attributes, { shape });
};
