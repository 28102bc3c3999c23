// Functions that are not methods: what is not imported costs nothing.
export { fold, type UnfoldOptions, unfold } from "./windows.ts";
