import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  // What is marked @internal is not in the types.
  dts: { compilerOptions: { stripInternal: true } },
  clean: true,
  target: "es2022",
});
