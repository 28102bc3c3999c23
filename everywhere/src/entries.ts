/** The entries of the installed packages, as their package.json lists them: nothing else names them all. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What one imports, and the file in the project that a page is to load for it. */
export function entriesOf(project: string): [name: string, file: string][] {
  return ["tensor", "nn"].flatMap((folder) => {
    const at = `node_modules/@tendril/${folder}`;
    const { name, exports } = JSON.parse(readFileSync(join(project, at, "package.json"), "utf8")) as {
      name: string;
      exports: Record<string, { import: string }>;
    };
    return Object.entries(exports).map(([path, target]): [string, string] => [
      join(name, path),
      join(at, target.import),
    ]);
  });
}

/** A program that imports and requires every entry, and compares what they export. */
export const importsAll = (names: readonly string[]): string => `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const names = ${JSON.stringify(names)};
for (const name of names) {
  const [esm, cjs] = [await import(name), require(name)].map((all) => Object.keys(all).sort().join());
  if (esm === "" || esm !== cjs) throw new Error(name + " exports " + esm + " by import and " + cjs + " by require");
}
console.log(names.length + " entries, the same by import and require");
`;
