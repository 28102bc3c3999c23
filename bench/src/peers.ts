/** Who takes part, and how each of them becomes a program that Node or Python can run. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { logistic, type Work } from "./works.ts";

export const root = resolve(import.meta.dirname, "..");
const sources = join(root, "src");
const dist = join(root, "dist");
const python = "/usr/bin/python3";
const torchFile = join(sources, "peers/torch_peer.py");

/** A peer's title by its name, which is also its file's in `peers/` (but for torch). */
export const titles: Record<string, string> = {
  "tendril-compiled": "Tendril compiled",
  "tendril-threads": "Tendril compiled, 2 threads",
  "tendril-eager": "Tendril eager",
  plain: "plain JS loops",
  "tfjs-cpu": "TensorFlow.js cpu",
  "tfjs-wasm": "TensorFlow.js wasm",
  "jax-eager": "jax-js eager",
  "jax-jit": "jax-js jit",
  torch: "PyTorch native",
  ort: "the step on ONNX Runtime",
  "ort-threads": "the same, 2 threads",
};

/** Those that take part in `npm run moving` alone: they need what interop/ installs. */
export const runtimes: readonly string[] = ["ort", "ort-threads"];

/** Why a peer cannot take part. Only PyTorch may be missing: it is no package of this one, but the system's. */
export interface Missing {
  why: string;
  optional: boolean;
}

/** One program for a peer, from sources and packages alike: what a user's bundler would make of it. */
const bundling: BuildOptions = {
  bundle: true,
  minify: true,
  splitting: true, // what is imported later stays out of what is loaded first
  format: "esm",
  platform: "node",
  mainFields: ["module", "main"],
  target: "es2022",
  logLevel: "silent",
  // What a package written for CommonJS expects to find.
  banner: {
    js: `import { createRequire as $require } from "node:module"; import { fileURLToPath as $path } from "node:url";
const require = $require(import.meta.url), __filename = $path(import.meta.url), __dirname = $path(import.meta.resolve("."));`,
  },
};

const reason = (error: unknown): string => {
  const [first] = (error as { errors?: { text: string }[] }).errors ?? [];
  return first?.text ?? (error as Error).message.split("\n")[0] ?? "";
};

/** Builds the peers' programs; returns those that cannot take part. */
export async function prepare(names: readonly string[]): Promise<Map<string, Missing>> {
  rmSync(dist, { recursive: true, force: true });
  await build({ ...bundling, entryPoints: [join(sources, "child.ts")], outdir: dist });
  const missing = new Map<string, Missing>();
  for (const name of names) {
    const optional = name === "torch" && !(await hasTorch());
    try {
      if (optional) throw new Error("not installed, and optional (Debian's package python3-torch)");
      if (name === "torch") await torchVersion();
      else await build({ ...bundling, entryPoints: [join(sources, `peers/${name}.ts`)], outdir: dist });
    } catch (error) {
      missing.set(name, { why: reason(error), optional });
    }
  }
  return missing;
}

const environment = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
const runFile = promisify(execFile);

/** What a peer's program prints for these arguments: the last line, as JSON. */
async function output<T>(peer: string, ...args: string[]): Promise<T> {
  const [command, program] =
    peer === "torch" ? [python, [torchFile]] : [process.execPath, ["--expose-gc", join(dist, "child.js"), peer]];
  const { stdout } = await runFile(command, [...program, ...args], { env: environment, timeout: 600_000 });
  const line = stdout.trim().split("\n").at(-1);
  return JSON.parse(line === undefined || line === "" ? "{}" : line);
}

/** What a peer is told to do. */
export type Job = Pick<Work, "call" | "steps">;

/** Runs one task of a peer in a process of its own (see `child.ts`). */
export const child = <T>(peer: string, mode: string, { call, steps }: Job, amount: number): Promise<T> =>
  output<T>(peer, mode, JSON.stringify(call), String(steps), String(amount));

/** Milliseconds of a whole process; of an empty script without a peer. */
export async function wholeProcess(peer: string | null, steps: number): Promise<number> {
  const start = performance.now();
  if (peer === null) await runFile(process.execPath, ["--input-type=module", "--eval", ""], { env: environment });
  else await child(peer, "cold", { call: ["mlp", logistic], steps }, steps);
  return performance.now() - start;
}

/** Whether PyTorch is there at all; one that is there and does not work is not optional. */
async function hasTorch(): Promise<boolean> {
  if (!existsSync(python)) return false;
  const find = "import importlib.util; print(importlib.util.find_spec('torch') is not None)";
  return (await runFile(python, ["-c", find])).stdout.trim() === "True";
}

async function torchVersion(): Promise<string> {
  const { version, blas } = await output<{ version: string; blas: string }>("torch", "version");
  return `PyTorch ${version} on ${blas}`;
}

/** The versions of the packages that take part. */
export async function versions(names: readonly string[]): Promise<string[]> {
  const version = (file: string): string => JSON.parse(readFileSync(join(root, file), "utf8")).version;
  const has = (prefix: string): boolean => names.some((name) => name.startsWith(prefix));
  return [
    `Tendril ${version("../packages/tensor/package.json")}`,
    has("tfjs") ? `TensorFlow.js ${version("node_modules/@tensorflow/tfjs-core/package.json")}` : "",
    has("jax") ? `jax-js ${version("node_modules/@jax-js/jax/package.json")}` : "",
    has("ort") ? `ONNX Runtime ${version("../interop/node_modules/onnxruntime-node/package.json")}` : "",
    has("torch") ? await torchVersion() : "",
  ].filter(Boolean);
}

/** kB of the program that trains W1 on a page, minified and gzipped, without and with the .wasm files it loads. */
export async function bundleSize(peer: string): Promise<{ script: number; wasm: number }> {
  const program = `import * as peer from "./peers/${peer}.ts";
    await peer.prepare?.();
    const task = peer.mlp(${JSON.stringify(logistic)});
    for (let i = 0; i < 100; i++) await task.step();
    console.log(await task.result());`;
  const { metafile, outputFiles = [] } = await build({
    ...bundling,
    banner: {},
    stdin: { contents: program, resolveDir: sources, loader: "ts" },
    outdir: dist,
    absWorkingDir: root,
    metafile: true,
    platform: "browser",
    external: ["fs", "path", "crypto", "util", "worker_threads", "perf_hooks", "os", "node:*"],
    write: false,
  });
  const outputs = metafile?.outputs ?? {};
  const loaded = new Set(Object.keys(outputs).filter((file) => file.endsWith("stdin.js")));
  for (const file of loaded) {
    for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === "import-statement") loaded.add(path);
  }
  const packed = (data: Uint8Array): number => gzipSync(data, { level: 9 }).length / 1000;
  const files = outputFiles.filter(({ path }) => loaded.has(relative(root, path)));
  const wasm = join(root, "node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  return {
    script: files.reduce((sum, { contents }) => sum + packed(contents), 0),
    wasm: peer === "tfjs-wasm" ? packed(readFileSync(wasm)) : 0,
  };
}
