// What the package exports.
export { customGrad, isGradEnabled, noGrad } from "./bind.ts";
export { arange, type CreateOptions, eye, full, linspace, ones, onesLike, tensor, zeros, zerosLike } from "./create.ts";
export type { DType, TypedArray } from "./dtype.ts";
export { DTypeError, GradError, IndexError, ShapeError, TendrilError, TraceError, ValueError } from "./errors.ts";
export * from "./functions/index.ts";
export { type BackwardStep, backwardSteps, type Gradients, type GradOptions, grad, valueAndGrad, vjp } from "./grad.ts";
export { type GraphNode, type GraphOptions, graphMermaid, graphNodes, graphText } from "./graph.ts";
export { Tensor } from "./methods.ts";
export type { NestedArray } from "./nested.ts";
export * from "./ops/index.ts";
export { checkOptions, describeValue, type OptionKind } from "./options.ts";
export type { Rules, Vjp } from "./primitive.ts";
export { bernoulli, Generator, manualSeed, permutation, type RandomOptions, rand, randint, randn } from "./random.ts";
export { watch } from "./recorder.ts";
export type { Shape } from "./shape.ts";
export type { Dims, TensorLike } from "./tensor.ts";
export { fromTransfer, type TensorMessage, toTransfer } from "./transfer.ts";
