// Exported steps beside eager mode: every part prints what passed and what failed, and any failure is the exit code.
import { committed, draws, indices, refusals, shards } from "./others.ts";
import { programs } from "./programs.ts";
import { Report } from "./report.ts";
import { sweep } from "./sweep.ts";
import { pytorch } from "./torch/main.ts";
import { layers, trainByAll } from "./training.ts";
import { web } from "./web.ts";

const report = new Report();
await report.part("50 steps by every optimizer", trainByAll);
await report.part("layers: steps of training, and batches of 1, 7, 32, 200 from one file", layers);
await report.part("the committed files", committed);
await report.part("dropout by given numbers", draws);
await report.part("wrong indices", indices);
await report.part("two shards, whose gradients are averaged", shards);
await report.part("refusals", refusals);
await report.part("the programs of docs/onnx.md", programs);
await report.part("ONNX Runtime for the web", web);
await report.part("the table of operations", sweep);
await pytorch(report);
process.exitCode = report.end();
