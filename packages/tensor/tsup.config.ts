import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    compile: "src/compile/index.ts",
    onnx: "src/onnx/index.ts",
    testing: "src/testing/index.ts",
    torch: "src/torch/index.ts",
  },
  format: ["esm", "cjs"],
  // What is marked @internal is not in the types.
  dts: { compilerOptions: { stripInternal: true } },
  clean: true,
  // One engine, whichever entry is imported: its grad mode and its Tensor class must be shared between the entries.
  splitting: true,
  target: "es2022",
});
