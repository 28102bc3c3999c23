import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const tsconfig = fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url));
const tsx = createRequire(import.meta.url).resolve("tsx");
let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interrupt-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);

/** Starts a training that would take days, and returns when its first epoch is over. */
async function startTraining(args: string) {
  const words = ["--import", tsx, program, "--epochs", "1000000000", ...args.split(" ")];
  // From another folder, tsx finds the packages' sources only if it is told by which file.
  const env = { ...process.env, TSX_TSCONFIG_PATH: tsconfig };
  const started = spawn(process.execPath, words, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  child = started;
  const texts = { stdout: "", stderr: "" };
  started.stderr.on("data", (text) => {
    texts.stderr += text;
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    started.on("close", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve) => {
    started.stdout.on("data", (text) => {
      texts.stdout += text;
      if (/epoch\b.*\b1\b/.test(texts.stdout)) resolve();
    });
    started.on("close", () => resolve());
  });
  return { pressCtrlC: () => started.kill("SIGINT"), ended, texts };
}

describe("Ctrl-C", () => {
  it("ends the training, then saves and reports what there is", async () => {
    const { pressCtrlC, ended, texts } = await startTraining("--save w.json --report r.html");
    pressCtrlC();
    expect(await ended).toEqual({ code: 130, signal: null });
    expect(texts.stderr).toBe("");
    expect(texts.stdout).toMatch(/\n {2}stopped by Ctrl-C after \d+ of 1000000000 epochs\n/);
    expect(texts.stdout).toMatch(/right on 19\d of 200 held-out rows/);
    const { weight } = JSON.parse(readFileSync(at("w.json"), "utf8")) as { weight: number[][] };
    // Far from where they started, which is within a few hundredths of 0.
    expect(Math.max(...weight.flat().map(Math.abs))).toBeGreaterThan(0.5);
    expect(readFileSync(at("r.html"), "utf8")).toMatch(/stopped by Ctrl-C after \d+ of 1000000000 epochs/);
  });

  it("ends --json with its summary, which says so", async () => {
    const { pressCtrlC, ended, texts } = await startTraining("--json");
    pressCtrlC();
    expect((await ended).code).toBe(130);
    const summary = JSON.parse(texts.stdout.trimEnd().split("\n").at(-1)!) as Record<string, unknown>;
    expect(summary).toMatchObject({ type: "summary", interrupted: true });
  });

  it("counts once when it is passed on once more, as npm and tsx do", async () => {
    const { pressCtrlC, ended } = await startTraining("--json --save w.json");
    pressCtrlC();
    pressCtrlC();
    expect((await ended).code).toBe(130);
    expect(existsSync(at("w.json"))).toBe(true);
  });

  it("ends the program at once when it is pressed again, even while a file is being written", async () => {
    // A pipe without a reader: the writing of the report waits for one for ever.
    execFileSync("mkfifo", [at("pipe")]);
    const { pressCtrlC, ended } = await startTraining("--save w.json --report pipe");
    pressCtrlC();
    while (!existsSync(at("w.json"))) await new Promise(setImmediate);
    pressCtrlC();
    expect(await ended).toEqual({ code: null, signal: "SIGINT" });
  });
});
