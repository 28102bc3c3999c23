// Functions that are not methods: what is not imported costs nothing.
export { cumprod, lerp, log2 } from "./arithmetic.ts";
export * from "./attention.ts";
export { allClose, type ClosenessOptions, equal } from "./compare.ts";
export * from "./conv.ts";
export { einsum } from "./einsum.ts";
export { index, maskedSelect, takeAlongDim } from "./indexing.ts";
export {
  type DiagonalOptions,
  diagonal,
  type MeshgridOptions,
  meshgrid,
  movedim,
  roll,
  swapaxes,
  tile,
} from "./layout.ts";
export * from "./linear.ts";
export * from "./normalization.ts";
export * from "./pool.ts";
export { type MultinomialOptions, multinomial, randLike, randnLike } from "./random.ts";
export { argsort, type Entries, max, min, type SortOptions, sort, topk } from "./sort.ts";
export { fold, type PerAxis, perAxis, type UnfoldOptions, unfold } from "./windows.ts";
