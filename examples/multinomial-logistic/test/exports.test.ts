import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSafetensors } from "@tendril/nn";
import { afterAll, describe, expect, it } from "vitest";
import { torchFileNames } from "../src/lesson/exports.ts";
import { bundled } from "./bundled.ts";

const folder = mkdtempSync(join(tmpdir(), "exports-"));
const at = (name: string): string => join(folder, name);
const program = bundled();
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, [program, "--data", "iris", "--json", ...args], { cwd: folder, encoding: "utf8" });
const summary = ({ stdout }: { stdout: string }) => JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);

// That ONNX Runtime and PyTorch take the files is checked in interop/.
describe("--export-onnx and --export-torch", () => {
  const trained = run("--epochs", "3", "--l2", "0.1", "--export-onnx", "m.onnx", "--export-torch", "torch");

  it("write the graph, with the names of what goes in and comes out", () => {
    expect(trained.stderr).toBe("");
    const text = readFileSync(at("m.onnx"), "latin1");
    for (const name of ["features", "probabilities", "class", "weight", "bias", "mean", "std"]) {
      expect(text).toContain(name);
    }
  });

  it("write what PyTorch goes on from: the objective, W and b, the rows, the script", () => {
    expect(readdirSync(at("torch")).sort()).toEqual([...torchFileNames].sort());
    const { x, y } = loadSafetensors(readFileSync(at("torch/data.safetensors"))).tensors;
    expect([x?.shape, y?.shape, y?.dtype]).toEqual([[100, 4], [100], "int32"]);
    const model = readFileSync(at("torch/model.py"), "utf8");
    expect(model).toContain("matmul = x @ weight.mT");
    expect(model).toContain("* 0.05"); // half of --l2
    expect(readFileSync(at("torch/train.py"), "utf8")).toContain(
      'OPTIMIZER = torch.optim.SGD\nGROUPS = [\n    {"lr": 0.3}',
    );
  });

  it("and --load reads W and b back from a safetensors file, as train.py writes it", () => {
    copyFileSync(at("torch/model.safetensors"), at("trained.safetensors"));
    const { weights: _, ...loaded } = summary(run("--load", "trained.safetensors"));
    const { testAccuracy, trainAccuracy } = summary(trained);
    expect(loaded).toMatchObject({ testAccuracy, trainAccuracy });
  });

  it.each([
    ["weights of other data", "--data blobs --load torch/model.safetensors", /weight must be \[3, 2\], got \[3, 4\]/],
    ["no safetensors", "--load torch/train.safetensors", /^error: cannot read torch\/train.safetensors: /],
    ["data instead of weights", "--load torch/data.safetensors", /^error: torch\/data.safetensors: .*weight/],
    ["two exports in one file", "--export-torch t --export-onnx t/train.py", /^error: .* name the same file/],
    ["a file where the folder should be", "--export-torch m.onnx", /^error: cannot write m.onnx\/model.py: /],
  ])("refuse %s", (_, line, message) => {
    const { status, stderr } = run(...line.split(" "), "--epochs", "1");
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(status).toBe(2);
  });
});
