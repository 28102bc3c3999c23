/** The lesson, top to bottom: data → model → loss → loop → report. Each of them is a file of its own. */
import { confusionMatrix } from "@tendril/nn";
import { checkWritable, load, save, writeFile } from "./checkpoint.ts";
import { fitStandardizer, loadDataset, splitData, standardizeSplit } from "./data.ts";
import { pickExample, probabilityOfTruth } from "./example.ts";
import { showAsJson, summaryLine } from "./json.ts";
import { type Epoch, measure, train } from "./loop.ts";
import { checkGradient } from "./loss.ts";
import { createModel, predict } from "./model.ts";
import { matrix } from "./numbers.ts";
import { help, type Options, parseOptions } from "./options.ts";
import { drawPicture } from "./picture.ts";
import { htmlReport } from "./report.ts";
import * as after from "./terminal/after.ts";
import * as before from "./terminal/before.ts";
import { createProgress } from "./terminal/progress.ts";
import { createStyle } from "./terminal/style.ts";
import { runCommand } from "./user-error.ts";

function run(options: Options): void {
  const style = createStyle(process.stdout, process.env, options);
  const say = (lines: string[]): void => {
    if (lines.length > 0 && !options.json) console.log(lines.join("\n"));
  };

  // Data: what is learned from, and what is held out.
  const dataset = loadDataset(options);
  const measured = splitData(dataset, options.seed);
  const loaded = options.load === undefined ? undefined : load(options.load, dataset);
  const standardizer = loaded?.standardizer ?? fitStandardizer(measured);
  const split = standardizeSplit(measured, standardizer);
  for (const path of [options.save, options.report]) checkWritable(path);
  say(before.describeData(dataset, split, style));

  // Model: z = Wx + b.
  const classes = dataset.classes.length;
  const model = loaded?.model ?? createModel({ features: dataset.features.length, classes, seed: options.seed });
  say(before.describeModel(model, style));

  // Loss: where it begins, what it sends back, and whether that is right.
  const start = measure(model, split, options);
  const gradientError = checkGradient(model, split, options);
  const example = pickExample(measured, split);
  const firstGuess = probabilityOfTruth(model, example);
  say(before.explainStart(start.loss, classes, options, style));
  say(before.followExample(example, model, dataset, options.loss, style));
  say(before.reportCheck(gradientError, options, style));
  say(before.explainMse(options, style));

  // Loop: step by step downhill.
  say(after.announceTraining(options, split.xTrain.shape[0] ?? 0, style));
  const show = options.json ? showAsJson : createProgress(process.stdout, style, options.epochs);
  const epochs: Epoch[] = [];
  for (const epoch of train(model, split, options)) {
    epochs.push(epoch);
    show(epoch);
  }
  say(after.summarizeTraining(start.loss, epochs, style));

  // Report: what was learned.
  const result = measure(model, split, options);
  const confusion = matrix(confusionMatrix(predict(model, split.xTest).argmax(1), split.yTest, classes));
  const picture = drawPicture(model, dataset, split, standardizer);
  const report = { options, dataset, model, start, epochs, result, confusion, picture, example, firstGuess };
  if (options.save !== undefined) save(options.save, dataset, model, standardizer);
  if (options.report !== undefined) writeFile(options.report, htmlReport(report));
  say(after.describeEverything(report, style));
  say(after.tryBadStart(model, split, options, style));
  say(after.suggestNext(options, style));
  if (options.json) console.log(summaryLine(report, gradientError));
}

runCommand(() => {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) console.log(help);
  else run(options);
});
