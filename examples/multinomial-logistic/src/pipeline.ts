/** One row of the training part that is followed through the model, before the training and after it. */
import type { Split } from "@tendril/nn";
import type { Tensor } from "@tendril/tensor";
import { type Model, predict } from "./model.ts";

export interface Example {
  /** [1, features], as measured and as standardized. */
  measured: Tensor;
  x: Tensor;
  /** [1], its class. */
  y: Tensor;
}

/** The first row, which is as good as any: the split has shuffled them. */
export function pickExample(measured: Split, split: Split): Example {
  const first = (t: Tensor): Tensor => t.slice([0, 1]);
  return { measured: first(measured.xTrain), x: first(split.xTrain), y: first(split.yTrain) };
}

/** The probability that the model gives to the true class. */
export function probabilityOfTruth(model: Model, { x, y }: Example): number {
  return predict(model, x).slice(0, y.item()).item();
}
