/**
 * Checks the packages as their users get them: packs them, looks at what is inside, installs them in an empty project,
 * runs and type-checks the documents' programs there, and measures what a page would load. That the packages work
 * everywhere is checked by everywhere/. `--made` takes the tarballs that are there.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { runProgram, snippetsOf } from "../test/snippets.ts";
import { checkDefinitions } from "./check-definitions.ts";
import { checkHover } from "./check-hover.ts";
import { checkSnippetTypes } from "./check-snippet-types.ts";
import { askAboutAll } from "./questions.ts";

/**
 * kB, minified and gzipped: a page that trains a classifier, and what compiling its step, or exporting it to ONNX, adds.
 * A sixth of the page are the checks of options, arguments and states, and the errors that say where in a model they are;
 * a tenth are the SIMD formulas, of which each is there whichever ops the page uses.
 */
const budget = { training: 39.4, compile: 21.5, onnx: 14.4, "onnx beside compile": 11.5, "torch beside compile": 14 };

const root = resolve(import.meta.dirname, "..");
const packed = join(root, "out/tarballs");
const project = mkdtempSync(join(tmpdir(), "tendril-packages-"));
const run = (command: string, args: string[], cwd = project): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1e8, stdio: ["ignore", "pipe", "inherit"] });

const training = `
  import { randn, tensor } from "@tendril/tensor";
  import { CrossEntropy, Linear, SGD } from "@tendril/nn";
  const x = randn([300, 2]);
  const y = tensor(Array.from({ length: 300 }, (_, i) => i % 3), { dtype: "int32" });
  const model = new Linear(2, 3);
  const criterion = new CrossEntropy();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  for (let step = 0; step < 100; step++) {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
  }
  console.log(model.weight.grad?.shape.join());
`;

/** Packs both as `npm run tarballs` does, and as pnpm does: whoever packs them, they are the same files. */
function pack(): string[] {
  if (!process.argv.includes("--made")) run("npm", ["run", "--silent", "tarballs"], root);
  const tarballs = readdirSync(packed).filter((file) => file.endsWith(".tgz"));
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of ["tensor", "nn"]) {
    const options = ["--config.ignore-scripts=true", "--pack-destination", project];
    run("npx", ["--yes", packageManager, "pack", ...options], join(root, "packages", name));
  }
  for (const file of tarballs) {
    const [ours, theirs] = [contentsOf(join(packed, file)), contentsOf(join(project, file))];
    const differ = [...new Set([...ours.keys(), ...theirs.keys()])].filter(
      (name) => ours.get(name) !== theirs.get(name),
    );
    if (differ.length > 0) throw new Error(`${file}: npm and pnpm pack other contents: ${differ.join(", ")}`);
    checkContents(file, ours);
  }
  return tarballs.map((file) => join(packed, file));
}

/** The files of a tarball; package.json without its scripts, of which pnpm leaves out those that pack. */
function contentsOf(tarball: string): Map<string, string> {
  const folder = mkdtempSync(join(project, "contents-"));
  run("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(
    paths.flatMap((name) => {
      if (!statSync(join(folder, name)).isFile()) return [];
      const text = readFileSync(join(folder, name), "utf8");
      const rest = (key: string, value: unknown): unknown => (key === "scripts" ? undefined : value);
      return [[name, name === "package.json" ? JSON.stringify(JSON.parse(text), rest) : text]];
    }),
  );
}

/** What must be inside: maps with their sources, which maps of types have beside them, none by a path of this machine. */
function checkContents(file: string, contents: ReadonlyMap<string, string>): void {
  const { name, dependencies = {} } = JSON.parse(contents.get("package.json") ?? "{}");
  const isEngine = name === "@tendril/tensor";
  const wanted = ["LICENSE", "README.md", "CHANGELOG.md", ...(isEngine ? ["THIRD-PARTY-LICENSES.md"] : [])];
  const missing = wanted.filter((name) => !contents.has(name));
  if (missing.length > 0) throw new Error(`${file}: lacks ${missing.join(", ")}`);
  const brought = Object.keys(dependencies).join();
  if (brought !== (isEngine ? "" : "@tendril/tensor")) throw new Error(`${file}: depends on ${brought}`);
  for (const [name, text] of contents) {
    if (/^dist\/.*\.d\.c?ts$/.test(name)) {
      const { sources = [] } = JSON.parse(contents.get(`${name}.map`) ?? "{}") as { sources?: string[] };
      const absent = sources.filter((source) => !contents.has(join("dist", source)));
      if (sources.length === 0 || absent.length > 0) throw new Error(`${file}: ${name} has no map, or lacks ${absent}`);
    }
    if (!/\.c?js$/.test(name)) continue;
    const { sources, sourcesContent = [] } = JSON.parse(contents.get(`${name}.map`) ?? '{ "sources": [] }');
    if (sources.length === 0 || sourcesContent.length !== sources.length || sourcesContent.includes(null)) {
      throw new Error(`${file}: ${name} has no map with its sources`);
    }
    if (`${text}${sources}`.includes(root)) throw new Error(`${file}: ${name} names a path of this machine`);
  }
}

