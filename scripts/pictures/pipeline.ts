/** One example from x through Wx + b, softmax and loss to p − y and the next W and b, every number of it. */
import type { Tensor } from "@tendril/tensor";
import { bias, classes, logits, lossOf, rate, trueClass, weight, x, y } from "./example.ts";
import { bar, digits, line, mark, note, type Picture, rect, small, text, title, width } from "./svg.ts";
import { number, numbers, type Theme, themes } from "./theme.ts";

const z = logits(weight, bias);
const shifted = z.sub(z.amax());
const powers = shifted.exp();
const sum = powers.sum();
const p = powers.div(sum);
const loss = lossOf(z);
loss.backward();
const step = (parameter: Tensor): Tensor => parameter.detach().sub((parameter.grad as Tensor).mul(rate));
const [nextWeight, nextBias] = [step(weight), step(bias)];
const nextLoss = lossOf(logits(nextWeight, nextBias));

/** One number for each class, in three columns. */
interface Row {
  name: string;
  /** What is done, in words. */
  words?: string;
  values: Tensor;
  /** Bars below the numbers: to the right from 0, or to both sides. */
  bars?: "right" | "both";
}

const column = (m: Tensor, j: number): Tensor => m.slice([0, 3], j);
const sections: { name: string; rows: Row[]; below?: [string, string] }[] = [
  {
    name: `Forward: x = (${[...x.data].map((v) => number(v)).join(", ")})`,
    rows: [
      { name: "W", words: "for x₁", values: column(weight, 0) },
      { name: "", words: "for x₂", values: column(weight, 1) },
      { name: "b", values: bias },
      { name: "z = Wx + b", words: "logits", values: z },
      { name: `z − ${number(z.amax().item())}`, words: "shift by the maximum", values: shifted },
      { name: "e^(z − max)", words: `they sum to ${number(sum.item())}`, values: powers },
      { name: "p = softmax", words: `each ÷ ${number(sum.item())}`, values: p, bars: "right" },
      { name: "y", words: "the truth, one-hot", values: y, bars: "right" },
    ],
    below: ["loss", `−ln p₂ = −ln ${number(p.data[trueClass] ?? 0)} = ${number(loss.item())}`],
  },
  {
    name: "Backward",
    rows: [
      { name: "∂ℓ/∂z = p − y", words: "so is ∂ℓ/∂b", values: bias.grad as Tensor, bars: "both" },
      { name: "∂ℓ/∂W", words: "(p − y) x₁", values: column(weight.grad as Tensor, 0) },
      { name: "", words: "(p − y) x₂", values: column(weight.grad as Tensor, 1) },
    ],
  },
  {
    name: `Update: subtract ${rate} of the gradient`,
    rows: [
      { name: "new W", words: "for x₁", values: column(nextWeight, 0) },
      { name: "", words: "for x₂", values: column(nextWeight, 1) },
      { name: "new b", values: nextBias },
    ],
    below: ["loss now", `${number(nextLoss.item())}, before it was ${number(loss.item())}`],
  },
];

const [first, columnWidth] = [168, 88];
const middleOf = (k: number): number => first + (k + 0.5) * columnWidth;

function drawRow({ name, words = "", values, bars }: Row, top: number, theme: Theme): [string, number] {
  const reach = columnWidth / 2 - 8;
  const written = numbers(values.data);
  const cells = classes.map((k) => {
    const value = values.data[k] ?? 0;
    const number_ = digits(middleOf(k), top + 17, written[k] ?? "", { anchor: "middle" });
    if (bars === undefined) return number_;
    const zero = bars === "both" ? middleOf(k) : middleOf(k) - reach;
    const length = value * (bars === "both" ? reach : 2 * reach);
    const axis = line(zero, top + 22, zero, top + 32, theme.faint);
    return number_ + bar(zero, top + 24, length, theme.classes[k]) + axis;
  });
  const oneLine = words === "" || (name.length < 6 && words.length < 13);
  const left = oneLine
    ? text(16, top + 17, name) + small(72, top + 17, words, { fill: theme.faint })
    : text(16, top + 15, name) + small(16, top + 31, words, { fill: theme.faint });
  return [left + cells.join(""), oneLine && bars === undefined ? 24 : 40];
}

function drawAll(theme: Theme): { body: string; height: number } {
  const parts: string[] = [];
  let top = 44;
  for (const { name, rows, below } of sections) {
    parts.push(line(16, top + 4, width - 16, top + 4, theme.line), title(16, top + 26, name));
    top += 36;
    for (const row of rows) {
      const [drawn, height] = drawRow(row, top, theme);
      parts.push(drawn);
      top += height;
    }
    if (below !== undefined) {
      parts.push(text(16, top + 17, below[0]), digits(first + 8, top + 17, below[1], { bold: true }));
      top += 30;
    }
  }
  const heads = classes.map((k) => mark(k, middleOf(k) - 30, 24, theme) + text(middleOf(k) - 20, 29, `class ${k}`));
  const lane = rect(first + trueClass * columnWidth + 2, 8, columnWidth - 4, top - 2, {
    rx: 6,
    fill: theme.classes[trueClass],
    "fill-opacity": "0.1",
  });
  const after = [
    "Shaded: the true class. p − y is negative there and only there:",
    "the update raises its score and lowers the others.",
  ];
  return { body: lane + heads.join("") + parts.join("") + note(16, top + 26, after, theme), height: top + 56 };
}

const vector = (t: Tensor): string => `(${numbers(t.data).join(", ")})`;

export const pipeline: Picture = {
  name: "pipeline",
  title: "One example, from x to the update of W and b",
  description:
    `x = ${vector(x)} gives the logits ${vector(z)}; less their maximum ${vector(shifted)}; to the power of e ${vector(powers)}, which sum to ` +
    `${number(sum.item())}; the probabilities ${vector(p)}. The truth is class 2, so the loss is ${number(loss.item())}. The gradient by the logits is ` +
    `p − y = ${vector(bias.grad as Tensor)}. After one step at the rate ${rate} the loss is ${number(nextLoss.item())}.`,
  height: drawAll(themes[0] as Theme).height,
  draw: (theme) => drawAll(theme).body,
};
