/**
 * Writes the CommonJS files of a package beside its ES modules: `dist/x.js` as `dist/x.cjs`, with its map and its types.
 * Chunk by chunk, so that both formats share code between entries alike. (tsup's own CommonJS loses the names of classes,
 * which errors and printed models show, and its maps name folders of the machine that built them.)
 *
 *   tsx ../../scripts/to-commonjs.ts   in the folder of a package, after tsup
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const dist = "dist";
const ending = (name: string): RegExp => new RegExp(`(["']\\./[^"'\\n]+)\\.${name}(["'])`, "g");
const modules = readdirSync(dist).filter((file) => file.endsWith(".js"));
const { outputFiles } = await build({
  entryPoints: modules.map((file) => join(dist, file)),
  outdir: dist,
  format: "cjs",
  platform: "node", // with a list of the exports, for those who import it
  target: "es2022",
  sourcemap: true,
  outExtension: { ".js": ".cjs" },
  write: false,
});
for (const { path, text } of outputFiles) {
  const isCode = path.endsWith(".cjs");
  writeFileSync(path, isCode ? text.replace(/require\("(\.\/[^"]+)\.js"\)/g, 'require("$1.cjs")') : text);
}
for (const file of readdirSync(dist).filter((file) => file.endsWith(".d.ts"))) {
  const types = readFileSync(join(dist, file), "utf8");
  writeFileSync(join(dist, file.replace(/\.d\.ts$/, ".d.cts")), types.replace(ending("js"), "$1.cjs$2"));
}
