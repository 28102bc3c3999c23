// Writes the printed programs that the main suite compares with, and runs them: `tsx interop/torch/golden.ts --write`.
// Without --write it only runs what is there.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Tensor } from "@tendril/tensor";
import { torchTraining, toTorch } from "@tendril/tensor/torch";
import { programs } from "../../packages/tensor/test/torch-programs.ts";

const folder = resolve(import.meta.dirname, "../../packages/tensor/test/fixtures/torch");
const writes = process.argv.includes("--write");
const plain = ({ dtype, shape, data }: Tensor): unknown => [dtype, shape, [...data]];

const cases = Object.entries(programs).map(([name, make]) => {
  const { f, inputs, options } = make();
  const { python, state } = toTorch(f, inputs, options);
  const path = join(folder, `${name}.py`);
  if (writes) writeFileSync(path, python);
  const before = Object.fromEntries(Object.entries(state).map(([key, x]) => [key, plain(x)]));
  const result = f(...Object.values(inputs));
  const outputs = "shape" in result ? { output: result as Tensor } : (result as Record<string, Tensor>);
  return {
    what: name,
    python: readFileSync(path, "utf8"),
    inputs: Object.values(inputs).map(plain),
    state: before,
    outputs: Object.fromEntries(Object.entries(outputs).map(([key, x]) => [key, plain(x)])),
    after: Object.fromEntries(Object.entries(state).map(([key, x]) => [key, plain(x)])),
    wrt: [],
  };
});
if (writes)
  writeFileSync(join(folder, "train.py"), torchTraining("Adam", { lr: 0.1, betas: [0.8, 0.99], amsgrad: true }));
const printed = execFileSync("/usr/bin/python3", [join(import.meta.dirname, "sweep.py")], {
  input: cases.map((x) => JSON.stringify(x)).join("\n"),
  encoding: "utf8",
});
console.log(printed.trimEnd());
const { values, wrong } = JSON.parse(printed.trimEnd().split("\n").pop() as string) as {
  values: number;
  wrong: number;
};
if (wrong > 0 || values === 0) throw new Error(`torch: ${wrong} of ${cases.length} kept programs disagree`);
