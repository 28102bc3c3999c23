/**
 * Gives what an exported namespace holds its docstrings in the bundled types: there `init.normal` is an alias,
 * `declare const init_normal: typeof normal`, and editors show the docstring of the alias.
 *
 *   tsx ../../scripts/document-namespaces.ts   in the folder of a package, after tsup
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dist = "dist";
const alias = /^(?:declare const (\w+): typeof (\w+)|type (\w+) = (\w+));$/gm;

for (const file of readdirSync(dist).filter((file) => file.endsWith(".d.ts"))) {
  const types = readFileSync(join(dist, file), "utf8");
  const documented = types.replace(alias, (line, value = "", target = "", type = "", of = target) => {
    const name = target || of;
    if (!(value || type).endsWith(`_${name}`)) return line; // no alias of a namespace
    const declared = new RegExp(`\\n(/\\*\\*(?:(?!\\*/)[^])*\\*/)\\n(?:declare |interface |type )[^\\n]*\\b${name}\\b`);
    const [, docstring] = declared.exec(types) ?? [];
    if (docstring === undefined) throw new Error(`document-namespaces: ${file} has no docstring of ${name}`);
    return `${docstring}\n${line}`;
  });
  if (documented !== types) writeFileSync(join(dist, file), documented);
}
