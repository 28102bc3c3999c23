// PyTorch, where the machine has it: Debian's python3-torch.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

const python = process.env.PYTHON ?? "/usr/bin/python3";

/** PyTorch's version, or null where there is none. */
export function torchVersion(): string | null {
  const { status, stdout } = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** What sweep.py finds in programs: a line for each that disagrees, and how much was compared. */
export function runPrograms(lines: readonly string[]): { said: string[]; sum: { values: number; gradients: number } } {
  const printed = execFileSync(python, [join(import.meta.dirname, "sweep.py")], {
    input: lines.join("\n"),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const said = printed.trimEnd().split("\n");
  return { said, sum: JSON.parse(said.pop() as string) };
}

/** Runs a script in a folder, in one process or by torchrun in several, and returns what it prints. */
export function runScript(folder: string, processes: number, args: readonly string[]): string {
  // Debian's torchrun fails on Python 3.11 unless its streams go to files and here.
  const run = ["--nproc_per_node", String(processes), "--master_port", "29617", "-r", "1", "-t", "1"];
  const all = processes === 1 ? args : ["-m", "torch.distributed.run", ...run, ...args];
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  return execFileSync(python, all, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env,
    timeout: 300_000,
  });
}
