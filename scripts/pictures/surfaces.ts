/** The same model and data under two losses, as surfaces over its two weights, with the paths of gradient descent. */

import * as Plot from "@observablehq/plot";
import { bceWithLogits, mse } from "@tendril/nn";
import { broadcastTo, grad, type Tensor, tensor } from "@tendril/tensor";
import { chart } from "./chart.ts";
import { note, type Picture, small, text, title } from "./svg.ts";
import { fixed, number, round, type Theme } from "./theme.ts";

const float64 = { dtype: "float64" } as const;
/** Six examples (x₁, x₂), the first three of them yes. */
const x = tensor([2, 1, 1, 2, -1, 0, -2, -1, -1, -2, 0, 1], float64).reshape([6, 2]);
const y = tensor([1, 1, 1, 0, 0, 0], float64);
const start = [-4, -2] as const;
const rate = 1;
const steps = 50;
/** Both weights go from here to there. */
const [low, high] = [-6, 4];

interface Surface {
  name: string;
  /** The loss of each example, for logits and truths of one shape. */
  losses(logits: Tensor, y: Tensor): Tensor;
  /** Between two contour lines. */
  level: number;
  /** The surface is sampled in the middle of each of so many squares each way. */
  cells: number;
  top: number;
  ticks: number[];
  verdict: readonly string[];
}

const surfaces: readonly [Surface, Surface] = [
  {
    name: "Cross-entropy",
    losses: (logits, y) => bceWithLogits(logits, y, { reduction: "none" }),
    level: 1,
    cells: 24,
    top: 14,
    ticks: [0, 4, 8, 12],
    verdict: ["Convex: steep wherever it", "is wrong, one lowest point."],
  },
  {
    name: "Squared error",
    losses: (logits, y) => mse(logits.sigmoid(), y, { reduction: "none" }),
    level: 0.05,
    cells: 44,
    top: 0.8,
    ticks: [0, 0.2, 0.4, 0.6, 0.8],
    verdict: ["Flat where it is most", "wrong: no slope to follow."],
  },
];

type Spot = { w1: number; w2: number };

/** The mean loss [n] for each of n pairs of weights [n, 2]. */
function meanLoss({ losses }: Surface, weights: Tensor): Tensor {
  const logits = weights.matmul(x.T);
  return losses(logits, broadcastTo(y, logits.shape)).mean(1);
}

function lossesAt(surface: Surface, spots: readonly Spot[]): number[] {
  const weights = tensor(
    spots.flatMap(({ w1, w2 }) => [w1, w2]),
    float64,
  );
  return [...meanLoss(surface, weights.reshape([-1, 2])).data];
}

/** The weights after each step, the start included. */
function path(surface: Surface): Spot[] {
  const slope = grad((w: Tensor) => meanLoss(surface, w).sum());
  let w = tensor([start], float64);
  const spots = [spotOf(w)];
  for (let step = 0; step < steps; step++) {
    w = w.sub(slope(w).mul(rate));
    spots.push(spotOf(w));
  }
  return spots;
}

const spotOf = (w: Tensor): Spot => ({ w1: round(w.data[0] ?? 0, 4), w2: round(w.data[1] ?? 0, 4) });

function map(left: number, theme: Theme, surface: Surface, spots: Spot[]): string {
  // One square more at each edge: contour lines turn round there, which the frame covers.
  const side = (high - low) / surface.cells;
  const count = surface.cells + 2;
  const middle = (cell: number): number => low + (cell - 0.5) * side;
  const squares = Array.from({ length: count * count }, (_, i) => ({
    w1: middle(i % count),
    w2: middle(Math.floor(i / count)),
  }));
  const grid = lossesAt(surface, squares).map((loss) => round(loss, 6));
  const levels = Array.from({ length: Math.round(surface.top / surface.level) }, (_, i) =>
    round((i + 1) * surface.level, 3),
  );
  const place = { x: "w1", y: "w2" } as const;
  const axis = { label: null, ticks: [-6, -4, -2, 0, 2, 4], tickFormat: (w: number) => number(w) };
  return chart(left, 36, theme, {
    width: 212,
    height: 208,
    marginLeft: 30,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 26,
    x: { label: null, domain: [low, high] },
    y: { label: null, domain: [low, high] },
    marks: [
      Plot.contour(grid, {
        width: count,
        height: count,
        x1: low - side,
        y1: low - side,
        x2: high + side,
        y2: high + side,
        fill: theme.classes[0],
        fillOpacity: 0.05,
        stroke: theme.classes[0],
        strokeWidth: 0.8,
        value: Plot.identity,
        thresholds: levels,
      }),
      Plot.frame({ inset: -5, stroke: theme.ground, strokeWidth: 10 }),
      Plot.frame({ stroke: theme.line }),
      Plot.axisX(axis),
      Plot.axisY(axis),
      Plot.line(spots, { ...place, stroke: theme.classes[1], strokeWidth: 2 }),
      Plot.dot(spots, { ...place, fill: theme.classes[1], r: 2 }),
      Plot.dot(spots.slice(0, 1), { ...place, r: 5, stroke: "currentColor", strokeWidth: 2 }),
      Plot.dot(spots.slice(-1), { ...place, r: 5, symbol: "times", stroke: "currentColor", strokeWidth: 2.5 }),
    ],
  });
}

