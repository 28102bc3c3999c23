/** The packages as the playground has them: bundled from their sources, each entry for itself. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { root } from "./contents.ts";

const tensor = join(root, "packages/tensor/src");

/** What can be imported, and the file that it is. A folder of the engine with an index that its package names is one. */
export const packages: Readonly<Record<string, string>> = {
  "@tendril/tensor": join(tensor, "index.ts"),
  "@tendril/nn": join(root, "packages/nn/src/index.ts"),
  ...Object.fromEntries(
    ["testing", "compile", "onnx", "torch"]
      .filter((name) => existsSync(join(tensor, name, "index.ts")))
      .map((name) => [`@tendril/tensor/${name}`, join(tensor, name, "index.ts")]),
  ),
};

export const packageNames: readonly string[] = Object.keys(packages);

/** For Vite: each name is its file, and `virtual:packages` loads them by their names. */
export const alias: { find: RegExp; replacement: string }[] = Object.entries(packages).map(([name, replacement]) => ({
  find: new RegExp(`^${name}$`),
  replacement,
}));

export function packagesModule(): Plugin {
  const id = "virtual:packages";
  const loaders = packageNames.map((name) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(name)}),`);
  return {
    name: id,
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: (asked) => (asked === `\0${id}` ? `export const packages = {\n${loaders.join("\n")}\n};` : undefined),
  };
}
