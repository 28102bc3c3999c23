/** The lesson from data to report, by nothing but its own modules: border.test.ts runs it where there is nothing else. */
import { recoverFromBadStart } from "../src/lesson/bad-start.ts";
import { readCheckpoint, writeCheckpoint } from "../src/lesson/checkpoint.ts";
import { readTable } from "../src/lesson/csv.ts";
import {
  blobs,
  checkStandardized,
  type Dataset,
  fitStandardizer,
  fromTable,
  iris,
  splitData,
  standardizeSplit,
} from "../src/lesson/data.ts";
import { train } from "../src/lesson/loop.ts";
import { checkGradient } from "../src/lesson/loss.ts";
import { createModel } from "../src/lesson/model.ts";
import { drawPicture } from "../src/lesson/picture.ts";
import { followExample, pickExample } from "../src/lesson/pipeline.ts";
import { defaults, type Settings } from "../src/lesson/settings.ts";

const settings: Settings = { ...defaults, lr: defaults.lr.sgd, epochs: 3, l2: 0.01, eager: false, load: undefined };

function learn(dataset: Dataset) {
  const measured = splitData(dataset, settings.seed);
  const standardizer = fitStandardizer(measured);
  const split = standardizeSplit(measured, standardizer);
  checkStandardized(dataset, measured, standardizer, split);
  const model = createModel({ features: dataset.features.length, classes: dataset.classes.length, seed: 0 });
  const gradientError = checkGradient(model, split, settings);
  const epochs = [...train(model, split, settings)].map(({ seconds: _, ...epoch }) => epoch);
  const example = followExample(pickExample(measured, split), model, settings);
  const checkpoint = writeCheckpoint(dataset, model, standardizer);
  const restored = readCheckpoint(checkpoint, "weights", dataset);
  const picture = drawPicture(restored.model, dataset, split, restored.standardizer);
  const recovery = recoverFromBadStart(model, split, settings);
  return {
    gradientError,
    epochs,
    example,
    checkpoint,
    recovery,
    grid: picture.grid(6, 4),
    polygons: picture.polygons(),
  };
}

function errorOf(csv: string): string {
  try {
    readTable(csv, { name: "pasted" });
    return "";
  } catch (error) {
    return String(error);
  }
}

const pasted = '\uFEFFwidth,"the, kind"\n1,a\n2.5,b\n-3e2,a\n4,b\n5,a\n6,b\n';

/** As text, since nothing else is the same in two realms. */
export function everything(): string {
  const table = fromTable("pasted", readTable(pasted, { name: "pasted" }));
  return JSON.stringify({
    runs: [blobs(0), iris(), table].map(learn),
    errors: ["", "a,b\n1,x,2\n", "a,b\none,x\n", 'a,b\n1,"x\n'].map(errorOf),
  });
}
