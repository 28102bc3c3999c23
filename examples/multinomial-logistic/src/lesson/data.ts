/** What is learned from: examples x with their classes y, split into a part to train on and a part held out. */
import { type Split, type Standardizer, standardize, trainTestSplit } from "@tendril/nn";
import { Generator, randn, type Tensor, tensor } from "@tendril/tensor";
import { readTable, type Table } from "./csv.ts";
import { irisCsv } from "./iris.ts";
import { parseNumber, vector } from "./numbers.ts";
import { UserError } from "./user-error.ts";

export interface Dataset {
  /** One line that says what the numbers are. */
  about: string;
  features: string[];
  classes: string[];
  /** [N, features], float64, as measured: a float32 could not tell 20000001 from 20000002. */
  x: Tensor;
  /** [N], int32: for each row an index into `classes`. */
  y: Tensor;
}

/**
 * Three round clouds of 200 points each, a little more than five standard deviations apart, so that about one point in
 * a hundred lies nearer to another cloud's centre: no classifier can get those right. Clouds of one shape are told apart
 * best by straight lines, which is all that this model can draw.
 */
export function blobs(seed: number): Dataset {
  const perClass = 200;
  const centres = [
    [-2.6, -1.4],
    [2.7, -1.6],
    [0.1, 3.1],
  ];
  const x = randn([centres.length, perClass, 2], { generator: new Generator(`clouds ${seed}`), dtype: "float64" })
    .add(tensor(centres, { dtype: "float64" }).unsqueeze(1))
    .reshape([-1, 2]);
  const y = centres.flatMap((_, index) => Array<number>(perClass).fill(index));
  return {
    about: `three made-up clouds of points in the plane, drawn from seed ${seed}`,
    features: ["x1", "x2"],
    classes: ["alder", "birch", "cedar"],
    x,
    y: tensor(y, { dtype: "int32" }),
  };
}

export const aboutIris = "iris, flowers measured in cm (R. A. Fisher, 1936)";

/** 150 flowers of three species, four measurements each. */
export function iris(): Dataset {
  return fromTable(aboutIris, readTable(irisCsv, { name: "iris" }));
}

/** @throws UserError when there are too few classes or rows. */
export function fromTable(about: string, { features, rows, labels }: Table): Dataset {
  const classes = inOrder([...new Set(labels)]);
  if (classes.length < 2) {
    throw new UserError(`${about}: every row has the class "${classes[0]}"; it takes two to learn`);
  }
  if (rows.length < 4 || rows.length < 2 * classes.length) {
    const found = `${rows.length} rows for ${classes.length} classes`;
    throw new UserError(`${about}: ${found} are too few to train and to hold some out (is the label column right?)`);
  }
  const index = new Map(classes.map((name, k) => [name, k]));
  const indices = labels.map((name) => index.get(name) ?? -1);
  return {
    about,
    features,
    classes,
    x: tensor(rows, { dtype: "float64" }),
    y: tensor(indices, { dtype: "int32" }),
  };
}

/** Numbers by value (2 before 10), names by their characters, so that the order never depends on the language set. */
function inOrder(names: string[]): string[] {
  const numeric = names.every((name) => parseNumber(name) !== undefined);
  return names.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
}

/** Shuffles by seed, then holds out a third of the rows: they say how well the model does on what it has not seen. */
export function splitData({ x, y }: Dataset, seed: number): Split {
  return trainTestSplit(x, y, { testSize: 1 / 3, generator: new Generator(`holdout ${seed}`) });
}

/**
 * Brings every feature to mean 0 and standard deviation 1, so that one learning rate suits them all. The statistics
 * come from the training rows alone: what is held out must not leak into the training, not even through a mean.
 */
export function fitStandardizer(split: Split): Standardizer {
  return standardize(split.xTrain);
}

/** The same split, standardized, in the dtype that the model trains in. */
export function standardizeSplit(split: Split, standardizer: Standardizer): Split {
  const prepare = (x: Tensor): Tensor => standardizer.apply(x).to("float32");
  return { ...split, xTrain: prepare(split.xTrain), xTest: prepare(split.xTest) };
}

/**
 * Makes sure that numbers out of reason are blamed on the data, not on the training.
 * @throws UserError naming the column, and the value where there is one.
 */
export function checkStandardized(dataset: Dataset, measured: Split, standardizer: Standardizer, split: Split): void {
  const [means, stds] = [vector(standardizer.mean), vector(standardizer.std)];
  const problem = (j: number, text: string): UserError =>
    new UserError(`${dataset.about}: column "${dataset.features[j]}": ${text}`);
  for (const [j, std] of stds.entries()) {
    if (Number.isFinite(std) && Number.isFinite(means[j]) && std !== 0) continue;
    const size = std === 0 ? "close together" : "large";
    throw problem(j, `the numbers are too ${size} to compute their standard deviation; give them in another unit`);
  }
  for (const part of ["xTrain", "xTest"] as const) {
    // Beyond this the square of a float32 is infinite, and so are the loss and its gradient soon.
    const far = split[part].data.findIndex((value) => !(Math.abs(value) < 1e19));
    if (far < 0) continue;
    const j = far % stds.length;
    const [mean, std] = [means[j] ?? 0, stds[j] ?? 1].map((value) => value.toPrecision(3));
    const value = measured[part].data[far];
    throw problem(j, `${value} is too far from the others (mean ${mean}, standard deviation ${std}) to compute with`);
  }
}
