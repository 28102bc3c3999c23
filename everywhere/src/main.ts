/**
 * The packed packages everywhere: packs them, installs the tarballs in an empty project, and runs one check after another
 * there, each a line. `npm start -- page` runs those with "page" in their name; `--made` takes the tarballs that are there.
 */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { entriesOf, importsAll } from "./entries.ts";
import { pageChecks } from "./pages.ts";
import { files } from "./programs.ts";
import { output, runAll } from "./run.ts";
import { runtimeChecks } from "./runtimes.ts";
import { typeChecks } from "./types.ts";
import { workflowChecks } from "./workflows.ts";

const root = resolve(import.meta.dirname, "../..");
const keep = process.argv.includes("--made");
const wanted = process.argv.slice(2).filter((word) => word !== "--made");
const project = mkdtempSync(join(tmpdir(), "tendril-everywhere-"));

async function install(): Promise<string[]> {
  const tarballs = join(root, "out/tarballs");
  if (!keep) await output("npm", ["run", "--silent", "tarballs"], root);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  const made = readdirSync(tarballs).map((file) => join(tarballs, file));
  await output("npm", ["install", "--no-audit", "--no-fund", "--offline", ...made], project);
  const tree = await output("npm", ["ls", "--all", "--parseable"], project);
  const installed = tree
    .trim()
    .split("\n")
    .slice(1)
    .map((path) => path.replace(/.*node_modules\//, ""))
    .sort();
  if (installed.join() !== "@tendril/nn,@tendril/tensor") throw new Error(`they bring ${installed.join(", ")} along`);
  const names = entriesOf(project).map(([name]) => name);
  writeFileSync(join(project, "entries.mjs"), importsAll(names));
  const all = names.map((name, i) => `export * as entry${i} from "${name}";\n`).join("");
  for (const usage of ["usage.mts", "usage.cts", "usage.ts"]) appendFileSync(join(project, usage), all);
  // A second copy, as another version of a dependency has one.
  mkdirSync(join(project, "other"));
  cpSync(join(project, "node_modules"), join(project, "other/node_modules"), { recursive: true });
  return made;
}

try {
  const tarballs = await install();
  const [pages, close] = await pageChecks(project);
  const all = [...pages, ...runtimeChecks(project), ...typeChecks(project, tarballs), ...workflowChecks()];
  const chosen = all.filter(([name]) => wanted.every((word) => name.includes(word)));
  const failed = await runAll(chosen).finally(close);
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
