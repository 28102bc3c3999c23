/** Everything that one can choose, and how the address holds it. */

import { type Mistake, mistakes } from "../../../lesson/mistakes.ts";
import { parseNumber } from "../../../lesson/numbers.ts";
import { defaults, type LossName, losses, type OptimizerName, optimizers } from "../../../lesson/settings.ts";
import { type Edit, readEdits, writeEdits } from "../data/edits.ts";
import { type PresetName, presets } from "../data/presets.ts";
import { mostSteps } from "../run/frames.ts";

export interface Choices {
  /** A preset, or the table that somebody gave, which no address can hold. */
  data: PresetName | "csv";
  /** Which drawing of the made-up points. */
  draw: number;
  /** The two columns that are the axes, and the model's features. */
  axes: readonly [number, number];
  squares: boolean;
  edits: readonly Edit[];
  /** Decides the split, the first weights and the order of the batches, as in the terminal. */
  seed: number;
  lr: number;
  batch: number;
  optimizer: OptimizerName;
  loss: LossName;
  l2: number;
  smoothing: number;
  /** One for each class; a class beyond the list counts 1. */
  weights: readonly number[];
  mistake: Mistake | "none";
  /** How many steps of the run are shown. */
  step: number;
  /** The id of the point that is followed; −1 for the first to train on. */
  point: number;
}

export const initial: Choices = {
  data: "blobs",
  draw: 0,
  axes: [0, 1],
  squares: false,
  edits: [],
  seed: defaults.seed,
  lr: defaults.lr.sgd,
  batch: defaults.batchSize,
  optimizer: defaults.optimizer,
  loss: defaults.loss,
  l2: defaults.l2,
  smoothing: 0,
  weights: [],
  mistake: "none",
  step: 0,
  point: -1,
};

interface Field<T> {
  write(value: T): string;
  /** `undefined` for a text that is no such value. */
  read(text: string): T | undefined;
}

const oneOf = <T extends string>(names: readonly T[]): Field<T> => ({
  write: (name) => name,
  read: (text) => names.find((name) => name === text),
});

const between = (low: number, high: number): Field<number> => ({
  write: String,
  read: (text) => {
    const value = parseNumber(text);
    return value !== undefined && value >= low && value <= high ? value : undefined;
  },
});

const whole = (low: number, high: number): Field<number> => ({
  write: String,
  read: (text) => {
    const value = between(low, high).read(text);
    return Number.isInteger(value) ? value : undefined;
  },
});

/** Every item by `item`, or nothing. */
const list = (item: Field<number>, most: number): Field<readonly number[]> => ({
  write: (values) => values.map(item.write).join(","),
  read: (text) => {
    const values = text === "" ? [] : text.split(",").map(item.read);
    return values.length <= most && !values.includes(undefined) ? (values as number[]) : undefined;
  },
});

const limit = { count: 1_000_000 };

/** The least and the largest of what is a number; the controls have the same. */
export const range = {
  lr: [1e-4, 1e4],
  l2: [0, 10],
  smoothing: [0, 0.9],
  // With 0, a step whose rows all have it would divide by 0.
  weight: [0.1, 100],
  batch: [1, 10_000],
  step: [0, mostSteps],
  seed: [0, limit.count],
} as const;

const axes = list(whole(0, 9999), 2);
const fields: { [K in keyof Choices]: Field<Choices[K]> } = {
  data: oneOf([...presets, "csv"]),
  draw: whole(0, limit.count),
  axes: {
    write: axes.write,
    read: (text) => {
      const [u, v, ...rest] = axes.read(text) ?? [];
      return u === undefined || v === undefined || u === v || rest.length > 0 ? undefined : [u, v];
    },
  },
  squares: { write: (on) => (on ? "on" : "off"), read: (text) => ({ on: true, off: false })[text] },
  edits: { write: writeEdits, read: readEdits },
  seed: whole(...range.seed),
  lr: between(...range.lr),
  batch: whole(...range.batch),
  optimizer: oneOf(optimizers),
  loss: oneOf(losses),
  l2: between(...range.l2),
  smoothing: between(...range.smoothing),
  weights: list(between(...range.weight), 26),
  mistake: oneOf([...mistakes, "none"]),
  step: whole(...range.step),
  point: whole(-1, limit.count),
};
const keys = Object.keys(initial) as (keyof Choices)[];

/** The address' text: only what differs from the page's first look. */
export function writeChoices(choices: Choices): string {
  const written = keys.flatMap((key) => {
    const { write } = fields[key] as Field<unknown>;
    const text = write(choices[key]);
    return text === write(initial[key])
      ? []
      : [`${key}=${encodeURIComponent(text).replaceAll(/%(2C|3A|3B)/g, decodeURIComponent)}`];
  });
  return written.join("&");
}

export interface ReadChoices {
  choices: Choices;
  /** What of the text is not understood, and left out. */
  problems: string[];
}

export function readChoices(text: string): ReadChoices {
  const problems: string[] = [];
  const choices = { ...initial };
  for (const [key, value] of new URLSearchParams(text)) {
    const field = Object.hasOwn(fields, key) ? (fields[key as keyof Choices] as Field<unknown>) : undefined;
    const read = field?.read(value);
    if (read === undefined) problems.push(`${key}=${value.slice(0, 40)}`);
    else Object.assign(choices, { [key]: read });
  }
  return { choices, problems };
}
