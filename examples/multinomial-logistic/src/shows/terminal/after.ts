/** What is said after the training: how well it went, the map, who is taken for whom, W and b, and what to try next. */
import type { Split } from "@tendril/nn";
import { recoverFromBadStart } from "../../lesson/bad-start.ts";
import type { Dataset } from "../../lesson/data.ts";
import type { Model } from "../../lesson/model.ts";
import { fixed, matrix, percent, vector } from "../../lesson/numbers.ts";
import { mostClasses, notShown, type Picture } from "../../lesson/picture.ts";
import { probabilityOfTruth } from "../../lesson/pipeline.ts";
import { printable } from "../../lesson/printable.ts";
import { howLong, type Run, score } from "../../lesson/run.ts";
import type { Options } from "../../node/options.ts";
import { title } from "./before.ts";
import { atMost, clip, columns, oneLine, widthOf } from "./columns.ts";
import { drawMap } from "./map.ts";
import { sparkline } from "./sparkline.ts";
import { letter, mark, type Style } from "./style.ts";

/** A run of this program, which also has the options that are no settings: files, and how to show it. */
export type RunOfProgram = Run & { options: Options };

type Training = Pick<Run, "options" | "start" | "epochs" | "interrupted">;

export function announceTraining(options: Options, rows: number, style: Style): string[] {
  const { optimizer, lr, l2, batchSize, epochs } = options;
  const heading = title(style, "The training");
  if (epochs === 0) {
    return [...heading, "  None: the loaded weights are only measured (--epochs NUMBER goes on training them)."];
  }
  const steps = Math.ceil(rows / batchSize);
  const penalty = l2 > 0 ? `, penalty ${l2}/2 · ‖W‖²` : "";
  return [
    ...heading,
    `  ${optimizer}, learning rate ${lr}, ${Math.min(batchSize, rows)} rows a step, ${steps} steps an epoch${penalty}`,
    `  ${options.eager ? "op by op (without --eager: each step as one program)" : "each step is one compiled program (--eager: op by op)"}`,
  ];
}

export function summarizeTraining(run: Training, style: Style): string[] {
  const { start, epochs, interrupted } = run;
  const last = epochs.at(-1);
  // In a terminal the moving line has not ended yet, and ^C stands on it.
  const stopped = interrupted ? [...(style.live ? [""] : []), `  ${howLong(run)}`] : [];
  if (last === undefined) return stopped;
  const [first, final] = [fixed(start.loss), fixed(last.loss)];
  const width = Math.min(56, style.width - first.length - final.length - "  loss   ".length);
  const curve = sparkline([start.loss, ...epochs.map(({ loss }) => loss)], { width });
  const rate = Math.round(last.steps / last.seconds).toLocaleString("en");
  return [
    ...stopped,
    `  loss ${first} ${style.classColour(0, curve)} ${final}`,
    `  ${last.steps.toLocaleString("en")} steps in ${last.seconds.toFixed(2)} s: ${rate} steps a second, without the measuring and drawing`,
  ];
}

export function describeEverything(run: RunOfProgram, style: Style): string[] {
  const { options, dataset, model, confusion, picture } = run;
  return [
    ...describeResult(run, style),
    ...explainMap(dataset.classes, picture, style),
    ...tabulateConfusion(dataset.classes, confusion, style),
    ...tabulateWeights(model, dataset, style),
    ...listFiles(options, style),
  ];
}

function describeResult(run: Run, style: Style): string[] {
  const { result, confusion, options, dataset, model, example, firstGuess } = run;
  const { right, total } = score(confusion);
  const commonest = Math.max(...confusion.map(sum)) / total;
  const name = clip(dataset.classes[example.y.item()] ?? "");
  const now = probabilityOfTruth(model, example);
  return [
    ...title(style, "How well"),
    `  ${style.bold(`right on ${right} of ${total} held-out rows: ${percent(result.testAccuracy)}`)}` +
      ` (training rows: ${percent(result.trainAccuracy)})`,
    `  For comparison: always naming the commonest class is right on ${percent(commonest)} of them.`,
    ...(options.epochs > 0
      ? [`  The example from above: p(${name}) was ${fixed(firstGuess)} and is now ${fixed(now)}.`]
      : []),
  ];
}

function explainMap(classes: readonly string[], picture: Picture, style: Style): string[] {
  const entries = classes.slice(0, mostClasses).map((name, k) => `${letter(k)} ${mark(k)}${mark(k)} ${clip(name)}`);
  const hidden = notShown(classes.length);
  const legend = entries.map((entry, k) => style.classColour(k, entry));
  const between = "   ";
  const onOneLine = oneLine(legend, { width: 84, between });
  const share = percent(picture.plane.share);
  return [
    ...title(style, "The map"),
    ...drawMap(picture, style),
    ...(widthOf(onOneLine) + 2 <= style.width ? [onOneLine] : onOneLine.split(between)).map((line) => `  ${line}`),
    "  Capital: held out. Small: trained on. The marks beneath: the answer that the model gives there.",
    ...(hidden === "" ? [] : [`  ${hidden}: no points, and blank ground`]),
    ...(picture.plane.share < 1
      ? [`  The two directions in which the data spreads most; they show ${share} of its variance.`]
      : []),
  ];
}

