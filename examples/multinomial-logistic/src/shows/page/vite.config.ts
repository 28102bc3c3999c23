/** While developing: `npm run page`. The built page is made by build/build.ts. */
import { defineConfig, type Plugin } from "vite";
import { findRules, sources } from "./build/rules.ts";
import { words } from "./chapters/graph/words.ts";

/** `virtual:rules` holds where the rules of the ops stand that the page explains, and their text. */
const rules: Plugin = {
  name: "rules",
  resolveId: (asked) => (asked === "virtual:rules" ? "\0rules" : undefined),
  load(asked) {
    if (asked !== "\0rules") return undefined;
    for (const source of sources) this.addWatchFile(source);
    const explained = Object.fromEntries([...findRules()].filter(([op]) => op in words));
    return `export const rules = ${JSON.stringify(explained)};`;
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [rules],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { fs: { allow: ["../../../../.."] } },
});
