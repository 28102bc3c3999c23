/** What decides how it learns: the same data and settings give the same model, digit for digit. */
import type { Mistake } from "./mistakes.ts";

export const losses = ["ce", "mse"] as const;
export const optimizers = ["sgd", "adam", "adamw"] as const;

export type LossName = (typeof losses)[number];
export type OptimizerName = (typeof optimizers)[number];

/** The rate depends on the optimizer. */
export const defaults = {
  epochs: 60,
  lr: { sgd: 0.3, adam: 0.02, adamw: 0.02 },
  batchSize: 32,
  optimizer: "sgd",
  loss: "ce",
  l2: 0,
  seed: 0,
} as const;

export interface Settings {
  /** 0 measures the loaded weights and does not train. */
  epochs: number;
  lr: number;
  batchSize: number;
  optimizer: OptimizerName;
  loss: LossName;
  /** Of cross-entropy: this share of the truth is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
  /** Of cross-entropy: how much a row of each class counts. Default 1 for all. */
  classWeights?: readonly number[];
  /** A mistake to watch, which no command offers. */
  mistake?: Mistake | undefined;
  l2: number;
  seed: number;
  /** Run each step op by op instead of as one compiled program. */
  eager: boolean;
  /** Where the first weights were loaded from, if they were: what errors and explanations call it. */
  load: string | undefined;
}
