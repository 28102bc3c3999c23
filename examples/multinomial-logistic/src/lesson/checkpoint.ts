/** A trained model as JSON that a person can read: what it expects, how to scale it, W and b. */
import { loadSafetensors, Standardizer } from "@tendril/nn";
import { TendrilError, tensor } from "@tendril/tensor";
import type { Dataset } from "./data.ts";
import { emptyModel, type Model } from "./model.ts";
import { matrix, vector } from "./numbers.ts";
import { UserError } from "./user-error.ts";

const format = "tendril multinomial-logistic 1";

interface Checkpoint {
  format: string;
  features: string[];
  classes: string[];
  standardizer: { mean: number[]; std: number[] };
  weight: number[][];
  bias: number[];
}

export interface Restored {
  model: Model;
  standardizer: Standardizer;
}

type Names = Pick<Dataset, "features" | "classes">;

/** Everything that is needed to classify a new row. */
export function writeCheckpoint({ features, classes }: Names, model: Model, standardizer: Standardizer): string {
  const checkpoint: Checkpoint = {
    format,
    features,
    classes,
    standardizer: { mean: vector(standardizer.mean), std: vector(standardizer.std) },
    weight: matrix(model.weight),
    bias: vector(model.bias),
  };
  // One line for each row of W: indented in full, a wide matrix would fill pages with single numbers.
  const lines = Object.entries(checkpoint).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n").replaceAll("],[", "],\n    [")}\n}\n`;
}

/**
 * Reads what `writeCheckpoint` wrote; `name` is what errors call it.
 * @throws UserError, one line, when it is not that, or does not fit this data.
 */
export function readCheckpoint(text: string, name: string, { features, classes }: Names): Restored {
  const found = check(name, parseJson(name, text));
  const fits = (what: string, saved: string[], here: string[]): void => {
    if (saved.length === here.length && saved.every((name, index) => name === here[index])) return;
    throw new UserError(`${name}: its ${what} are ${listed(saved)}, but the data has ${listed(here)}`);
  };
  fits("features", found.features, features);
  fits("classes", found.classes, classes);
  const model = emptyModel(features.length, classes.length);
  model.loadStateDict({ weight: tensor(found.weight), bias: tensor(found.bias) });
  const mean = tensor(found.standardizer.mean, { dtype: "float64" });
  const std = tensor(found.standardizer.std, { dtype: "float64" });
  return { model, standardizer: new Standardizer(mean, std) };
}

/**
 * The model whose W and b a safetensors file holds as `weight` and `bias`, such as what PyTorch has trained on.
 * @throws UserError, one line, when it is not that, or does not fit this data.
 */
export function readWeights(bytes: Uint8Array, name: string, { features, classes }: Names): Model {
  const model = emptyModel(features.length, classes.length);
  try {
    model.loadStateDict(loadSafetensors(bytes).tensors);
  } catch (error) {
    if (error instanceof TendrilError) throw new UserError(`${name}: ${error.message}`);
    throw error;
  }
  return model;
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${name}: not a file that --save wrote (it is not JSON)`);
  }
}

function check(name: string, value: unknown): Checkpoint {
  const found = (typeof value === "object" && value !== null ? value : {}) as Partial<Checkpoint>;
  const { features, classes, standardizer, weight, bias } = found;
  const sound =
    found.format === format &&
    isList(features, isString) &&
    isList(classes, isString) &&
    isList(standardizer?.mean, Number.isFinite, features.length) &&
    isList(standardizer?.std, (std) => Number.isFinite(std) && std !== 0, features.length) &&
    isList(weight, (row) => isList(row, Number.isFinite, features.length), classes.length) &&
    isList(bias, Number.isFinite, classes.length);
  if (!sound) throw new UserError(`${name}: not a file that --save wrote, or a damaged one`);
  return found as Checkpoint;
}

function isList(value: unknown, fits: (item: unknown) => boolean, length?: number): value is unknown[] {
  return Array.isArray(value) && (length === undefined || value.length === length) && value.every(fits);
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function listed(names: string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown}, … (${names.length})` : shown;
}
