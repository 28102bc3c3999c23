// Printed programs in PyTorch, where there is one; without it these parts are skipped, and that is said.
import type { Report } from "../report.ts";
import { kept } from "./kept.ts";
import { torchVersion } from "./python.ts";
import { sweep } from "./sweep.ts";
import { training } from "./training.ts";

export async function pytorch(report: Report): Promise<void> {
  const version = torchVersion();
  if (version === null) {
    console.log("SKIPPED: all parts of PyTorch, which this machine lacks; apt install python3-torch, or set PYTHON");
    return;
  }
  const name = `PyTorch ${version}`;
  await report.part(`${name}: the committed programs`, kept);
  await report.part(`${name}: the table of operations`, sweep);
  await report.part(`${name}: training on, in one process and in two`, training);
}

if (process.argv[1] === import.meta.filename) {
  const { Report } = await import("../report.ts");
  const report = new Report();
  await pytorch(report);
  process.exitCode = report.end();
}
