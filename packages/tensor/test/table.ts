/**
 * The one table of operations. To add an op, add a row here, its cases to fixtures/generate.py (or generate_functions.py)
 * and its wrong calls to wrong-calls.ts: ops.test.ts then checks values, gradients, gradients of gradients, the method, and each wrong call's
 * whole message, and fails for a primitive, a public op or a method that has no row; compile.table.test.ts compares
 * JavaScript, SIMD and compiled code, and fails for a row in which there was nothing to compare.
 */
import type { DType, Tensor, TensorLike } from "@tendril/tensor";
import * as t from "@tendril/tensor";
import { type WrongCall, wrongCalls } from "./wrong-calls.ts";

/** The tensors (or weak numbers) of a case; an op takes as many as its cases have. */
export type Inputs = [TensorLike, TensorLike, TensorLike, ...TensorLike[]];

export interface Row {
  readonly name: string;
  /** The registered primitives that it runs through: its own, or those that a composite op is made of. */
  readonly primitives: readonly string[];
  /** The op, as a public function of a case's inputs and arguments. */
  readonly run: (inputs: readonly TensorLike[], args?: object) => Tensor;
  /** The same as a method of the first input; `null` if there is none. */
  readonly runMethod: Row["run"] | null;
  readonly differentiable: boolean;
  /** Its inputs are stretched to one shape. */
  readonly broadcasts: boolean;
  /** Wrong calls, each with the whole of what it throws. */
  readonly errors: readonly WrongCall[];
}

interface Options {
  /** Default: the primitive of the row's own name. */
  readonly primitives?: readonly string[];
  /** Default: the row's name; `null` where there is a function only. */
  readonly method?: string | null;
  /** Default: true. */
  readonly differentiable?: boolean;
  /** Default: false. */
  readonly broadcasts?: boolean;
}

/** A row: the op, and how a case's inputs and arguments become the op's. */
function row<A extends unknown[], P extends object>(
  name: string,
  op: (...args: A) => Tensor | Tensor[] | t.Entries,
  call: (inputs: Inputs, args: P) => [...A],
  { primitives = [name], method = name, differentiable = true, broadcasts = false }: Options = {},
): Row {
  const argumentsOf = (inputs: readonly TensorLike[], args: object = {}): A => call([...inputs] as Inputs, args as P);
  // Where an op gives several tensors, a case says which of them it is about.
  const one = (out: Tensor | Tensor[] | t.Entries, args: object = {}): Tensor =>
    out instanceof t.Tensor ? out : (Object.values(out)[(args as { part: number }).part] as Tensor);
  const runMethod: Row["run"] = (inputs, args) => {
    const [self, ...rest] = argumentsOf(inputs, args);
    const methods = self as unknown as Record<string, (...args: unknown[]) => Tensor>;
    return one((methods[method ?? ""] as (...args: unknown[]) => Tensor).apply(self, rest), args);
  };
  return {
    name,
    primitives,
    run: (inputs, args) => one(op(...argumentsOf(inputs, args)), args),
    runMethod: method === null ? null : runMethod,
    differentiable,
    broadcasts,
    errors: wrongCalls[name] ?? [],
  };
}

const one = ([x]: Inputs): [TensorLike] => [x];
const two = ([a, b]: Inputs): [TensorLike, TensorLike] => [a, b];
const three = ([a, b, c]: Inputs): [TensorLike, TensorLike, TensorLike] => [a, b, c];
type Axis = { dim: number };
type Windows = { size: number; n: number; step?: number; dilation?: number };
type Parts = Partial<Axis> & { sizes?: number | number[]; chunks?: number };
type Axes = { dim?: number | number[]; keepdim?: boolean; correction?: number };
/** A convolution: x, weight and, among the options, bias. */
const convolved = ([x, weight, bias]: Inputs, options: object): [TensorLike, TensorLike, object] => [
  x,
  weight,
  { bias, ...options },
];
/** Pooling: x, the size of windows, options. */
const pooled = ([x]: Inputs, { size, ...options }: { size: number | number[] }): [TensorLike, typeof size, object] => [
  x,
  size,
  options,
];
const axis = ([x]: Inputs, { dim }: Axis): [TensorLike, number] => [x, dim];
const axes = ([x]: Inputs, { dim, ...options }: Axes): [TensorLike, typeof dim, Omit<Axes, "dim">] => [x, dim, options];
/** As `axes`, for what reduces one axis or all. */
const oneAxis = ([x]: Inputs, { dim, ...options }: Partial<Axis>): [TensorLike, number | undefined, object] => [
  x,
  dim,
  options,
];