function tabulateConfusion(classes: readonly string[], confusion: number[][], style: Style): string[] {
  const { shown, hidden } = atMost(classes, 6);
  const names = shown.map((name) => clip(name, 9));
  const rows = names.map((name, k) => [name, ...names.map((_, j) => String(confusion[k]?.[j] ?? 0))]);
  return [
    ...title(style, "Who is taken for whom (held-out rows)"),
    ...columns([["true ↓   named →", ...names], ...rows], { width: style.width }),
    ...(hidden > 0 ? [`  (${hidden} more classes are not shown)`] : []),
  ];
}

function tabulateWeights(model: Model, { features, classes }: Dataset, style: Style): string[] {
  const weight = matrix(model.weight);
  const bias = vector(model.bias);
  const inputs = atMost(features, 10);
  const outputs = atMost(classes, 5);
  const hidden = inputs.hidden + outputs.hidden;
  return [
    ...title(style, "What was learned"),
    ...columns(
      [
        ["", ...outputs.shown.map((name) => clip(name, 10))],
        ...inputs.shown.map((name, j) => [
          `W ${clip(name, style.width < 60 ? 8 : 18)}`,
          ...outputs.shown.map((_, k) => fixed(weight[k]?.[j] ?? 0)),
        ]),
        ["b", ...outputs.shown.map((_, k) => fixed(bias[k] ?? 0))],
      ],
      { width: style.width },
    ),
    ...(hidden > 0 ? ["  (not every feature and class is shown; --save writes them all)"] : []),
    "  One standard deviation more of a feature adds its W to the score of the class.",
  ];
}

function listFiles({ report, save, exportOnnx, exportTorch }: Options, style: Style): string[] {
  const files = [
    ...(report === undefined
      ? []
      : [`  ${style.bold(printable(report))}  this run as a page with charts; open it in a browser`]),
    ...(save === undefined ? [] : [`  ${style.bold(printable(save))}  the weights`]),
    ...(exportOnnx === undefined
      ? []
      : [`  ${style.bold(printable(exportOnnx))}  the model as an ONNX graph, from features as measured to classes`]),
    ...(exportTorch === undefined
      ? []
      : [`  ${style.bold(printable(exportTorch))}  for PyTorch; go on training there with: python3 train.py`]),
  ];
  return files.length === 0 ? [] : [...title(style, "Written"), ...files];
}

/** What `--loss mse` ends with: the same training with both losses, from weights that are sure and wrong. */
export function tryBadStart({ model, options, interrupted }: RunOfProgram, split: Split, style: Style): string[] {
  if (options.loss !== "mse" || options.epochs === 0 || options.json || interrupted) return [];
  const names = { ce: "cross-entropy", mse: "squared error" };
  return [
    ...title(style, "Both losses from a bad start"),
    "  The start is now sure and wrong: each class has the W and b learned for its neighbour, times 10.",
    ...columns(
      [
        ["held-out accuracy", "before", `after ${options.epochs} epochs`],
        ...recoverFromBadStart(model, split, options).map(({ loss, before, after }) => [
          names[loss],
          percent(before),
          percent(after),
        ]),
      ],
      { width: style.width },
    ),
  ];
}

/** Commands that work as they stand, from the root of the repository. */
export function suggestNext({ data, loss }: Options, style: Style): string[] {
  const commands = [
    data === "iris"
      ? ["npm start -- --data blobs --seed 7", "another draw of the clouds in the plane"]
      : ["npm start -- --data iris", "150 real flowers with four measurements"],
    loss === "mse"
      ? ["npm start -- --loss ce --lr 2", "cross-entropy again, with longer steps"]
      : ["npm start -- --loss mse", "the squared error instead, and why not"],
    ["npm start -- --l2 0.1", "small weights: softer borders, higher loss"],
    ["npm start -- --save out/model.json", "keeps the weights, as JSON that you can read"],
    ["npm start -- --load out/model.json", "measures them again, without training"],
    ["npm start -- --help", "all options; --data FILE.csv takes your own table"],
    ["npm run page", "the same lesson in a browser: watch it, move it, break it"],
  ];
  const width = Math.max(...commands.map(([command = ""]) => command.length));
  return [
    ...title(style, "What to try next"),
    ...commands.flatMap(([command = "", what = ""]) => {
      const line = `  ${command.padEnd(width)}  ${style.dim(what)}`;
      return widthOf(line) <= style.width ? [line] : [`  ${command}`, `    ${style.dim(what)}`];
    }),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
