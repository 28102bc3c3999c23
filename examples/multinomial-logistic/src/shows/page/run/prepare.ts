/** From points and settings to what the lesson trains: the same on the page and in its worker. */
import type { Split, Standardizer } from "@tendril/nn";
import { sureAndWrong } from "../../../lesson/bad-start.ts";
import { checkStandardized, fitStandardizer, standardizeSplit } from "../../../lesson/data.ts";
import { train } from "../../../lesson/loop.ts";
import { unstandardized } from "../../../lesson/mistakes.ts";
import { createModel, type Model } from "../../../lesson/model.ts";
import type { Settings } from "../../../lesson/settings.ts";
import { featureNames, type Points, toSplit } from "../data/points.ts";

/** What a run follows from. Equal tasks give equal runs, digit for digit. */
export interface Task {
  points: Points;
  /** The squares of both coordinates are features too. */
  squares: boolean;
  settings: Settings;
}

export interface Prepared {
  features: string[];
  /** As the model sees it. */
  split: Split;
  standardizer: Standardizer;
}

/** @throws UserError when there is nothing to learn from these points. */
export function prepare({ points, squares, settings }: Task): Prepared {
  const measured = toSplit(points, squares);
  const features = featureNames(points, squares);
  const standardizer = settings.mistake === "units" ? unstandardized(features.length) : fitStandardizer(measured);
  const split = standardizeSplit(measured, standardizer);
  const dataset = {
    about: points.about,
    features,
    classes: [...points.classes],
    x: measured.xTrain,
    y: measured.yTrain,
  };
  checkStandardized(dataset, measured, standardizer, split);
  return { features, split, standardizer };
}

/** The model before its first step. */
export function startModel({ points, settings }: Task, { features, split }: Prepared): Model {
  const model = createModel({ features: features.length, classes: points.classes.length, seed: settings.seed });
  if (settings.mistake !== "saturated") return model;
  const { mistake: _, ...right } = settings;
  // Far enough that it would be right about most points.
  for (const _epoch of train(model, split, { ...right, loss: "ce", optimizer: "sgd", lr: 0.3, epochs: 5 }));
  return sureAndWrong(model);
}
