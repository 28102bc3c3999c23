/** What the model says on a grid of places: regions shaded by probability, and the lines where two classes draw level. */
import { noGrad, tensor } from "@tendril/tensor";
import { contours } from "d3-contour";
import type { Model } from "../../../lesson/model.ts";
import type { Plane } from "../../../lesson/plane.ts";
import type { Box, Point as Place } from "../../../lesson/regions.ts";
import { classColours } from "./theme.ts";

/** Places each way, in the box and one beyond it on each side. */
const cells = 72;
const across = cells + 2;

export interface Grid {
  box: Box;
  classes: number;
  /** [across × across, classes], row by row from the top. */
  logits: ArrayLike<number>;
  probabilities: ArrayLike<number>;
}

/** The middle of each cell of the box. */
function centres({ left, right, bottom, top }: Box): Place[] {
  const places: Place[] = [];
  for (let row = -1; row <= cells; row++) {
    for (let column = -1; column <= cells; column++) {
      places.push([left + ((column + 0.5) / cells) * (right - left), top - ((row + 0.5) / cells) * (top - bottom)]);
    }
  }
  return places;
}

export function regionGrid(model: Model, plane: Plane, box: Box): Grid {
  return noGrad(() => {
    const logits = model.forward(plane.lift(tensor(centres(box), { dtype: "float64" })));
    const probabilities = logits.softmax(1);
    return { box, classes: logits.shape[1] ?? 0, logits: logits.data, probabilities: probabilities.data };
  });
}

/** Paints each cell in the mixture of the classes' colours, the stronger the surer the model is. */
export function paintRegions(canvas: HTMLCanvasElement, { classes, probabilities }: Grid): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  canvas.width = cells;
  canvas.height = cells;
  const image = context.createImageData(cells, cells);
  const colours = classColours(classes);
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const from = ((row + 1) * across + column + 1) * classes;
      const to = 4 * (row * cells + column);
      let most = 0;
      const mixed = [0, 0, 0];
      for (let k = 0; k < classes; k++) {
        const p = probabilities[from + k] ?? 0;
        most = Math.max(most, p);
        const colour = colours[k] ?? [0, 0, 0];
        for (let c = 0; c < 3; c++) mixed[c] = (mixed[c] ?? 0) + p * (colour[c] ?? 0);
      }
      const sure = Math.max(0, (most - 1 / classes) / (1 - 1 / classes));
      image.data.set([...mixed, 255 * (Number.isNaN(most) ? 0 : 0.13 + 0.24 * sure)], to);
    }
  }
  context.putImageData(image, 0, 0);
}

export interface Line {
  between: [number, number];
  /** The two classes are ahead of all others there, so that the line parts two regions. */
  decides: boolean;
  path: Place[][];
}

/** For each pair of classes, the places where both have the same score. */
export function levelLines({ box, classes, logits }: Grid, model: Model, plane: Plane): Line[] {
  const lines: Line[] = [];
  const contour = contours().size([across, across]).smooth(true);
  const { left, right, bottom, top } = box;
  for (let j = 0; j < classes; j++) {
    for (let k = j + 1; k < classes; k++) {
      const lead = Array.from(
        { length: across * across },
        (_, i) => (logits[i * classes + j] ?? 0) - (logits[i * classes + k] ?? 0),
      );
      if (lead.some((value) => !Number.isFinite(value))) return [];
      const rings = contour.contour(lead, 0).coordinates.flat();
      const open = rings
        .flatMap(withoutBorder)
        .map((ring) =>
          ring.map(
            ([x = 0, y = 0]): Place => [
              left + ((x - 1) / cells) * (right - left),
              top - ((y - 1) / cells) * (top - bottom),
            ],
          ),
        );
      const parts = open.flatMap((path) => byRank(path, [j, k], model, plane));
      for (const decides of [true, false]) {
        const path = parts.filter((part) => part.decides === decides).map((part) => part.path);
        if (path.length > 0) lines.push({ between: [j, k], decides, path });
      }
    }
  }
  return lines;
}

/** A contour closes along the border of the grid; only what is not border is a line. */
function withoutBorder(ring: number[][]): number[][][] {
  const inside = ([x = 0, y = 0]: number[]): boolean => x > 0.5 && y > 0.5 && x < across - 0.5 && y < across - 0.5;
  const parts: number[][][] = [];
  let part: number[][] = [];
  for (const place of ring) {
    if (inside(place)) part.push(place);
    else if (part.length > 0) {
      parts.push(part);
      part = [];
    }
  }
  if (part.length > 0) parts.push(part);
  // The ring may have begun in the middle of a line.
  const [first, last] = [ring[0], ring.at(-1)];
  if (parts.length > 1 && first && last && inside(first) && inside(last))
    parts[0] = [...(parts.pop() ?? []), ...(parts[0] ?? [])];
  return parts.filter(({ length }) => length > 1);
}

/** A line in parts, by whether its two classes lead there. */
function byRank(
  path: Place[],
  pair: [number, number],
  model: Model,
  plane: Plane,
): { decides: boolean; path: Place[] }[] {
  const scores = noGrad(() => model.forward(plane.lift(tensor(path, { dtype: "float64" }))));
  const [, classes = 0] = scores.shape;
  const decides = path.map((_, i) => {
    const row = scores.data.subarray(i * classes, (i + 1) * classes);
    const level = Math.min(row[pair[0]] ?? 0, row[pair[1]] ?? 0);
    return row.every((score, k) => pair.includes(k) || score <= level);
  });
  const parts: { decides: boolean; path: Place[] }[] = [];
  for (const [i, place] of path.entries()) {
    const last = parts.at(-1);
    if (last !== undefined) last.path.push(place);
    if (last === undefined || last.decides !== decides[i]) parts.push({ decides: decides[i] ?? false, path: [place] });
  }
  return parts;
}
