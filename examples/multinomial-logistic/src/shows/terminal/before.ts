/** What is said before the training: the data, the model, where the loss begins and why, one example, the check. */
import type { Split } from "@tendril/nn";
import type { Dataset } from "../../lesson/data.ts";
import { lossOfGuessing, saturation } from "../../lesson/loss.ts";
import type { Model } from "../../lesson/model.ts";
import { counted, fixed, vector } from "../../lesson/numbers.ts";
import type { Pipeline } from "../../lesson/pipeline.ts";
import { printable } from "../../lesson/printable.ts";
import type { Settings } from "../../lesson/settings.ts";
import { atMost, clip, columns, oneLine } from "./columns.ts";
import type { Style } from "./style.ts";

export function title(style: Style, text: string): string[] {
  return ["", style.bold(text.toUpperCase())];
}

export function describeData(dataset: Dataset, split: Split, style: Style): string[] {
  const { about, features, classes, x, y } = dataset;
  const counts = classes.map(() => 0);
  for (const k of vector(y)) counts[k] = (counts[k] ?? 0) + 1;
  const rowsOf = classes.map((name, k) => `${clip(name)} ${counts[k]}`);
  const [trained = 0, heldOut = 0] = [split.xTrain.shape[0], split.xTest.shape[0]];
  return [
    style.bold("Multinomial logistic regression: which class does a row of numbers belong to?"),
    ...title(style, "The data"),
    `  ${about}`,
    `  ${x.shape[0]} rows, ${counted(features.length, "feature")}: ${oneLine(features.map((name) => clip(name)))}`,
    `  ${classes.length} classes: ${oneLine(rowsOf)}`,
    `  ${trained} rows to learn from; ${heldOut} are held out, to see how it does on rows it never saw.`,
    "  Features are shifted and scaled to mean 0 and standard deviation 1, with the figures of",
    "  the training rows only, so that nothing about the held-out rows leaks into the training.",
  ];
}

export function describeModel(model: Model, style: Style): string[] {
  const [classes = 0, features = 0] = model.weight.shape;
  return [
    ...title(style, "The model"),
    "  z = Wx + b gives every class a score, and p = softmax(z) makes probabilities of them:",
    `  W is ${classes} × ${features}, b has ${classes} entries, so ${classes * features + classes} numbers are learned.`,
  ];
}

/** The loss at step 0 beside the loss of guessing, and why they are so close (or, for loaded weights, why not). */
export function explainStart(start: number, classes: number, { loss, load }: Settings, style: Style): string[] {
  const guess = lossOfGuessing(classes, loss);
  const name = loss === "ce" ? `ln ${classes}` : `(C − 1)/C² with C = ${classes}`;
  const heading = title(style, "Where the loss begins");
  const both = `  at step 0: ${style.bold(fixed(start))}        ${name}: ${style.bold(fixed(guess))}`;
  if (load !== undefined) {
    return [
      ...heading,
      both,
      `  ${printable(load)} holds trained weights, so the loss does not begin near ${fixed(guess)}, where a`,
      `  model begins that knows nothing and gives each class 1/${classes}.`,
    ];
  }
  const reason =
    loss === "ce"
      ? [
          `  The loss is −ln(the probability of the true class), and −ln(1/${classes}) = ln ${classes}.`,
          "  A loss well above that would mean confident mistakes; 0 would mean certain, and always right.",
        ]
      : [
          `  The loss is the mean of (p − y)² over the classes: (1 − 1/${classes})² for the true one, (1/${classes})² for`,
          `  each other, which makes (C − 1)/C². With cross-entropy it would be ln ${classes} = ${fixed(Math.log(classes))}.`,
        ];
  return [
    ...heading,
    both,
    `  W and b start close to 0, so whatever x is, each class gets a probability close to 1/${classes}.`,
    ...reason,
  ];
}

