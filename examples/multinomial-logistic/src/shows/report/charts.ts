/** The three charts of the report, as SVG, drawn by Observable Plot in a document that exists only in memory. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { lossOfGuessing } from "../../lesson/loss.ts";
import { mostClasses, type Spot } from "../../lesson/picture.ts";
import type { Run } from "../../lesson/run.ts";

/** A page with more points than this is slow to open, and they lie on each other anyway. */
const mostPoints = 5000;

const symbols = ["circle", "triangle", "square", "diamond", "star", "wye"] as const;

/** The loss of the training rows and of the held-out rows after each epoch, and the loss of guessing. */
export function lossChart({ start, epochs, dataset, options }: Run): string {
  const measured = thinned([{ epoch: 0, ...start }, ...epochs]);
  const { epoch = 0, loss, testLoss } = measured.at(-1) ?? { epoch: 0, ...start };
  const trainingLower = loss < testLoss;
  const label = (text: string, y: number, k: number, lower: boolean): Plot.Markish =>
    Plot.text([text], { x: [epoch], y: [y], dx: 6, dy: lower ? 8 : -8, textAnchor: "start", fill: colour(k) });
  return svg({
    ariaLabel: "Line chart of the loss after each epoch",
    width: 720,
    height: 320,
    marginRight: 72,
    x: { label: "epoch", ticks: Math.min(8, epochs.length), tickFormat: "d" },
    y: { label: "loss", grid: true, zero: true, nice: true },
    marks: [
      Plot.ruleY([lossOfGuessing(dataset.classes.length, options.loss)], {
        strokeDasharray: "4 4",
        strokeOpacity: 0.6,
      }),
      Plot.lineY(measured, { x: "epoch", y: "loss", stroke: colour(0), strokeWidth: 2 }),
      Plot.lineY(measured, { x: "epoch", y: "testLoss", stroke: colour(1), strokeWidth: 2 }),
      label("training", loss, 0, trainingLower),
      label("held out", testLoss, 1, !trainingLower),
    ],
  });
}

/** The region of each class, with the points on it. */
export function regionChart({ dataset, picture }: Run): string {
  const { box, plane } = picture;
  const classes = dataset.classes.slice(0, mostClasses);
  const spots = thinned(picture.spots).filter((spot) => spot.class < mostClasses);
  const place = { x: (spot: Spot) => spot.at[0], y: (spot: Spot) => spot.at[1] };
  const region = (polygon: [number, number][], k: number): Plot.Markish =>
    Plot.line(polygon, { curve: "linear-closed", fill: colour(k), fillOpacity: 0.18, stroke: "none" });
  const dots = (k: number): Plot.Markish[] => {
    const own = spots.filter((spot) => spot.class === k);
    const look = { ...place, symbol: symbols[k % symbols.length] ?? "circle", r: 3.2 };
    const trainedOn = own.filter((spot) => !spot.heldOut);
    const heldOut = own.filter((spot) => spot.heldOut);
    return [Plot.dot(trainedOn, { ...look, stroke: colour(k) }), Plot.dot(heldOut, { ...look, fill: colour(k) })];
  };
  const name = (text: string, k: number): Plot.Markish => {
    const own = spots.filter((spot) => spot.class === k);
    const mean = (axis: 0 | 1): number => own.reduce((sum, spot) => sum + spot.at[axis], 0) / own.length;
    const look = { fontSize: 15, fontWeight: "bold", fill: colour(k), stroke: "var(--ground)", strokeWidth: 5 };
    return Plot.text([text], { x: [mean(0)], y: [mean(1)], ...look });
  };
  const wrong = spots.filter((spot) => spot.heldOut && spot.named !== spot.class);
  return svg({
    ariaLabel: "Map of the classes that the model names, with the points",
    width: 720,
    height: 520,
    x: { label: plane.axes[0], domain: [box.left, box.right] },
    y: { label: plane.axes[1], domain: [box.bottom, box.top] },
    marks: [
      ...picture.polygons().map(region),
      ...classes.flatMap((_, k) => dots(k)),
      Plot.dot(wrong, { ...place, r: 7, stroke: "currentColor", strokeWidth: 1.5 }),
      ...classes.map(name),
    ],
  });
}

/** How many rows of each class (down) were named which class (across). */
export function confusionChart({ dataset, confusion }: Run): string {
  const names = dataset.classes.slice(0, mostClasses).map((name) => [...name].slice(0, 24).join(""));
  const cells = names.flatMap((_, real) => {
    const row = confusion[real] ?? [];
    const total = Math.max(
      1,
      row.reduce((a, b) => a + b, 0),
    );
    return names.map((_, named) => ({ real, named, count: row[named] ?? 0, share: (row[named] ?? 0) / total }));
  });
  const longest = Math.max(...names.map((name) => name.length));
  // Names that would run into each other stand upright.
  const upright = names.length * longest > 60;
  const at = { x: "named", y: "real" };
  const tickFormat = (k: number): string => names[k] ?? "";
  return svg({
    ariaLabel: "Confusion matrix",
    width: Math.min(720, 110 + 7 * longest + 90 * names.length),
    height: Math.min(720, 80 + 56 * names.length),
    marginLeft: 40 + 7 * longest,
    marginTop: upright ? 40 + 7 * longest : 56,
    x: { label: "named by the model", axis: "top", tickFormat, type: "band", tickRotate: upright ? -90 : 0 },
    y: { label: "true class", tickFormat, type: "band" },
    opacity: { type: "identity" },
    marks: [
      Plot.cell(cells, { ...at, fill: colour(0), fillOpacity: (cell) => 0.06 + 0.5 * cell.share, inset: 1 }),
      Plot.text(cells, { ...at, text: "count", fontSize: 14 }),
    ],
  });
}

/** "One in 3 rows is drawn.", where there are too many to draw them all. */
export function oneIn(count: number, what: string): string {
  return count > mostPoints ? `One in ${Math.ceil(count / mostPoints)} ${what} is drawn.` : "";
}

/** Every so many-th of them, and the last. */
function thinned<T>(items: readonly T[]): T[] {
  const step = Math.ceil(items.length / mostPoints);
  return items.filter((_, index) => index % step === 0 || index === items.length - 1);
}

/** The page's style sheet holds the colours, one set for light and one for dark. */
function colour(k: number): string {
  return `var(--class${k % 6})`;
}

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  return Plot.plot({ document, style: { fontSize: "12px" }, ...options }).outerHTML;
}
