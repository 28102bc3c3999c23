/** While developing: `npm run page`. The built page is made by build/build.ts. */
import { defineConfig } from "vite";
import { mathml } from "./build/formulas.ts";
import { findRules, sources } from "./build/rules.ts";
import { virtual } from "./build/virtual.ts";
import { words } from "./chapters/graph/words.ts";

/** Where the rules of the ops stand that the page explains, and their text. */
const rules = (): object => Object.fromEntries([...findRules()].filter(([op]) => op in words));

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  resolve: { tsconfigPaths: true }, // the packages' own names are their sources
  plugins: [virtual("mathml", mathml), virtual("rules", rules, sources)],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { fs: { allow: ["../../../../.."] } },
});
