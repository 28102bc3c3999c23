/** The same run as one HTML page that needs nothing else: no script, no font, no picture from elsewhere. */

import { lossOfGuessing } from "../../lesson/loss.ts";
import { counted, fixed, matrix, percent, vector } from "../../lesson/numbers.ts";
import { mostClasses, notShown } from "../../lesson/picture.ts";
import { howLong, type Run, score } from "../../lesson/run.ts";
import { confusionChart, lossChart, oneIn, regionChart } from "./charts.ts";

/** The charts take their colours from here (Okabe and Ito's, which most colour-blind readers can tell apart). */
const css = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1b1b; --faint: #666; --line: #ddd;
  --class0: #0072b2; --class1: #d55e00; --class2: #009e73; --class3: #cc79a7; --class4: #c98b00; --class5: #56b4e9; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181c; --ink: #e8e8e8; --faint: #a0a0a0; --line: #3a3d42;
  --class0: #4aa3df; --class1: #f0803c; --class2: #2cc295; --class3: #e0a0c4; --class4: #e6b450; --class5: #a5d8f6; } }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
figure { margin: 1rem 0; overflow-x: auto; } figcaption, .faint { color: var(--faint); font-size: .9rem; }
svg { --plot-background: var(--ground); max-width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid var(--line); font-weight: inherit; }
thead th { color: var(--faint); } tbody th { text-align: left; }
`;

const mostFeatures = 100;

export function htmlReport(run: Run): string {
  const { options, dataset, start, result, confusion } = run;
  const { right, total } = score(confusion);
  const steps = `${options.optimizer}, learning rate ${options.lr}, batches of ${options.batchSize}`;
  const how = `${steps}, ${howLong(run)}, L2 penalty ${options.l2}, seed ${options.seed}`;
  const figure = (title: string, svg: string, caption: string): string =>
    `<section><h2>${escapeHtml(title)}</h2><figure>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure></section>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`softmax(Wx + b) on ${dataset.about}`)}</title>
<style>${css}</style>
</head>
<body>
<h1>softmax(Wx + b): right on ${right} of ${total} held-out rows (${percent(result.testAccuracy)})</h1>
<p>Trained on ${escapeHtml(dataset.about)}: ${counted(dataset.features.length, "feature")}, ${dataset.classes.length} classes.</p>
<p class="faint">${escapeHtml(how)}</p>
${figure("The loss, epoch by epoch", lossChart(run), lossCaption(run, start.loss))}
${figure("The map", regionChart(run), mapCaption(run))}
${figure("Who is taken for whom", confusionChart(run), confusionCaption(run))}
<section><h2>What was learned</h2>${weightTable(run)}</section>
</body>
</html>
`;
}

function lossCaption({ dataset, options, epochs }: Run, start: number): string {
  const classes = dataset.classes.length;
  const guess = `${options.loss === "ce" ? `ln ${classes} = ` : ""}${fixed(lossOfGuessing(classes, options.loss))}`;
  if (options.epochs === 0) return `Not trained: the loaded weights were only measured. Their loss is ${fixed(start)}.`;
  return sentences(
    `It begins at ${fixed(start)}; a model that gives each of the ${classes} classes the same probability has ${guess} (dashed).`,
    oneIn(epochs.length + 1, "epochs"),
  );
}

function mapCaption({ dataset, picture: { plane, spots } }: Run): string {
  const share = plane.share < 1 ? `The two axes show ${percent(plane.share)} of the variance.` : "";
  const hidden = notShown(dataset.classes.length);
  const key =
    "The ground is the class that the model names there. Filled: held-out rows; hollow: training rows; ringed: held-out rows that it gets wrong.";
  return sentences(key, oneIn(spots.length, "rows"), share, hidden);
}

function confusionCaption({ dataset }: Run): string {
  const key = "Held-out rows. Each row is a true class, each column the class that the model named.";
  return sentences(key, notShown(dataset.classes.length));
}

function weightTable({ dataset, model }: Run): string {
  const weight = matrix(model.weight).slice(0, mostClasses);
  const bias = vector(model.bias).slice(0, mostClasses);
  const features = dataset.features.slice(0, mostFeatures);
  const head = dataset.classes.slice(0, mostClasses).map((name) => `<th scope="col">${escapeHtml(name)}</th>`);
  const row = (name: string, values: number[]): string =>
    `<tr><th scope="row">${escapeHtml(name)}</th>${values.map((value) => `<td>${fixed(value)}</td>`).join("")}</tr>`;
  const ofFeature = (j: number): number[] => weight.map((ofClass) => ofClass[j] ?? 0);
  const rows = [...features.map((name, j) => row(`W ${name}`, ofFeature(j))), row("b", bias)];
  const hidden = [
    notShown(dataset.classes.length),
    notShown(dataset.features.length, "features", mostFeatures),
    "One standard deviation more of a feature adds its W to the score of the class.",
  ];
  return `<table><thead><tr><th></th>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table>
<p class="faint">${sentences(...hidden)}</p>`;
}

function sentences(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
