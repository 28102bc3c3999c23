/** A finished run: all that the terminal, the HTML page and the JSON lines tell about. */
import type { Dataset } from "./data.ts";
import type { Epoch, Measured } from "./loop.ts";
import type { Model } from "./model.ts";
import { counted } from "./numbers.ts";
import type { Picture } from "./picture.ts";
import type { Example } from "./pipeline.ts";
import type { Settings } from "./settings.ts";

export interface Run {
  options: Settings;
  dataset: Dataset;
  model: Model;
  start: Measured;
  /** As many as were finished. */
  epochs: readonly Epoch[];
  /** Whether Ctrl-C ended the training. */
  interrupted: boolean;
  result: Measured;
  /** Of the held-out rows; rows: true class, columns: named class. */
  confusion: number[][];
  picture: Picture;
  example: Example;
  /** The probability that the example's class got before the training. */
  firstGuess: number;
}

/** How many of the held-out rows the model gets right. */
export function score(confusion: number[][]): { right: number; total: number } {
  const right = confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  return { right, total };
}

/** How long the training was, where that is not what the options say. */
export function howLong({ options, epochs, interrupted }: Pick<Run, "options" | "epochs" | "interrupted">): string {
  const asked = counted(options.epochs, "epoch");
  return interrupted ? `stopped by Ctrl-C after ${epochs.length} of ${asked}` : asked;
}
