/** How time grows with sizes, beside peers: a row for each kind of size, from bench/growth.json. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as Plot from "@observablehq/plot";
import type { Growth, Point } from "../../bench/src/growth-file.ts";
import { chart } from "./chart.ts";
import { mark, note, type Picture, small, text } from "./svg.ts";
import { number, type Theme } from "./theme.ts";

const file = resolve(import.meta.dirname, "../../bench/growth.json");
const { peers, series }: Growth = JSON.parse(readFileSync(file, "utf8"));
const names = Object.keys(peers);
const shapes = ["circle", "triangle", "square"] as const;
/** Where the key of peer k begins. */
const keyAt = (k: number): number => [14, 154, 320][k] ?? 0;
const rowHeight = 142;
const top = 66;

interface Measure {
  left: number;
  heading: string;
  of(point: Point, peer: string): number;
}

const measures: readonly Measure[] = [
  {
    left: 2,
    heading: "a step, ps per operation",
    of: ({ times, flops }, peer) => ((times[peer]?.ms ?? 0) / flops) * 1e9,
  },
  { left: 222, heading: "the first step, ms", of: ({ times }, peer) => times[peer]?.first ?? 0 },
];

/** The ends of an axis that shows all of a measure, on whole powers of ten. */
function decades(of: Measure["of"]): [number, number] {
  const all = series.flatMap(({ points }) => points.flatMap((point) => names.map((peer) => of(point, peer))));
  return [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
}

/** 1, 10, 100, 1k, 10k */
const tick = (value: number): string => (value >= 1000 ? `${number(value / 1000)}k` : number(value));

function panel(row: number, points: readonly Point[], { left, of }: Measure, theme: Theme): string {
  const [low, high] = decades(of);
  const powers = [];
  for (let value = low; value <= high; value *= 10) powers.push(value);
  const sizes = points.map(({ size }) => size);
  return chart(left, top + row * rowHeight + 18, theme, {
    width: 214,
    height: 112,
    marginLeft: 44,
    marginRight: 14,
    marginTop: 8,
    marginBottom: 24,
    x: {
      type: "log",
      base: 2,
      label: null,
      domain: [sizes[0] ?? 1, sizes.at(-1) ?? 2],
      ticks: sizes.filter((_, i) => sizes.length < 6 || i % 2 === 0),
      tickFormat: (size: number) => number(size),
    },
    y: { type: "log", label: null, domain: [low, high], ticks: powers, tickFormat: tick, grid: true },
    marks: names.flatMap((peer, k) => {
      const values = points.map((point) => ({ size: point.size, value: of(point, peer) }));
      const colour = theme.classes[k as 0 | 1 | 2];
      return [
        Plot.line(values, { x: "size", y: "value", stroke: colour, strokeWidth: 1.5 }),
        Plot.dot(values, { x: "size", y: "value", symbol: shapes[k] ?? "circle", fill: colour, r: 2.5 }),
      ];
    }),
  });
}

function draw(theme: Theme): string {
  const keys = names.map(
    (peer, k) => mark(k as 0 | 1 | 2, keyAt(k), 20, theme) + text(keyAt(k) + 10, 25, peers[peer] ?? peer),
  );
  const headings = measures.map(({ left, heading }) => small(left + 44, 50, heading, { fill: theme.faint }));
  const rows = series.flatMap(({ title, points }, row) => [
    small(16, top + row * rowHeight + 12, title, { bold: true }),
    ...measures.map((measure) => panel(row, points, measure, theme)),
  ]);
  const words = [
    "Level or falling on the left: the time grows no faster than the work.",
    "Both axes are logarithmic. One thread each.",
  ];
  return [...keys, ...headings, ...rows, note(16, top + series.length * rowHeight + 20, words, theme)].join("");
}

export const growth: Picture = {
  name: "growth",
  title: "How the time of a training step grows with its sizes",
  description:
    `Pairs of charts for ${series.map(({ title }) => title).join("; ")}. On the left the time of a step by its ` +
    `floating-point operations, on the right the time of the first step, for ${names.map((peer) => peers[peer]).join(", ")}.`,
  height: top + series.length * rowHeight + 52,
  draw,
};
