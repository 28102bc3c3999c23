// Which file may import which (https://github.com/sverweij/dependency-cruiser). The layers of the engine are the rows of
// the table in ARCHITECTURE.md, from the top down; imports of types do not count.
import { readFileSync } from "node:fs";

const page = readFileSync(new URL("ARCHITECTURE.md", import.meta.url), "utf8");
const [, table = ""] = page.split("| file of `packages/tensor/src` | what it holds |\n| --- | --- |\n");
const rows = table.slice(0, table.indexOf("\n\n")).split("\n");

/** The files and folders of each row. */
export const layers = rows.map((row) =>
  [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name),
);

const src = "^packages/tensor/src/";
const escaped = (names) => names.map((name) => name.replaceAll(".", "\\.") + (name.endsWith("/") ? "" : "$"));
const anyOf = (names) => `${src}(${escaped(names).join("|")})`;
const folders = (names) => names.filter((name) => name.endsWith("/"));
const without = (names) => (names.length === 0 ? {} : { pathNot: anyOf(names) });
/** The files of some rows, without those in their folders that belong to others. */
const filesOf = (rows, others) => {
  const within = others.flat().filter((name) => folders(rows.flat()).some((folder) => name.startsWith(folder)));
  return { path: anyOf(rows.flat()), ...without(within) };
};

const downward = layers.slice(1).map((layer, i) => ({
  name: `${layer.join(", ")} imports nothing of a row above`,
  severity: "error",
  from: filesOf(
    [layer],
    layers.filter((other) => other !== layer),
  ),
  to: filesOf(layers.slice(0, i + 1), layers.slice(i + 1)),
}));

export default {
  forbidden: [
    ...downward,
    {
      name: "no circles, but among files that use one another at call time",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: [`${src}ops/`, "^packages/nn/src/(module|parts|forward)\\.ts$"] },
      to: { circular: true },
    },
    {
      name: "every file of the engine is in a row of ARCHITECTURE.md's table",
      severity: "error",
      from: {},
      to: { path: src, pathNot: anyOf(layers.flat()) },
    },
    {
      name: "packages/nn uses the public API of the engine",
      severity: "error",
      from: { path: "^packages/nn/src/" },
      to: { path: src, pathNot: `${src}(index|compile/index|testing/index)\\.ts$` },
    },
    {
      name: "packages/nn imports the engine by its name",
      severity: "error",
      from: { path: "^packages/nn/src/" },
      to: { path: "^packages/tensor/", dependencyTypes: ["local"] },
    },
    {
      name: "every import is of a file that is there",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: false, // imports of types are gone once it is compiled
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
