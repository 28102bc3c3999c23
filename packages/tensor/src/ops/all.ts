// Every op, as the package exports them and as methods carry them.
export * from "./composite.ts";
export * from "./elementwise.ts";
export * from "./index.ts";
export * from "./matmul.ts";
export * from "./reduce.ts";
export * from "./shape.ts";
