// Functions that are not methods: what is not imported costs nothing.
export * from "./attention.ts";
export * from "./linear.ts";
export * from "./normalization.ts";
export { fold, type UnfoldOptions, unfold } from "./windows.ts";