/** The loss along the line w₁ = w₂. */
function cut(left: number, theme: Theme, surface: Surface): string {
  const ts = Array.from({ length: 81 }, (_, i) => low + (i * (high - low)) / 80);
  const losses = lossesAt(
    surface,
    ts.map((t) => ({ w1: t, w2: t })),
  );
  const along = ts.map((t, i) => ({ t, loss: round(losses[i] ?? 0, 4) }));
  return chart(left, 318, theme, {
    width: 212,
    height: 130,
    marginLeft: 30,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 26,
    x: { label: null, ticks: [-6, -4, -2, 0, 2, 4], tickFormat: (t: number) => number(t) },
    y: {
      label: null,
      domain: [0, surface.top],
      ticks: surface.ticks,
      tickFormat: (loss: number) => number(loss),
      grid: true,
    },
    marks: [Plot.lineY(along, { x: "t", y: "loss", stroke: theme.classes[0], strokeWidth: 2 })],
  });
}

const runs = surfaces.map((surface) => {
  const spots = path(surface);
  const losses = lossesAt(surface, spots);
  return { surface, spots, first: losses[0] ?? 0, last: losses.at(-1) ?? 0 };
});

function draw(theme: Theme): string {
  const { faint } = theme;
  const columns = runs.map(({ surface, spots, first, last }, i) => {
    const left = 2 + 218 * i;
    return [
      title(left + 30, 26, surface.name),
      map(left, theme, surface, spots),
      small(left + 117, 254, "weight w₁", { anchor: "middle", fill: faint }),
      text(left + 14, 282, `loss ${fixed(first, 3)} → ${fixed(last, 3)}`, { bold: true }),
      small(left + 14, 312, "Loss along w₁ = w₂:", { fill: faint }),
      cut(left, theme, surface),
      ...surface.verdict.map((words, row) => text(left + 14, 470 + 19 * row, words)),
    ].join("");
  });
  const about = [
    `From the ring to the cross: ${steps} steps of gradient descent on`,
    `each, same data, same start (${number(start[0])}, ${number(start[1])}), same rate ${rate}. The`,
    `lines are at equal steps of the loss, ${surfaces.map(({ level }) => level).join(" and ")}.`,
  ];
  return [...columns, small(8, 26, "w₂", { fill: faint }), note(16, 518, about, theme)].join("");
}

const [entropy, squares] = runs.map(({ first, last, spots }) => {
  const [w1, w2] = [spots.at(-1)?.w1 ?? 0, spots.at(-1)?.w2 ?? 0];
  return `from a loss of ${number(first, 3)} to ${number(last, 3)}, at the weights (${number(w1, 2)}, ${number(w2, 2)})`;
});

export const lossSurfaces: Picture = {
  name: "loss-surfaces",
  title: "Cross-entropy and squared error as surfaces over two weights",
  description:
    `Contour lines of both losses for the same model a = σ(w₁x₁ + w₂x₂) and the same six examples, with ${steps} steps of ` +
    `gradient descent from (${number(start[0])}, ${number(start[1])}). On the cross-entropy, which is convex, the run goes ${entropy}: the ` +
    `lowest point. On the squared error, which is flat there, it goes ${squares}: it has hardly moved.`,
  height: 566,
  draw,
};
