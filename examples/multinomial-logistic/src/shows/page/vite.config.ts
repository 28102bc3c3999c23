/** While developing: `npm run page`. The built page is made by build/build.ts. */
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { fs: { allow: ["../../../../.."] } },
});
