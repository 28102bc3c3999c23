/** Node, Deno and Bun: import, require, what is not everywhere, and two copies in one process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missing } from "./programs.ts";
import { type Check, output, says } from "./run.ts";

const installed = join(import.meta.dirname, "../node_modules");
const bin = (name: string): string => join(installed, ".bin", name);

/** Node by version: the oldest that the packages say they take, the newest of others, and this process's. */
const nodes = { "20.0": "node20", "22": "node22", "24": "node24" };

export function runtimeChecks(project: string): Check[] {
  const run = (command: string, ...args: string[]): (() => Promise<string>) => {
    return () => says(/^trains, /, output(command, args, project));
  };
  const ofNode = Object.entries(nodes).flatMap(([version, folder]): Check[] => {
    const node = join(import.meta.dirname, "../nodes/node_modules", folder, "bin/node");
    const isThere = existsSync(node) || (process.platform === "linux" && process.arch === "x64");
    if (!isThere) return [[`Node ${version}`, async () => "NOT RUN: npm has it for x64 Linux only"]];
    return [
      [`Node ${version}, import`, run(node, "esm.mjs")],
      [`Node ${version}, require`, run(node, "cjs.cjs")],
    ];
  });
  const node = process.execPath;
  const without = Object.keys(missing).map((name): Check => {
    const what = name === "all" ? "without any of these" : `without ${name}`;
    return [`Node ${process.versions.node} ${what}`, run(node, `without-${name}.mjs`)];
  });
  const twice = (file: string) => (): Promise<string> => says(/mixed calls/, output(node, [file], project));
  return [
    ...ofNode,
    [`Node ${process.versions.node}, import`, run(node, "esm.mjs")],
    ["Deno, import", run(bin("deno"), "run", "-A", "--no-remote", "--node-modules-dir=manual", "esm.mjs")],
    ["Bun, import", run(bin("bun"), "esm.mjs")],
    ["Bun, require", run(bin("bun"), "cjs.cjs")],
    ...without,
    ["every entry", () => says(/the same by/, output(node, ["entries.mjs"], project))],
    ["two copies, import and require", twice("copies-formats.mjs")],
    ["two copies, two versions", twice("copies-versions.mjs")],
  ];
}