/** One row of the training part on its way through the model, and what backprop sends back. */
export function describeExample(
  { measured, x, logits, p, y, target, loss, difference, gradient }: Pipeline,
  { features, classes }: Dataset,
  { loss: lossName }: Settings,
  style: Style,
): string[] {
  const name = clip(classes[target] ?? "");

  const some = atMost(features, 5).shown.map((_, j) => j);
  const seen = classesToShow(classes.length, target);
  const numbers = (label: string, values: number[]): string[] => [label, ...seen.map((k) => fixed(values[k] ?? 0))];
  const more = features.length > some.length || classes.length > seen.length;
  const lossLine =
    lossName === "ce"
      ? `  loss = −ln p(${name}) = −ln ${fixed(p[target] ?? 0)} = ${fixed(loss)}`
      : `  loss = mean of (p − y)² = ${fixed(loss)}`;
  return [
    ...title(style, "One example on its way through"),
    `  A row of the training part; its class is ${name}.`,
    ...columns(
      [
        ["", ...some.map((j) => clip(features[j] ?? "", some.length > 4 ? 10 : 14))],
        ["x as measured", ...some.map((j) => fixed(measured[j] ?? 0))],
        ["x standardized", ...some.map((j) => fixed(x[j] ?? 0))],
      ],
      { width: style.width },
    ),
    "",
    ...columns(
      [
        ["", ...seen.map((k) => clip(classes[k] ?? "", seen.length > 4 ? 10 : 14))],
        numbers("z = Wx + b", logits),
        numbers("p = softmax(z)", p),
        ["y, one-hot", ...seen.map((k) => String(y[k]))],
        numbers("p − y", difference),
        numbers("∂loss/∂z by backprop", gradient),
      ],
      { width: style.width },
    ),
    ...(more ? ["  (not every feature and class is shown)"] : []),
    lossLine,
    ...(lossName === "ce"
      ? [
          "  The last two rows agree: for softmax with cross-entropy the gradient that flows back is",
          `  just p − y. A step against it raises the score of ${name} and lowers the others.`,
        ]
      : ["  The last two rows differ: the squared error sends back less of p − y. See below."]),
  ];
}

function classesToShow(count: number, target: number): number[] {
  const all = Array.from({ length: count }, (_, k) => k);
  if (count <= 6) return all;
  return target < 6 ? all.slice(0, 6) : [...all.slice(0, 5), target];
}

export function reportCheck(maxRelativeError: number, { l2 }: Settings, style: Style): string[] {
  return [
    ...title(style, "Is the gradient right?"),
    `  Backprop against finite differences of this very loss${l2 > 0 ? " (with penalty)" : ""}, by W and by b, in float64:`,
    `  largest relative error ${style.bold(maxRelativeError.toExponential(1))}`,
  ];
}

/** Why nobody trains a classifier with the squared error: a table of the gradient where the model is sure and wrong. */
export function explainMse({ loss }: Settings, style: Style): string[] {
  if (loss !== "mse") return [];
  const head = ["wrong score leads by", "p(true class)", "CE loss", "CE gradient", "MSE loss", "MSE gradient"];
  const rows = saturation([0, 2, 5, 10, 20]).map((row) => [
    String(row.margin),
    row.probability.toExponential(1),
    fixed(row.ce.loss, 2),
    fixed(row.ce.gradient, 6),
    fixed(row.mse.loss, 2),
    row.mse.gradient < 1e-4 ? row.mse.gradient.toExponential(1) : fixed(row.mse.gradient, 6),
  ]);
  return [
    ...title(style, "Why not the squared error"),
    "  Three scores; a wrong class is ahead. The gradient is what could bring its score down again:",
    ...columns([head, ...rows], { width: style.width }),
    "  The surer the mistake, the less the squared error says about it: its gradient has the factor",
    "  p(1 − p), which is 0 at both ends. Cross-entropy's is p − y, near 1 for as long as p is wrong.",
  ];
}
