/** The points in the plane: where each lies, its class, and whether it is trained on or held out. */
import type { Split, Standardizer } from "@tendril/nn";
import { cat, noGrad, type Tensor, tensor } from "@tendril/tensor";
import { type Dataset, splitData } from "../../../lesson/data.ts";
import { matrix, vector } from "../../../lesson/numbers.ts";
import type { Plane } from "../../../lesson/plane.ts";
import type { Point as Place } from "../../../lesson/regions.ts";
import { UserError } from "../../../lesson/user-error.ts";

export type { Place };

export interface Point {
  /** Its row in the dataset; points that are added come after. It stays the same whatever becomes of the others. */
  id: number;
  at: Place;
  class: number;
  heldOut: boolean;
}

export interface Points {
  about: string;
  features: readonly [string, string];
  classes: readonly string[];
  list: readonly Point[];
}

/** A dataset's points in the plane of two of its features, split by seed as the terminal's program splits them. */
export function pointsOf(dataset: Dataset, axes: readonly [number, number], seed: number): Points {
  const { about, classes, features } = dataset;
  // The same split of row numbers tells which row went where.
  const rows = tensor([...dataset.y.data.keys()], { dtype: "int32" });
  const { xTrain, xTest } = splitData({ ...dataset, x: rows }, seed);
  const [first, second] = axes;
  const [places, labels] = [matrix(dataset.x), vector(dataset.y)];
  const part = (ids: Tensor, heldOut: boolean): Point[] =>
    vector(ids).map((id) => {
      // With a single feature, all points lie on a line.
      const at: Place = [places[id]?.[first] ?? 0, places[id]?.[second] ?? 0];
      return { id, at, class: labels[id] ?? 0, heldOut };
    });
  return {
    about,
    features: [features[first] ?? "", features[second] ?? "(only one feature)"],
    classes,
    list: [...part(xTrain, false), ...part(xTest, true)],
  };
}

/** What the model is given of places [N, 2]: the coordinates, and their squares where they are asked for. */
export function featuresAt(uv: Tensor, squares: boolean): Tensor {
  return squares ? cat([uv, uv.square()], 1) : uv;
}

/** The features' names. */
export function featureNames({ features }: Points, squares: boolean): string[] {
  return squares ? [...features, ...features.map((name) => `${name}²`)] : [...features];
}

/** Farther out, squares of differences are no numbers any more. */
const farthest = 1e100;

/** The points as tensors, as measured: both parts in the order of the points. @throws UserError when one is missing. */
export function toSplit({ list, classes }: Points, squares: boolean): Split {
  if (list.length === 0) throw new UserError("There are no points. Add some, or choose a dataset.");
  const part = (heldOut: boolean): { x: Tensor; y: Tensor } => {
    const own = list.filter((point) => point.heldOut === heldOut);
    if (own.length === 0) {
      const missing = heldOut ? "held out, to test the model on" : "to train on";
      throw new UserError(`There is no point left ${missing}. Undo, or choose a dataset.`);
    }
    const places = own.map(({ at }) => at);
    const x = featuresAt(tensor(places, { dtype: "float64" }), squares);
    if (!x.abs().lt(farthest).all().item())
      throw new UserError("A point is too far out to compute with. Move it back.");
    const y = own.map((point) => point.class);
    return { x, y: tensor(y, { dtype: "int32" }) };
  };
  const [train, test] = [part(false), part(true)];
  const present = new Set(vector(train.y));
  if (present.size < 2) {
    const [only = 0] = present;
    throw new UserError(`All points to train on are ${classes[only]}: it takes two classes to learn.`);
  }
  return { xTrain: train.x, yTrain: train.y, xTest: test.x, yTest: test.y };
}

/** The plane of the points, for whatever draws what the model says at each place. */
export function planeOf({ features }: Points, squares: boolean, standardizer: Standardizer): Plane {
  return {
    axes: [...features],
    share: 1,
    project: (x) => x.slice([], [0, 2]),
    lift: (uv) => noGrad(() => standardizer.apply(featuresAt(uv.to("float64"), squares)).to("float32")),
  };
}
