/** e^z of large logits in float32, without and with the shift by the maximum. */

import * as Plot from "@observablehq/plot";
import { linspace, type Tensor, tensor } from "@tendril/tensor";
import { chart } from "./chart.ts";
import { bias, classes, logits, weight } from "./example.ts";
import { digits, line, mark, note, type Picture, small, title, width } from "./svg.ts";
import { number, numbers, round, type Theme } from "./theme.ts";

/** The example's logits and 100 more, which changes no probability. */
const z = logits(weight, bias).detach().add(100).to("float32");
const shifted = z.sub(z.amax());
const powersOver = (z: Tensor): Tensor => z.exp().div(z.exp().sum());

/** Where e^z leaves float32: beyond the greatest number it is infinite, below half of the least one it is 0. */
const logOf = (value: number): number => round(tensor(value, { dtype: "float64" }).log().item(), 1);
const greatest = logOf((2 - 2 ** -23) * 2 ** 127);
const least = logOf(2 ** -150);
const [low, high] = [-120, 120];

const shapes = ["circle", "triangle", "square"] as const;
const values = (t: Tensor): number[] => [...t.data].map((value) => round(value, 4));

/** One row for each class: the exponent before the shift (hollow) and after it (filled), on the axis of all exponents. */
function exponents(theme: Theme): string {
  const [before, after] = [values(z), values(shifted)];
  const rows = classes.map((k) => ({ k, before: before[k] ?? 0, after: after[k] ?? 0 }));
  const look = (k: 0 | 1 | 2) => ({ y: "k", symbol: shapes[k], r: 5, strokeWidth: 2 }) as const;
  return chart(6, 44, theme, {
    width: 428,
    height: 124,
    marginLeft: 10,
    marginRight: 10,
    marginTop: 24,
    marginBottom: 26,
    x: { label: null, domain: [low, high], ticks: [-100, -50, 0, 50, 100], tickFormat: (z: number) => number(z) },
    y: { type: "band", domain: [0, 1, 2], axis: null },
    marks: [
      Plot.rect(
        [
          { from: greatest, to: high },
          { from: low, to: least },
        ],
        {
          x1: "from",
          x2: "to",
          fill: "currentColor",
          fillOpacity: 0.12,
        },
      ),
      Plot.ruleX([0], { stroke: theme.faint, strokeDasharray: "2 3" }),
      Plot.arrow(rows, { x1: "before", x2: "after", y: "k", inset: 9, headLength: 7, stroke: theme.faint }),
      ...rows.flatMap(({ k, before, after }) => [
        Plot.dot([{ k, z: before }], { ...look(k), x: "z", stroke: theme.classes[k] }),
        Plot.dot([{ k, z: after }], { ...look(k), x: "z", fill: theme.classes[k] }),
      ]),
    ],
  });
}

/** e^z where the shifted logits are. */
function curve(theme: Theme): string {
  const zs = linspace(-5, 0.4, 55, { dtype: "float64" });
  const along = values(zs.exp()).map((power, i) => ({ z: values(zs)[i], power }));
  const powers = values(shifted.exp());
  return chart(6, 362, theme, {
    width: 428,
    height: 150,
    marginLeft: 34,
    marginRight: 12,
    marginTop: 8,
    marginBottom: 26,
    x: { label: null, domain: [-5, 1], ticks: [-5, -4, -3, -2, -1, 0, 1], tickFormat: (z: number) => number(z) },
    y: {
      label: null,
      domain: [0, 1.5],
      ticks: [0, 0.5, 1, 1.5],
      tickFormat: (power: number) => number(power),
      grid: true,
    },
    marks: [
      Plot.lineY(along, { x: "z", y: "power", stroke: theme.faint, strokeWidth: 1.5 }),
      ...classes.map((k) =>
        Plot.dot([{ z: values(shifted)[k], power: powers[k] }], {
          x: "z",
          y: "power",
          r: 5.5,
          symbol: shapes[k],
          fill: theme.classes[k],
        }),
      ),
    ],
  });
}

function table(top: number, theme: Theme): string {
  const right = [94, 142, 198, 276, 348, 424];
  const heads = ["z", "e^z", "÷ sum", `z − ${number(z.amax().item())}`, "e^ that", "÷ sum = p"];
  const columns = [z, z.exp(), powersOver(z), shifted, shifted.exp(), powersOver(shifted)].map((t) => numbers(t.data));
  const end = { anchor: "end" } as const;
  return [
    title(52, top - 24, "Without the shift"),
    title(234, top - 24, "With it"),
    ...heads.map((head, j) => small(right[j] ?? 0, top, head, { ...end, fill: theme.faint })),
    line(16, top + 8, width - 16, top + 8, theme.line),
    ...classes.flatMap((k) => [
      mark(k, 26, top + 24 + 24 * k, theme),
      ...columns.map((column, j) => digits(right[j] ?? 0, top + 29 + 24 * k, column[k] ?? "", end)),
    ]),
    line(212, top - 36, 212, top + 84, theme.line),
  ].join("");
}

function draw(theme: Theme): string {
  const at = (z: number): number => 16 + ((z - low) / (high - low)) * 408;
  const middle = { anchor: "middle" } as const;
  return [
    title(16, 26, "Exponents z in float32, before and after"),
    exponents(theme),
    small(at((greatest + high) / 2), 62, "e^z = ∞", middle),
    small(at((low + least) / 2) - 6, 62, "e^z = 0", {}),
    small(at(0), 62, "e^0 = 1", { ...middle, fill: theme.faint }),
    small(at(50), 182, `all three move by ${number(z.amax().item())}`, { ...middle, fill: theme.faint }),
    table(242, theme),
    small(16, 354, "e^z, where the shifted logits are", { fill: theme.faint }),
    curve(theme),
    note(
      16,
      536,
      [
        "The largest becomes e^0 = 1, so nothing overflows and the sum",
        "is at least 1. The shares of the sum are what they were.",
      ],
      theme,
    ),
  ].join("");
}

const vector = (t: Tensor): string => `(${numbers(t.data).join(", ")})`;

export const shift: Picture = {
  name: "shift",
  title: "exp without and with the shift by the maximum",
  description:
    `The logits ${vector(z)} lie beyond ${greatest}, where e^z is infinite in float32; infinity divided by infinity is ` +
    `not a number. Less their maximum they are ${vector(shifted)}, their powers ${vector(shifted.exp())}, and the ` +
    `probabilities ${vector(powersOver(shifted))}, as for the logits (2, 4, 0.5).`,
  height: 566,
  draw,
};
