import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundled } from "./bundled.ts";

const program = bundled();
const command = [process.execPath, program];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stdout-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("standard output that takes nothing", () => {
  const runOnFullDisk = (args: string) => {
    // Where there is no such device, a file that is open for reading only refuses as well.
    const full = existsSync("/dev/full") ? openSync("/dev/full", "w") : openSync(program, "r");
    const [node = "", ...words] = [...command, ...args.split(" ")];
    const result = spawnSync(node, words, { cwd: folder, stdio: ["ignore", full, "pipe"], encoding: "utf8" });
    closeSync(full);
    return result;
  };

  it.each(["--epochs 1", "--epochs 1 --json", "--help"])(
    "%s: is an error, in one line, and not exit code 0",
    (args) => {
      const { status, stderr } = runOnFullDisk(args);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^error: cannot write to standard output: .*\n$/);
    },
  );

  it("does not keep the weights from being written", () => {
    expect(runOnFullDisk("--epochs 1 --json --save w.json").status).toBe(2);
    expect(JSON.parse(readFileSync(join(folder, "w.json"), "utf8"))).toHaveProperty("weight");
  });
});

describe("a reader that has seen enough", () => {
  const runIntoClosedPipe = (args: string) => {
    const script = '{ "$@"; echo $? > status; } | true';
    const words = ["-c", script, "sh", ...command, ...args.split(" ")];
    const { stderr } = spawnSync("sh", words, { cwd: folder, encoding: "utf8" });
    return { status: readFileSync(join(folder, "status"), "utf8").trim(), stderr };
  };

  it("ends a run that has nothing to write but lines, quietly", () => {
    // As many epochs as would take a day: it must not go on.
    expect(runIntoClosedPipe("--json --epochs 1000000000")).toEqual({ status: "0", stderr: "" });
  });

  it("does not keep the weights from being trained and written", () => {
    expect(runIntoClosedPipe("--epochs 2 --save w.json")).toEqual({ status: "0", stderr: "" });
    expect(JSON.parse(readFileSync(join(folder, "w.json"), "utf8"))).toHaveProperty("weight");
  });
});
