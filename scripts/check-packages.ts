/**
 * Checks the built packages as their users get them: packs them, lints the tarballs, installs them in an empty
 * project, imports both module formats, compiles against the types, and measures what a page would load.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { checkHover } from "./check-hover.ts";

/**
 * kB, minified and gzipped: a page that trains a classifier, and what compiling its step adds. "Small", in numbers.
 * A sixth of the page are the checks of options, arguments and states, and the errors that say where in a model they are;
 * a tenth are the SIMD formulas, of which each is there whichever ops the page uses.
 */
const budget = { training: 39, compile: 21.5 };

const root = resolve(import.meta.dirname, "..");
const project = mkdtempSync(join(tmpdir(), "tendril-packages-"));
const run = (command: string, args: string[], cwd = project): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

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

async function packAndLint(): Promise<string[]> {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of ["tensor", "nn"]) {
    run("npx", ["--yes", packageManager, "pack", "--pack-destination", project], join(root, "packages", name));
  }
  const tarballs = readdirSync(project).filter((file) => file.endsWith(".tgz"));
  for (const file of tarballs) {
    const bytes = new Uint8Array(readFileSync(join(project, file)));
    const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    const problems = messages.filter((m) => m.type !== "suggestion").map((m) => formatMessage(m, pkg));
    if (problems.length > 0) throw new Error(`${file}: ${problems.join("; ")}`);
    console.log(`${file}: well packed`);
  }
  return tarballs;
}

function importBothFormats(tarballs: string[]): void {
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true }));
  run("npm", ["install", "--no-audit", "--no-fund", ...tarballs.map((file) => `./${file}`)]);
  writeFileSync(join(project, "esm.mjs"), training);
  const toRequire = (code: string): string =>
    code.replace(/import (\{.*?\}) from ("[^"]+")/g, "const $1 = require($2)");
  writeFileSync(join(project, "cjs.cjs"), toRequire(training));
  for (const file of ["esm.mjs", "cjs.cjs"]) {
    const printed = run("node", [file]).trim();
    if (printed !== "3,2") throw new Error(`${file} printed ${printed} instead of 3,2`);
    console.log(`${file}: trains`);
  }
}

function checkTypes(): void {
  const usage = `${training}
    import { compile } from "@tendril/tensor/compile";
    import { gradcheck } from "@tendril/tensor/testing";
    export const step: (x: typeof y) => typeof y = compile((x) => x.mul(2));
    export const error: number = gradcheck((a) => a.softmax(1).var(0, { keepdim: true }), [x]).maxRelativeError;
    // @ts-expect-error a shape is not a number: the types must be there, not any
    randn(300);
  `;
  for (const extension of ["mts", "cts"]) writeFileSync(join(project, `types.${extension}`), usage);
  const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"];
  run(join(root, "node_modules/.bin/tsc"), [...flags, "--module", "node16", "types.mts", "types.cts"]);
  console.log("types: right for import and require");
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
  const compiled = await sizeOf(`import { compile } from "@tendril/tensor/compile"; console.log(compile); ${training}`);
  const sizes = { training: plain, compile: compiled - plain };
  for (const [name, size] of Object.entries(sizes) as [keyof typeof sizes, number][]) {
    console.log(`${name}: ${size.toFixed(1)} kB, minified and gzipped (budget ${budget[name]})`);
    if (size > budget[name]) throw new Error(`${name}: ${size.toFixed(1)} kB is over its budget of ${budget[name]}`);
  }
}

try {
  importBothFormats(await packAndLint());
  checkTypes();
  console.log(`hover: right for ${checkHover(project)} names, methods and options`);
  await measure();
} finally {
  rmSync(project, { recursive: true, force: true });
}
