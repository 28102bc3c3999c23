/** While developing: `npm run page`. The built page is made by build/build.ts. */
import { defineConfig } from "vite";
import { formulasPlugin } from "./build/formulas.ts";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [formulasPlugin()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { fs: { allow: ["../../../../.."] } },
});
