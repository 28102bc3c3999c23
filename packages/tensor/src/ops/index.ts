// Every op, as the package exports them and as methods carry them.
export * from "./activations.ts";
export * from "./composite.ts";
export * from "./elementwise.ts";
export * from "./ensure.ts";
export { gather, indexSelect, oneHot, type Range, scatterAdd, slice } from "./indexing.ts";
export * from "./matmul.ts";
export * from "./parts.ts";
export {
  amax,
  amin,
  argmax,
  argmin,
  cumsum,
  logSoftmax,
  logSumExp,
  type ReduceOptions,
  type Reduction,
  softmax,
  softmin,
  sum,
} from "./reduce.ts";
export * from "./shape.ts";
