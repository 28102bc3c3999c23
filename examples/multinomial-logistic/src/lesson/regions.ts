/** Which class the model names at each place of a plane: as a grid of cells, or as exact polygons. */
import { noGrad, type Tensor, tensor } from "@tendril/tensor";
import type { Model } from "./model.ts";
import { matrix, vector } from "./numbers.ts";
import type { Plane } from "./plane.ts";

export type Point = [u: number, v: number];

/** The part of the plane that is drawn. */
export interface Box {
  left: number;
  right: number;
  bottom: number;
  top: number;
}

/** The smallest box around the points, and a little more. */
export function boxAround(points: readonly Point[], { margin = 0.05 } = {}): Box {
  const [left, right] = padded(
    points.map(([u]) => u),
    margin,
  );
  const [bottom, top] = padded(
    points.map(([, v]) => v),
    margin,
  );
  return { left, right, bottom, top };
}

function padded(values: readonly number[], margin: number): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const pad = low === high ? 1 : margin * (high - low);
  return [low - pad, high + pad];
}

/** The class at the centre of each cell, row by row from the top. */
export function gridOfClasses(model: Model, plane: Plane, box: Box, columns: number, rows: number): number[][] {
  const at = (low: number, high: number, cell: number, cells: number): number =>
    low + ((cell + 0.5) / cells) * (high - low);
  const centres: Point[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      centres.push([at(box.left, box.right, column, columns), at(box.top, box.bottom, row, rows)]);
    }
  }
  const classes = vector(logitsAt(model, plane, centres).argmax(1));
  return Array.from({ length: rows }, (_, row) => classes.slice(row * columns, (row + 1) * columns));
}

/**
 * The regions of the first `most` classes within the box, as polygons (empty where a class never wins). Logits are
 * linear, so a region is the box cut by one straight line for each other class: all places where z_k − z_j ≥ 0.
 */
export function regionPolygons(model: Model, plane: Plane, box: Box, most = Number.POSITIVE_INFINITY): Point[][] {
  const corner = {
    bottomLeft: [box.left, box.bottom],
    bottomRight: [box.right, box.bottom],
    topLeft: [box.left, box.top],
  };
  const logits = logitsAt(model, plane, Object.values(corner) as Point[]);
  const [origin = [], right = [], up = []] = matrix(logits);
  // In s and t from 0 to 1 across the box: z_k(s, t) = origin_k + s (right_k − origin_k) + t (up_k − origin_k).
  const lead = (k: number, j: number) => {
    const [o, r, u] = [origin, right, up].map((z) => (z[k] ?? 0) - (z[j] ?? 0)) as [number, number, number];
    return ([s, t]: Point): number => o + s * (r - o) + t * (u - o);
  };
  const square: Point[] = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  return origin.slice(0, most).map((_, k) => {
    const others = [...origin.keys()].filter((j) => j !== k);
    const region = others.reduce((polygon, j) => cut(polygon, lead(k, j)), square);
    return region.map(([s, t]) => [box.left + s * (box.right - box.left), box.bottom + t * (box.top - box.bottom)]);
  });
}

/** What is left of a convex polygon where a linear function is not negative (Sutherland and Hodgman, 1974). */
function cut(polygon: Point[], side: (point: Point) => number): Point[] {
  return polygon.flatMap((point, index) => {
    const next = polygon[(index + 1) % polygon.length] ?? point;
    const [here, there] = [side(point), side(next)];
    const kept: Point[] = here >= 0 ? [point] : [];
    if (here >= 0 === there >= 0) return kept;
    const way = here / (here - there);
    return [...kept, [point[0] + way * (next[0] - point[0]), point[1] + way * (next[1] - point[1])]];
  });
}

function logitsAt(model: Model, plane: Plane, points: Point[]): Tensor {
  return noGrad(() => model.forward(plane.lift(tensor(points, { dtype: "float64" }))));
}
