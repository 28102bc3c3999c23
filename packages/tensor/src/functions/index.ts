// Functions that are not methods: what is not imported costs nothing.
export * from "./conv.ts";
export * from "./pool.ts";
export { fold, type PerAxis, perAxis, type UnfoldOptions, unfold } from "./windows.ts";
