/** The binary cross-entropy, over the probability and over the logit, with its slope at one point. */

import * as Plot from "@observablehq/plot";
import { bce, bceWithLogits } from "@tendril/nn";
import { full, grad, linspace, type Tensor, tensor } from "@tendril/tensor";
import { chart } from "./chart.ts";
import { note, type Picture, small, text, title } from "./svg.ts";
import { number, round, type Theme } from "./theme.ts";

const float64 = { dtype: "float64" } as const;
const z = tensor([-1.5], float64);
const a = z.sigmoid();
const yes = full([1], 1, float64);
const byProbability = grad((a: Tensor) => bce(a, yes))(a).item();
const byLogit = grad((z: Tensor) => bceWithLogits(z, yes))(z).item();
const loss = bce(a, yes).item();

const place = { x: "x", y: "loss" } as const;
type Spot = { x: number; loss: number };

function curve(x: Tensor, losses: Tensor): Spot[] {
  return [...x.data].map((x, i) => ({ x: round(x, 4), loss: round(losses.data[i] ?? 0, 4) }));
}

/** Both curves over `x`, the point at `at` on the one for y = 1, and the line that has the same slope there. */
function panel(
  left: number,
  theme: Theme,
  axis: { x: Tensor; ticks: number[]; at: number; slope: number; reach: number },
) {
  const { x, ticks, at, slope, reach } = axis;
  const probabilities = ticks.includes(1);
  const lossFor = (y: number): Tensor => {
    const target = full(x.shape, y, float64);
    const none = { reduction: "none" } as const;
    return probabilities ? bce(x, target, none) : bceWithLogits(x, target, none);
  };
  const tangent = [-reach, reach].map((step) => ({ x: round(at + step, 4), loss: round(loss + slope * step, 4) }));
  const [blue, vermilion] = theme.classes;
  const domain = [x.data[0] ?? 0, x.data.at(-1) ?? 0].map((end) => round(end, 1));
  return chart(left, 56, theme, {
    width: 212,
    height: 208,
    marginLeft: 28,
    marginRight: 8,
    marginTop: 12,
    marginBottom: 34,
    x: { label: null, domain, ticks, tickFormat: (tick: number) => number(tick, 1) },
    y: { label: null, domain: [0, 5], ticks: [0, 1, 2, 3, 4, 5], tickFormat: "d", grid: true },
    marks: [
      Plot.lineY(curve(x, lossFor(0)), { ...place, stroke: vermilion, strokeWidth: 2, strokeDasharray: "6 3" }),
      Plot.lineY(curve(x, lossFor(1)), { ...place, stroke: blue, strokeWidth: 2 }),
      Plot.line(tangent, { ...place, stroke: "currentColor", strokeWidth: 1.5 }),
      Plot.dot([{ x: at, loss: round(loss, 4) }], { ...place, r: 4.5, fill: "currentColor" }),
    ],
  });
}

function draw(theme: Theme): string {
  const key = (x: number, stroke: string, dash: string, words: string): string =>
    `<line x1="${x}" y1="24" x2="${x + 26}" y2="24" stroke="${stroke}" stroke-width="2" stroke-dasharray="${dash}"/>\n` +
    text(x + 32, 29, words);
  const { faint } = theme;
  const middle = { anchor: "middle", fill: faint } as const;
  const column = (x: number, rows: [string, string, string, string]): string =>
    title(x, 316, rows[0]) + text(x, 338, rows[1]) + text(x, 358, rows[2]) + text(x, 378, rows[3], { bold: true });
  return [
    key(16, theme.classes[0], "none", "y = 1: loss −ln a"),
    key(222, theme.classes[1], "6 3", "y = 0: loss −ln(1 − a)"),
    panel(2, theme, {
      x: linspace(-5, 5, 101, float64).sigmoid(),
      ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
      at: at(a),
      slope: byProbability,
      reach: 0.18,
    }),
    panel(220, theme, {
      x: linspace(-5, 5, 101, float64),
      ticks: [-4, -2, 0, 2, 4],
      at: at(z),
      slope: byLogit,
      reach: 2,
    }),
    small(10, 56, "loss", { fill: faint }),
    small(228, 56, "loss", { fill: faint }),
    small(121, 272, "probability a = σ(z)", middle),
    small(339, 272, "logit z", middle),
    column(16, [
      "Slope by the probability",
      "(a − y) / (a (1 − a))",
      `${number(a.item() - 1)} / ${number(a.item() * (1 - a.item()))}`,
      `= ${number(byProbability)}`,
    ]),
    column(234, ["Slope by the logit", "a − y", `${number(a.item())} − 1`, `= ${number(byLogit)}`]),
    note(
      16,
      408,
      [
        `The same point on both: z = −1.5, a = ${number(a.item())}, loss ${number(loss)}.`,
        `The second slope is the first times σ′(z) = a (1 − a) = ${number(a.item() * (1 - a.item()))}.`,
      ],
      theme,
    ),
  ].join("");
}

const at = (t: Tensor): number => round(t.item(), 4);

export const twoCurves: Picture = {
  name: "two-curves",
  title: "The binary cross-entropy over the probability and over the logit",
  description:
    `Two charts of the same two losses, −ln a for y = 1 and −ln(1 − a) for y = 0. Over the probability a both go to ` +
    `infinity at the end where the model is wrong and sure; over the logit z they become straight lines. At z = −1.5, ` +
    `a = ${number(a.item())}, with y = 1, the slope by the probability is ${number(byProbability)} and the slope by the logit is ` +
    `${number(byLogit)}.`,
  height: 438,
  draw,
};
