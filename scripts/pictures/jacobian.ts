/** Softmax's Jacobian as numbers, diag(p) − ppᵀ, and the row of it that becomes p − y. */
import { eye, grad, type Tensor } from "@tendril/tensor";
import { bias, classes, logits, lossOf, trueClass, weight, y } from "./example.ts";
import { digits, mark, type Picture, rect, small, text, title } from "./svg.ts";
import { fixed, number, type Theme } from "./theme.ts";

const z = logits(weight, bias).detach();
const p = z.softmax(0);
/** Row i is the gradient of pᵢ by z. */
const jacobian = classes.map((i) => [...grad((z: Tensor) => z.softmax(0).slice(i))(z).data]);
const probabilities = [...p.data];
const rowsOf = (m: Tensor): number[][] => classes.map((i) => [...m.slice(i).data]);
const diagonal = rowsOf(eye(3, { dtype: "float64" }).mul(p));
const products = rowsOf(p.unsqueeze(1).mul(p));
const byProbability = grad((p: Tensor) => p.log().neg())(p.slice(trueClass)).item();
const gradient = [...grad(lossOf)(z).data];
const difference = [...p.sub(y).data];

const [cellWidth, cellHeight] = [62, 32];

/** Numbers on blue where they are positive, on vermilion where they are negative, the stronger the larger. */
function cells(left: number, top: number, rows: number[][], strongest: number, theme: Theme): string {
  return rows
    .flatMap((row, i) =>
      row.map((value, j) => {
        const [x, y] = [left + j * cellWidth, top + i * cellHeight];
        const strength = (0.06 + 0.4 * Math.min(1, Math.abs(value) / strongest)).toFixed(2);
        const look = { fill: theme.classes[value < 0 ? 1 : 0], "fill-opacity": value === 0 ? "0" : strength };
        return (
          rect(x + 1, y + 1, cellWidth - 2, cellHeight - 2, look) +
          digits(x + cellWidth / 2, y + 21, value === 0 ? "0" : fixed(value), { anchor: "middle" })
        );
      }),
    )
    .join("");
}

const formulas = ["wrong class j:  −1/p₂ · p₂ (0 − pⱼ) = pⱼ = pⱼ − 0", "true class 2:   −1/p₂ · p₂ (1 − p₂) = p₂ − 1"];

/** The classes' marks above columns or before rows. */
function marks(x: number, y: number, dx: number, dy: number, theme: Theme): string {
  return classes.map((k) => mark(k, x + k * dx, y + k * dy, theme, 4.5)).join("");
}

function draw(theme: Theme): string {
  const { faint, ink } = theme;
  const [left, second] = [28, 246];
  const middle = { anchor: "middle" } as const;
  const row = 212 + trueClass * cellHeight;
  return [
    title(left, 26, "diag(p)"),
    title(second, 26, "p pᵀ"),
    text(230, 102, "−", { ...middle, bold: true }),
    marks(left + cellWidth / 2, 40, cellWidth, 0, theme),
    marks(second + cellWidth / 2, 40, cellWidth, 0, theme),
    cells(left, 48, diagonal, 1, theme),
    cells(second, 48, products, 1, theme),
    title(left, 180, "= ∂p/∂z, softmax’s Jacobian"),
    marks(left + cellWidth / 2, 200, cellWidth, 0, theme),
    marks(15, 212 + cellHeight / 2, 0, cellHeight, theme),
    cells(left, 212, jacobian, 0.2, theme),
    rect(left - 1, row, 3 * cellWidth + 2, cellHeight, { fill: "none", stroke: ink, "stroke-width": 2 }),
    small(second - 14, 226, "row i, column j: how pᵢ moves", { fill: faint }),
    small(second - 14, 243, "with zⱼ. Each row and each", { fill: faint }),
    small(second - 14, 260, "column sums to 0.", { fill: faint }),
    small(second - 14, 298, "the true class: the only row", {}),
    small(second - 14, 315, "that the loss −ln p₂ reads", {}),
    text(left, 336, `× ∂ℓ/∂p₂ = −1/p₂ = ${fixed(byProbability)}`),
    title(left, 372, "= ∂ℓ/∂z"),
    cells(left, 384, [gradient], 1, theme),
    text(second - 14, 404, `= p − y: the ${number(-byProbability, 2)} and the`),
    text(second - 14, 423, `${number(probabilities[trueClass] ?? 0)} cancel.`),
    ...formulas.map((formula, i) => text(left, 448 + 22 * i, formula)),
    ...classes.map(
      (k) => mark(k, 33 + 82 * k, 500, theme, 4.5) + small(42 + 82 * k, 504, `class ${k}`, { fill: faint }),
    ),
    rect(284, 494, 12, 12, { fill: theme.classes[0], "fill-opacity": "0.4" }),
    small(300, 504, "positive", { fill: faint }),
    rect(358, 494, 12, 12, { fill: theme.classes[1], "fill-opacity": "0.4" }),
    small(374, 504, "negative", { fill: faint }),
  ].join("");
}

export const jacobianPicture: Picture = {
  name: "jacobian",
  title: "Softmax’s Jacobian, diag(p) − ppᵀ, and how it becomes p − y",
  description:
    `For p = (${probabilities.map((v) => number(v)).join(", ")}) the matrix diag(p) less the matrix of products pᵢpⱼ is the Jacobian, with the rows ` +
    `${jacobian.map((row) => `(${row.map((v) => number(v)).join(", ")})`).join(", ")}. Its last row, of the true class, times ` +
    `−1/p₂ = ${number(byProbability)}, is (${gradient.map((v) => number(v)).join(", ")}), which is p − y = (${difference.map((v) => number(v)).join(", ")}).`,
  height: 520,
  draw,
};
