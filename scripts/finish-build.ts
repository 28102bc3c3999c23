/**
 * What is left to do after tsup has written the ES modules of a package into `dist`.
 *
 * - A namespace (`export * as init`) is made by a call that bundlers must keep, with all that is in it; it becomes a call
 *   that they may leave out.
 * - The CommonJS files: `dist/x.js` as `dist/x.cjs`, with its map, its types and their map. Chunk by chunk, so that both
 *   formats share code between entries alike. (tsup's own CommonJS loses the names of classes, which errors and printed
 *   models show, and its maps name folders of the machine that built them.)
 *
 *   tsx ../../scripts/finish-build.ts   in the folder of a package
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const dist = "dist";
const ending = (name: string): RegExp => new RegExp(`(["']\\./[^"'\\n]+)\\.${name}(["'])`, "g");
const modules = readdirSync(dist).filter((file) => file.endsWith(".js"));
for (const file of modules) {
  const text = readFileSync(join(dist, file), "utf8");
  // As many lines as before: the map stays right.
  const namespace = /var (\w+) = \{\};\n__export\(\1, (\{[^}]*\})\);/g;
  // Inside, the namespace goes by its own name again, which nothing that it exports has.
  const pure = "var $1 = /* @__PURE__ */ (() => { var $1 = {};\n__export($1, $2); return $1; })();";
  writeFileSync(join(dist, file), text.replace(namespace, pure));
}
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
  const own = file.replace(/\.d\.ts$/, ".d.cts");
  writeFileSync(join(dist, own), types.replace(ending("js"), "$1.cjs$2").replace(`=${file}.map`, `=${own}.map`));
  // Positions stay right: the files differ in imports only, where nothing is mapped.
  const map = JSON.parse(readFileSync(join(dist, `${file}.map`), "utf8")) as object;
  writeFileSync(join(dist, `${own}.map`), JSON.stringify({ ...map, file: own }));
}
