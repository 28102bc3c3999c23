/** The decision regions and the points on them, in letters. */
import { fixed } from "../../lesson/numbers.ts";
import { mostClasses, type Picture } from "../../lesson/picture.ts";
import { clip, pad, widthOf } from "./columns.ts";
import { letter, mark, type Style } from "./style.ts";

/**
 * A map of `rows` lines, with the ranges of both axes.
 * The first classes only, as many as there are letters; the ground of the others is blank.
 * A held-out point is a capital letter, one that was trained on a small letter; the mark beneath is the model's answer.
 */
export function drawMap(
  { grid, spots, box, plane }: Picture,
  style: Style,
  { columns: most = 64, rows = 18 } = {},
): string[] {
  const { axes } = plane;
  const labels = [fixed(box.top, 1), ...Array<string>(Math.max(0, rows - 2)).fill(""), fixed(box.bottom, 1)];
  const gutter = Math.max(...labels.map((label) => label.length));
  const columns = Math.min(most, style.width - gutter - 4);
  const cells = grid(columns, rows).map((line) =>
    line.map((k) => (k < mostClasses ? style.dim(style.classColour(k, mark(k))) : " ")),
  );
  // Held-out points last, so that they lie on top.
  const shown = spots.filter((spot) => spot.class < mostClasses);
  for (const spot of shown.sort((a, b) => Number(a.heldOut) - Number(b.heldOut))) {
    const column = Math.floor(((spot.at[0] - box.left) / (box.right - box.left)) * columns);
    const row = Math.floor(((box.top - spot.at[1]) / (box.top - box.bottom)) * rows);
    const line = cells[row];
    if (line?.[column] === undefined) continue;
    const symbol = spot.heldOut ? style.bold(letter(spot.class)) : letter(spot.class).toLowerCase();
    line[column] = style.classColour(spot.class, symbol);
  }

  const side = (label = ""): string => `  ${style.dim(label.padStart(gutter))} `;
  return [
    `${side()} ${style.dim(`↑ ${clip(axes[1], columns - 2)}`)}`,
    ...cells.map((line, row) => `${side(labels[row])}${style.dim("│")}${line.join("")}`),
    `${side()}${style.dim(`└${"─".repeat(columns)}`)}`,
    `${side()} ${style.dim(underline(columns, fixed(box.left, 1), axes[0], fixed(box.right, 1)))}`,
  ];
}

/** The left number to the left, the right one to the right, and the axis' name in the middle. */
function underline(width: number, left: string, axis: string, right: string): string {
  const room = width - left.length - right.length;
  const name = `${clip(axis, Math.max(1, room - 4))} →`;
  const before = Math.max(1, Math.floor((room - widthOf(name)) / 2));
  return left + pad(" ".repeat(before) + name, room) + right;
}