/** Inputs as options by their names. */
const named = (inputs: object, options: object): object => ({ ...inputs, ...options });

const binary = (name: string, op: t.Binary, options?: Options): Row =>
  row(name, op, two, { ...options, broadcasts: true });
const unary = (name: string, op: t.Unary, options?: Options): Row => row(name, op, one, options);
/** A function that is not a method, made of these primitives. */
const made = (...primitives: string[]): Options => ({ primitives, method: null });
type Sorting = Partial<Axis> & { descending?: boolean };
type Top = Partial<Axis> & { k: number; largest?: boolean };
/** The indices of a case, each for its own axis, null for the others. */
const atAxes = ([x, ...indices]: Inputs, { axes }: { axes: number[] }): [TensorLike, ...(TensorLike | null)[]] => [
  x,
  ...Array.from({ length: Math.max(-1, ...axes) + 1 }, (_, i) => indices[axes.indexOf(i)] ?? null),
];

/** An op without a gradient. */
const flat = (...primitives: string[]): Options => ({ primitives, differentiable: false });

// biome-ignore format: one row, one line, wherever that fits
export const table: readonly Row[] = [
  // Elementwise, two inputs
  binary("add", t.add),
  binary("sub", t.sub),
  binary("mul", t.mul),
  binary("div", t.div),
  binary("pow", t.pow),
  binary("maximum", t.maximum),
  binary("minimum", t.minimum),
  binary("xlogy", t.xlogy),
  binary("logAddExp", t.logAddExp),
  binary("eq", t.eq, flat("eq")),
  binary("ne", t.ne, flat("ne")),
  binary("lt", t.lt, flat("lt")),
  binary("le", t.le, flat("le")),
  binary("gt", t.gt, flat("gt")),
  binary("ge", t.ge, flat("ge")),
  binary("logicalAnd", t.logicalAnd, flat("logicalAnd")),
  binary("logicalOr", t.logicalOr, flat("logicalOr")),

  // Elementwise, one input
  unary("neg", t.neg),
  unary("abs", t.abs),
  unary("sign", t.sign),
  unary("square", t.square, { primitives: ["mul"] }),
  unary("relu", t.relu),
  unary("exp", t.exp),
  unary("expm1", t.expm1),
  unary("log", t.log),
  unary("log1p", t.log1p),
  unary("sqrt", t.sqrt),
  unary("reciprocal", t.reciprocal, { primitives: ["div"] }),
  unary("sigmoid", t.sigmoid),
  unary("tanh", t.tanh),
  unary("logicalNot", t.logicalNot, flat("logicalNot")),
  unary("isNaN", t.isNaN, flat("ne")),
  unary("isFinite", t.isFinite, flat("abs", "lt")),
  unary("rsqrt", t.rsqrt, { primitives: ["sqrt", "div"] }),
  unary("sin", t.sin),
  unary("cos", t.cos),
  unary("erf", t.erf),
  unary("floor", t.floor),
  unary("ceil", t.ceil),
  unary("round", t.round),
  row("softplus", t.softplus, ([x], options: t.SoftplusOptions) => [x, options]),
  unary("logSigmoid", t.logSigmoid, { primitives: ["softplus", "neg"] }),
  unary("silu", t.silu, { primitives: ["sigmoid", "mul"] }),
  row("leakyRelu", t.leakyRelu, ([x], options: { negativeSlope?: number }) => [x, options], { primitives: ["where", "mul"] }),
  row("elu", t.elu, ([x], options: { alpha?: number }) => [x, options], { primitives: ["where", "expm1"] }),
  row("gelu", t.gelu, ([x], options: t.GeluOptions) => [x, options], { primitives: ["erf", "tanh"] }),
  row("maskedFill", t.maskedFill, three, { primitives: ["where"], broadcasts: true }),
  row("clamp", t.clamp, ([x], bounds: t.ClampOptions) => [x, bounds]),
  row("cast", t.cast, ([x], { dtype }: { dtype: DType }) => [x, dtype], { method: "to" }),
  row("clone", (x: TensorLike) => t.clone(x as Tensor), one),
  row("where", t.where, three, { method: null, broadcasts: true }),

  // Reductions
  row("sum", t.sum, axes),
  row("mean", t.mean, axes, { primitives: ["sum", "div"] }),
  row("prod", t.prod, axes, { primitives: ["mul", "slice"] }),
  row("norm", t.norm, axes, { primitives: ["sum", "abs", "pow", "sqrt"] }),
  row("cumsum", t.cumsum, axis),
  row("amax", t.amax, axes),
  row("amin", t.amin, axes),
  row("argmax", t.argmax, oneAxis, flat("argmax")),
  row("argmin", t.argmin, oneAxis, flat("argmin")),
  row("any", t.any, axes, flat("ne", "sum", "gt")),
  row("all", t.all, axes, flat("eq", "sum")),
  row("variance", t.variance, axes, { primitives: ["sum", "sub", "mul", "div"], method: "var" }),
  row("std", t.std, axes, { primitives: ["sqrt", "where"] }),
  row("logSumExp", t.logSumExp, axes),
  row("softmax", t.softmax, axis),
  row("logSoftmax", t.logSoftmax, axis),
  row("softmin", t.softmin, axis, { primitives: ["neg", "softmax"] }),
  row("layerNorm", t.layerNorm, ([x, weight, bias], { shape, eps }: { shape: number[]; eps?: number }) => [x, shape, { weight: weight as Tensor, bias: bias as Tensor, eps }], { primitives: ["sum", "sqrt"] }),

  // Shape
  row("reshape", t.reshape, ([x], { shape }: { shape: number[] }) => [x, shape]),
  row("flatten", t.flatten, ([x], { startDim, endDim }: { startDim?: number; endDim?: number }) => [x, startDim, endDim], { primitives: ["reshape"] }),
  row("transpose", t.transpose, ([x], { dim0, dim1 }: { dim0: number; dim1: number }) => [x, dim0, dim1], { primitives: ["permute"] }),
  row("permute", t.permute, ([x], { dims }: { dims: number[] }) => [x, dims]),
  row("T", (x: TensorLike) => (x as Tensor).T, one, { primitives: ["permute"], method: null }),
  row("mT", (x: TensorLike) => (x as Tensor).mT, one, { primitives: ["permute"], method: null }),
  row("broadcastTo", t.broadcastTo, ([x], { shape }: { shape: number[] }) => [x, shape]),
  row("expand", t.expand, ([x], { shape }: { shape: number[] }) => [x, shape], { primitives: ["broadcastTo"] }),
  row("repeat", t.repeat, ([x], { counts }: { counts: number[] }) => [x, counts], { primitives: ["reshape", "broadcastTo"] }),
  row("flip", t.flip, ([x], { dims }: { dims: number[] }) => [x, dims], { primitives: ["slice"] }),
  row("pad", t.pad, ([x], { padding, value }: { padding: [number, number][]; value?: number }) => [x, padding, { value }], { primitives: ["slice", "unslice"] }),
  row("tril", t.tril, ([x], options: { diagonal?: number }) => [x, options], { primitives: ["le", "where"] }),
  row("triu", t.triu, ([x], options: { diagonal?: number }) => [x, options], { primitives: ["ge", "where"] }),
  row("split", t.split, ([x], { sizes, dim }: Parts) => [x, sizes as number | number[], dim], { primitives: ["slice"] }),
  row("chunk", t.chunk, ([x], { chunks, dim }: Parts) => [x, chunks as number, dim], { primitives: ["slice"] }),
  row("select", t.select, ([x], { dim, index }: Axis & { index: number }) => [x, dim, index], { primitives: ["slice"] }),
  row("narrow", t.narrow, ([x], { dim, start, length }: Axis & { start: number; length: number }) => [x, dim, start, length], { primitives: ["slice"] }),
  row("squeeze", t.squeeze, ([x], { dim }: Axes) => [x, dim], { primitives: ["reshape"] }),
  row("unsqueeze", t.unsqueeze, axis, { primitives: ["reshape"] }),
  row("cat", t.cat, (xs, { dim }: Partial<Axis>) => [xs, dim], { method: null }),
  row("stack", t.stack, (xs, { dim }: Partial<Axis>) => [xs, dim], { primitives: ["reshape", "cat"], method: null }),

  // Windows
  row("unfold", t.unfold, ([x], { dim, size, step, ...options }: Axis & Windows) => [x, dim, size, step, options], { primitives: ["unfold", "fold"], method: null }),
  row("fold", t.fold, ([x], { dim, n, step, ...options }: Axis & Windows) => [x, dim, n, step, options], { method: null }),
  row("conv1d", t.conv1d, convolved, { primitives: ["unslice", "unfold", "matmul"], method: null }),
  row("conv2d", t.conv2d, convolved, { primitives: ["unslice", "unfold", "matmul"], method: null }),
  row("convTranspose1d", t.convTranspose1d, convolved, { primitives: ["matmul", "fold", "slice"], method: null }),
  row("convTranspose2d", t.convTranspose2d, convolved, { primitives: ["matmul", "fold", "slice"], method: null }),
  row("maxPool1d", t.maxPool1d, pooled, { primitives: ["unslice", "slice", "where", "fold"], method: null }),
  row("maxPool2d", t.maxPool2d, pooled, { primitives: ["unslice", "slice", "where", "fold"], method: null }),
  row("avgPool1d", t.avgPool1d, pooled, { primitives: ["unslice", "unfold", "sum"], method: null }),
  row("avgPool2d", t.avgPool2d, pooled, { primitives: ["unslice", "unfold", "sum"], method: null }),
  row("adaptiveAvgPool1d", t.adaptiveAvgPool1d, ([x], { outputSize }: { outputSize: number }) => [x, outputSize], { primitives: ["slice", "sum"], method: null }),
  row("adaptiveAvgPool2d", t.adaptiveAvgPool2d, ([x], { outputSize }: { outputSize: number }) => [x, outputSize], { primitives: ["slice", "sum"], method: null }),

  // Indexing and matmul
  row("slice", t.slice, ([x], { ranges }: { ranges: t.Range[] }) => [x, ...ranges], { primitives: ["slice", "unslice"] }),
  row("gather", t.gather, ([x, index], { dim }: Axis) => [x, dim, index]),
  row("scatterAdd", t.scatterAdd, ([x, index, source], { dim }: Axis) => [x, dim, index, source]),
  row("indexSelect", t.indexSelect, ([x, index], { dim }: Axis) => [x, dim, index], { primitives: ["gather"] }),
  row("embedding", t.embedding, two, { primitives: ["reshape", "gather"], method: null }),
  row("oneHot", t.oneHot, ([index], { numClasses, dtype }: { numClasses?: number; dtype?: DType }) => [index, numClasses, { dtype }], { method: null, differentiable: false }),
  row("matmul", t.matmul, ([a, b], options: t.MatmulOptions) => [a, b, options]),
  row("dot", t.dot, two, { primitives: ["matmul"] }),
  row("outer", t.outer, two, { primitives: ["mul"] }),

  // Functions
  row("log2", t.log2, one, made("log2")),
  row("lerp", t.lerp, three, { ...made("mul", "where"), broadcasts: true }),
  row("cumprod", t.cumprod, axis, made("mul", "slice", "cat")),
  row("argsort", t.argsort, ([x], { dim, ...options }: Sorting) => [x, dim, options], { ...flat("argsort"), method: null }),
  row("sort", t.sort, ([x], { dim, descending }: Sorting) => [x, dim, { descending }], made("argsort", "gather")),
  row("topk", t.topk, ([x], { k, dim, largest }: Top) => [x, k, dim, { largest }], made("argsort", "slice", "gather")),
  row("max", t.max, ([x], { dim, keepdim }: Axis & { keepdim?: boolean }) => [x, dim, { keepdim }], made("argmax", "gather")),
  row("min", t.min, ([x], { dim, keepdim }: Axis & { keepdim?: boolean }) => [x, dim, { keepdim }], made("argmin", "gather")),
  row("swapaxes", t.swapaxes, ([x], { axis0, axis1 }: { axis0: number; axis1: number }) => [x, axis0, axis1], made("permute")),
  row("movedim", t.movedim, ([x], { source, destination }: { source: t.Dims; destination: t.Dims }) => [x, source, destination], made("permute")),
  row("roll", t.roll, ([x], { shifts, dims }: { shifts: number | number[]; dims?: t.Dims }) => [x, shifts, dims], made("slice", "cat")),
  row("diagonal", t.diagonal, ([x], options: t.DiagonalOptions) => [x, options], made("permute", "slice")),
  row("meshgrid", (xs: TensorLike[], options: t.MeshgridOptions) => t.stack(t.meshgrid(xs, options)), (xs, options: t.MeshgridOptions) => [xs, options], made("reshape", "broadcastTo")),
  row("tile", t.tile, ([x], { counts }: { counts: number[] }) => [x, counts], made("broadcastTo")),
  row("takeAlongDim", t.takeAlongDim, ([x, at], { dim }: Partial<Axis>) => [x, at, dim], made("broadcastTo", "gather")),
  row("index", t.index, atAxes, made("ensure", "permute", "gather", "scatterAdd")),
  row("maskedSelect", t.maskedSelect, two, made("gather", "scatterAdd")),
  row("einsum", t.einsum, (xs, { equation }: { equation: string }) => [equation, ...xs], made("matmul", "mul", "sum", "permute")),

  // Functions of layers
  row("linear", t.linear, ([x, weight, bias]) => [x, weight as Tensor, bias as Tensor], { primitives: ["matmul", "add"], method: null }),
  row("dropout", t.dropout, ([x], options: t.DropoutOptions) => [x, options], { primitives: ["random", "mul"], method: null }),
  row("scaledDotProductAttention", t.scaledDotProductAttention, ([q, k, v, attnMask], options: t.AttentionOptions) => [q, k, v, { attnMask: attnMask as Tensor, ...options }], { primitives: ["matmul", "softmax", "where"], method: null }),
  row("attentionWeights", t.attentionWeights, ([q, k, attnMask], options: t.AttentionOptions) => [q, k, { attnMask: attnMask as Tensor, ...options }], { primitives: ["matmul", "softmax", "where"], method: null }),
  row("batchNorm", t.batchNorm, ([x, weight, bias, runningMean, runningVar], options: t.BatchNormOptions) => [x, named({ weight, bias, runningMean, runningVar }, options)], { primitives: ["sum", "sqrt"], method: null }),
  row("groupNorm", t.groupNorm, ([x, weight, bias], { numGroups, ...options }: t.GroupNormOptions & { numGroups: number }) => [x, numGroups, named({ weight, bias }, options)], { primitives: ["sum", "sqrt"], method: null }),
  row("rmsNorm", t.rmsNorm, ([x, weight], { shape, eps }: { shape: number[]; eps?: number }) => [x, shape, { weight: weight as Tensor, eps }], { primitives: ["sum", "sqrt"], method: null }),
  row("normalize", t.normalize, ([x], options: t.NormalizeOptions) => [x, options], { primitives: ["sqrt", "clamp", "div"], method: null }),
  row("cosineSimilarity", t.cosineSimilarity, ([x, y], options: { dim?: number; eps?: number }) => [x, y, options], { primitives: ["sqrt", "clamp", "sum"], method: null }),
];
