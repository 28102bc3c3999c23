/**
 * The lesson, top to bottom: data → model → loss → loop → report. Three folders take part:
 * - `lesson/`: what is computed. It runs wherever JavaScript does, so every show trains the very same way.
 * - `shows/`: what is drawn of it, in a terminal, as a report, as JSON.
 * - `node/`: the command around it: its options, its files, Ctrl-C.
 */
import { join } from "node:path";
import { confusionMatrix } from "@tendril/nn";
import { readCheckpoint, readWeights, writeCheckpoint } from "./lesson/checkpoint.ts";
import { checkStandardized, fitStandardizer, splitData, standardizeSplit } from "./lesson/data.ts";
import { onnxModel, torchFileNames, torchFiles } from "./lesson/exports.ts";
import { type Epoch, measure, trainStepwise } from "./lesson/loop.ts";
import { checkGradient } from "./lesson/loss.ts";
import { createModel, predict } from "./lesson/model.ts";
import { matrix } from "./lesson/numbers.ts";
import { drawPicture } from "./lesson/picture.ts";
import { followExample, pickExample, probabilityOfTruth } from "./lesson/pipeline.ts";
import { runCommand } from "./node/command.ts";
import { checkFiles, type NamedFile, readBytes, readFile, writeFile } from "./node/files.ts";
import { listenForInterrupt } from "./node/interrupt.ts";
import { help, type Options, parseOptions } from "./node/options.ts";
import { openStdout } from "./node/stdout.ts";
import { loadDataset, tableFile } from "./node/tables.ts";
import { epochLine, summaryLine } from "./shows/json/lines.ts";
import { htmlReport } from "./shows/report/report.ts";
import * as after from "./shows/terminal/after.ts";
import * as before from "./shows/terminal/before.ts";
import { wrap } from "./shows/terminal/columns.ts";
import { createProgress } from "./shows/terminal/progress.ts";
import { createStyle } from "./shows/terminal/style.ts";

async function run(options: Options): Promise<void> {
  const output = openStdout({ goesOn: writesFiles(options) });
  const style = createStyle(output, process.env, options);
  const print = (lines: string[]): void => output.write(lines.map((line) => `${line}\n`).join(""));
  const say = (lines: string[]): void => {
    if (!options.json) print(lines.flatMap((line) => wrap(line, style.width)));
  };

  // Data: what is learned from, and what is held out.
  const dataset = loadDataset(options);
  const measured = splitData(dataset, options.seed);
  const { load } = options;
  const ofPyTorch = load?.endsWith(".safetensors") ? readWeights(readBytes(load), load, dataset) : undefined;
  const loaded = load === undefined || ofPyTorch ? undefined : readCheckpoint(readFile(load), load, dataset);
  const standardizer = loaded?.standardizer ?? fitStandardizer(measured);
  const split = standardizeSplit(measured, standardizer);
  checkStandardized(dataset, measured, standardizer, split);
  const inTorch = (name: string): string | undefined => options.exportTorch && join(options.exportTorch, name);
  checkFiles([
    { option: "--data", path: tableFile(options.data), use: "read" },
    { option: "--load", path: load, use: "read" },
    { option: "--save", path: options.save, use: "write" },
    { option: "--report", path: options.report, use: "write" },
    { option: "--export-onnx", path: options.exportOnnx, use: "write" },
    ...torchFileNames.map((name): NamedFile => ({ option: "--export-torch", path: inTorch(name), use: "write" })),
  ]);
  say(before.describeData(dataset, split, style));

  // Model: z = Wx + b.
  const classes = dataset.classes.length;
  const model =
    ofPyTorch ?? loaded?.model ?? createModel({ features: dataset.features.length, classes, seed: options.seed });
  say(before.describeModel(model, style));

  // Loss: where it begins, what it sends back, and whether that is right.
  const start = measure(model, split, options);
  const gradientError = checkGradient(model, split, options);
  const example = pickExample(measured, split);
  const firstGuess = probabilityOfTruth(model, example);
  say(before.explainStart(start.loss, classes, options, style));
  say(before.describeExample(followExample(example, model, options), dataset, options, style));
  say(before.reportCheck(gradientError, options, style));
  say(before.explainMse(options, style));

  // Loop: step by step downhill.
  say(after.announceTraining(options, split.xTrain.shape[0] ?? 0, style));
  const show = createProgress(output, style, options.epochs);
  const epochs: Epoch[] = [];
  const interrupt = listenForInterrupt();
  let interrupted = false;
  for (const { epoch } of trainStepwise(model, split, options)) {
    if (epoch !== undefined) {
      epochs.push(epoch);
      if (options.json) print([epochLine(epoch)]);
      else show(epoch);
    }
    interrupted = await interrupt.heard();
    if (interrupted) break;
  }
  await interrupt.done();
  say(after.summarizeTraining({ options, start, epochs, interrupted }, style));

  // Report: what was learned.
  const result = measure(model, split, options);
  if (options.save !== undefined) writeFile(options.save, writeCheckpoint(dataset, model, standardizer));
  if (options.exportOnnx !== undefined) writeFile(options.exportOnnx, onnxModel(model, standardizer));
  if (options.exportTorch !== undefined) {
    const files = Object.entries(torchFiles(model, split, options));
    for (const [name, content] of files) writeFile(inTorch(name) as string, content);
  }
  const confusion = matrix(confusionMatrix(predict(model, split.xTest).argmax(1), split.yTest, classes));
  const picture = drawPicture(model, dataset, split, standardizer);
  const training = { start, epochs, interrupted, result };
  const report = { options, dataset, model, ...training, confusion, picture, example, firstGuess };
  if (options.report !== undefined) writeFile(options.report, htmlReport(report));
  say(after.describeEverything(report, style));
  say(after.tryBadStart(report, split, style));
  say(after.suggestNext(options, style));
  if (options.json) print([summaryLine(report, gradientError)]);
  output.finish();
  // As of a program that the signal had ended.
  if (interrupted) process.exitCode = 130;
}

function writesFiles({ save, report, exportOnnx, exportTorch }: Options): boolean {
  return [save, report, exportOnnx, exportTorch].some((path) => path !== undefined);
}

function showHelp(): void {
  const output = openStdout({ goesOn: false });
  const { width } = createStyle(output, process.env, { json: false });
  const lines = help.split("\n").flatMap((line) => wrap(line, width));
  output.write(`${lines.join("\n")}\n`);
}

await runCommand(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) showHelp();
  else await run(options);
});