async function lint(tarballs: readonly string[]): Promise<void> {
  for (const file of tarballs) {
    const bytes = new Uint8Array(readFileSync(file));
    const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    if (messages.length > 0) throw new Error(`${file}: ${messages.map((m) => formatMessage(m, pkg)).join("; ")}`);
    console.log(`${basename(file)}: well packed`);
  }
}

/**
 * `"sideEffects": false` of nn is true, and what a page does not use of it costs nothing: where nothing is used, bundlers
 * leave nothing but the import of the engine (which defines its methods when it is imported, and says `true`).
 */
async function checkSideEffects(): Promise<void> {
  // Outside its package, so that nothing says of the file that it may be left out whole.
  copyFileSync(join(project, "node_modules/@tendril/nn/dist/index.js"), join(project, "nn.mjs"));
  const { outputFiles } = await build({
    stdin: { contents: 'import "./nn.mjs";', resolveDir: project },
    bundle: true,
    write: false,
    format: "esm",
    external: ["@tendril/tensor"],
    minifyWhitespace: true,
  });
  const left = (outputFiles[0]?.text ?? "").replace(/import[^;]*?from"@tendril\/tensor";/g, "").trim();
  if (left !== "") throw new Error(`nn: this is done by its import: ${left.slice(0, 500)}`);
  console.log("nn: no side effects");
}

/** Calls every method of a tensor with nothing: each does something, or says what it needs. */
const callAll = `
  const x = tensor([[0.5]]);
  const names = Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype)).flatMap(([name, { value }]) =>
    typeof value === "function" && name !== "constructor" ? [name] : [],
  );
  for (const name of names) {
    try {
      x[name]();
    } catch (error) {
      if (/is not a function/.test(error.message)) throw new Error(name + ": " + error.message);
    }
  }
  console.log(names.length > 90);
`;

/** What was packed runs the documents' first programs, which print what stands there; and it has every method whole. */
function runPrograms(): void {
  const recipes = readdirSync(join(root, "docs/cookbook")).map((file) => `docs/cookbook/${file}`);
  let count = 0;
  for (const file of ["README.md", "docs/start.md", ...recipes]) {
    for (const { code, line, source, printed } of snippetsOf(readFileSync(join(root, file), "utf8"))) {
      if (source !== undefined || printed === undefined) continue;
      const found = runProgram(code, project);
      if (found !== printed) throw new Error(`${file}:${line} prints ${found} instead of ${printed}`);
      count++;
    }
  }
  if (count < 20) throw new Error(`only ${count} programs were found`);
  const formats = {
    "methods.mjs": `import { Tensor, tensor } from "@tendril/tensor";`,
    "methods.cjs": `const { Tensor, tensor } = require("@tendril/tensor");`,
  };
  for (const [file, head] of Object.entries(formats)) {
    writeFileSync(join(project, file), head + callAll);
    if (run("node", [file]).trim() !== "true") throw new Error(`${file} found too few methods`);
  }
  console.log(`programs: ${count} print what the documents say, and every method is there`);
}

/** kB of a page, minified and gzipped. */
async function sizeOf(page: string): Promise<number> {
  const result = await build({
    stdin: { contents: page, resolveDir: project },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
  });
  return gzipSync(result.outputFiles[0]?.contents ?? "", { level: 9 }).length / 1000;
}

async function measure(): Promise<void> {
  const plain = await sizeOf(training);
  const compiling = `import { compile } from "@tendril/tensor/compile"; console.log(compile); ${training}`;
  const exporting = `import { toOnnx } from "@tendril/tensor/onnx"; console.log(toOnnx);`;
  const printing = `import { toTorch, torchTraining } from "@tendril/tensor/torch"; console.log(toTorch, torchTraining);`;
  const compiled = await sizeOf(compiling);
  const sizes = {
    training: plain,
    compile: compiled - plain,
    onnx: (await sizeOf(exporting + training)) - plain,
    "onnx beside compile": (await sizeOf(exporting + compiling)) - compiled,
    "torch beside compile": (await sizeOf(printing + compiling)) - compiled,
  };
  for (const [name, size] of Object.entries(sizes) as [keyof typeof sizes, number][]) {
    console.log(`${name}: ${size.toFixed(1)} kB, minified and gzipped (budget ${budget[name]})`);
    if (size > budget[name]) throw new Error(`${name}: ${size.toFixed(1)} kB is over its budget of ${budget[name]}`);
  }
}

try {
  const tarballs = pack();
  await lint(tarballs);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", ["install", "--no-audit", "--no-fund", ...tarballs]);
  await checkSideEffects();
  runPrograms();
  console.log(`types: right in ${checkSnippetTypes(project)} programs of the documents, in a strict project`);
  const asked = askAboutAll(project);
  console.log(`hover: right for ${checkHover(asked)} names, methods and options`);
  console.log(`definitions: in the sources, for ${await checkDefinitions(asked)} of the same`);
  await measure();
} finally {
  rmSync(project, { recursive: true, force: true });
}
