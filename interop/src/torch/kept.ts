// The printed programs that the main suite compares with, run. `npx tsx interop/src/torch/kept.ts` writes them anew first.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Tensor } from "@tendril/tensor";
import { torchTraining, toTorch } from "@tendril/tensor/torch";
import { programs } from "../../../packages/tensor/test/torch-programs.ts";
import { Part } from "../report.ts";
import { runPrograms } from "./python.ts";

const folder = resolve(import.meta.dirname, "../../../packages/tensor/test/fixtures/torch");
const plain = ({ dtype, shape, data }: Tensor): unknown => [dtype, shape, [...data]];

export async function kept(part: Part, { writes = false } = {}): Promise<void> {
  const cases = Object.entries(programs).map(([name, make]) => {
    const { f, inputs, options } = make();
    const { python, state } = toTorch(f, inputs, options);
    const path = join(folder, `${name}.py`);
    if (writes) writeFileSync(path, python);
    const states = (): object => Object.fromEntries(Object.entries(state).map(([key, x]) => [key, plain(x)]));
    const before = states();
    const result = f(...Object.values(inputs));
    const outputs = result instanceof Tensor ? { output: result } : result;
    return JSON.stringify({
      what: name,
      python: readFileSync(path, "utf8"),
      inputs: Object.values(inputs).map(plain),
      state: before,
      outputs: Object.fromEntries(Object.entries(outputs).map(([key, x]) => [key, plain(x)])),
      after: states(),
      wrt: [],
    });
  });
  const training = torchTraining("Adam", { lr: 0.1, betas: [0.8, 0.99], amsgrad: true });
  if (writes) writeFileSync(join(folder, "train.py"), training);
  const { said, sum } = runPrograms(cases);
  part.failed.push(...said);
  part.passed += cases.length - said.length;
  part.notes.push(`${sum.values} values`);
}

if (process.argv[1] === import.meta.filename) {
  const part = new Part();
  await kept(part, { writes: true });
  console.log(part);
}
