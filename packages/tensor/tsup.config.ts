import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { exports } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const subpaths = Object.keys(exports).flatMap((path) => (path === "." ? [] : path.slice(2)));

export default defineConfig({
  // What package.json exports: "./compile" is src/compile/index.ts.
  entry: { index: "src/index.ts", ...Object.fromEntries(subpaths.map((name) => [name, `src/${name}/index.ts`])) },
  format: ["esm"],
  // What is marked @internal is not in the types.
  dts: { compilerOptions: { stripInternal: true } },
  sourcemap: true,
  clean: true,
  // One engine, whichever entry is imported: its grad mode and its Tensor class must be shared between the entries.
  splitting: true,
  target: "es2022",
});
