// Every op, as the package exports them and as methods carry them.
export * from "./activations.ts";
export { cast, clone } from "./cast.ts";
export * from "./composite.ts";
export type { ReduceOptions, Reduction } from "./dims.ts";
export * from "./elementwise.ts";
export { ensure, explain } from "./ensure.ts";
export { gather, indexSelect, type OneHotOptions, oneHot, type Range, scatterAdd, slice } from "./indexing.ts";
export * from "./matmul.ts";
export * from "./parts.ts";
export * from "./reduce.ts";
export {
  broadcastTo,
  cat,
  expand,
  flatten,
  permute,
  repeat,
  reshape,
  squeeze,
  stack,
  transpose,
  unsqueeze,
} from "./shape.ts";
