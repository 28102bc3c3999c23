/** What is drawn, in the terminal and in the report: the regions of the classes, and the points on them. */
import type { Split, Standardizer } from "@tendril/nn";
import type { Tensor } from "@tendril/tensor";
import type { Dataset } from "./data.ts";
import { type Model, predict } from "./model.ts";
import { matrix, vector } from "./numbers.ts";
import { choosePlane, type Plane } from "./plane.ts";
import { type Box, boxAround, gridOfClasses, type Point, regionPolygons } from "./regions.ts";

/** As many classes have a letter of their own; where there are more, the first of them are shown, and it is said. */
export const mostClasses = 26;

/** What stands beside everything that leaves classes out: nothing when it shows them all. */
export function notShown(count: number, what = "classes", most = mostClasses): string {
  return count > most ? `(${(count - most).toLocaleString("en")} more ${what} are not shown)` : "";
}

export interface Spot {
  at: Point;
  /** Its true class. */
  class: number;
  /** The class that the model names. */
  named: number;
  heldOut: boolean;
}

export interface Picture {
  plane: Plane;
  box: Box;
  spots: Spot[];
  /** The class at each of `rows` × `columns` places, from the top. */
  grid(columns: number, rows: number): number[][];
  /** The regions of the classes that are shown. */
  polygons(): Point[][];
}

export function drawPicture(model: Model, { features }: Dataset, split: Split, standardizer: Standardizer): Picture {
  const plane = choosePlane(features, split.xTrain, standardizer);
  const spotsOf = (x: Tensor, y: Tensor, heldOut: boolean): Spot[] => {
    const named = vector(predict(model, x).argmax(1));
    const classes = vector(y);
    return matrix(plane.project(x)).map(([u = 0, v = 0], row) => {
      return { at: [u, v], class: classes[row] ?? 0, named: named[row] ?? 0, heldOut };
    });
  };
  const spots = [...spotsOf(split.xTrain, split.yTrain, false), ...spotsOf(split.xTest, split.yTest, true)];
  const box = boxAround(spots.map(({ at }) => at));
  return {
    plane,
    box,
    spots,
    grid: (columns, rows) => gridOfClasses(model, plane, box, columns, rows),
    polygons: () => regionPolygons(model, plane, box, mostClasses),
  };
}
