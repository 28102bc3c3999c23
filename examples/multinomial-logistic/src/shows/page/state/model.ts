/** The model at the step that is shown, and what follows from it. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { tensor } from "@tendril/tensor";
import { type Slope, slope } from "../../../lesson/loss.ts";
import type { Model } from "../../../lesson/model.ts";
import { followExample, type Pipeline } from "../../../lesson/pipeline.ts";
import type { Plane } from "../../../lesson/plane.ts";
import { featuresAt, planeOf } from "../data/points.ts";
import { type Frame, isNumber, modelWith, mostSteps } from "../run/frames.ts";
import { type Nudge, nudge } from "./chosen.ts";
import { pickedPoint } from "./data.ts";
import { frame, type Shown, shown, step } from "./run.ts";

export const model: ReadonlySignal<Model | undefined> = computed(() => {
  if (shown.value === undefined || frame.value === undefined) return undefined;
  return modelAt(shown.value, frame.value, nudge.value);
});

/** The model of a run at one of its frames, with one weight changed where that is asked for. */
export function modelAt({ task, prepared }: Shown, frame: Frame, nudge?: Nudge): Model {
  const weights = Float32Array.from(frame.weights);
  if (nudge !== undefined) weights[nudge.index] = (weights[nudge.index] ?? 0) + nudge.by;
  return modelWith(weights, prepared.features.length, task.points.classes.length);
}

export const plane: ReadonlySignal<Plane | undefined> = computed(() => {
  if (shown.value === undefined) return undefined;
  const { task, prepared } = shown.value;
  return planeOf(task.points, task.squares, prepared.standardizer);
});

/** The followed point on its way through the model. */
export const pipeline: ReadonlySignal<Pipeline | undefined> = computed(() => {
  const point = pickedPoint.value;
  if (model.value === undefined || plane.value === undefined || shown.value === undefined) return undefined;
  const { settings, points, squares } = shown.value.task;
  if (point === undefined || point.class >= points.classes.length) return undefined;
  const uv = tensor([point.at], { dtype: "float64" });
  const y = tensor([point.class], { dtype: "int32" });
  return followExample({ measured: featuresAt(uv, squares), x: plane.value.lift(uv), y }, model.value, settings);
});

/** The gradient of the training loss by W and b. */
export const gradient: ReadonlySignal<Slope | undefined> = computed(() => {
  if (model.value === undefined || shown.value === undefined) return undefined;
  const { prepared, task } = shown.value;
  return slope(model.value, prepared.split.xTrain, prepared.split.yTrain, task.settings);
});

/** What the course of the loss means, in words. */
export const verdict: ReadonlySignal<string> = computed(() => {
  const run = shown.value;
  const [start] = run?.frames ?? [];
  if (run === undefined || start === undefined || frame.value === undefined) return "";
  const { loss } = frame.value;
  const remedy =
    run.task.settings.mistake === undefined
      ? "The steps overshoot: they are longer than the valley is wide. Halve the rate."
      : "That is the mistake that you switched on.";
  if (!isNumber(frame.value)) {
    return step.value === 0
      ? `The loss is not a number from the very start. ${remedy}`
      : `After step ${step.value} the loss is not a number any more. ${remedy}`;
  }
  if (step.value > 0 && loss > 1.02 * start.loss) return `The loss is above where it began. ${remedy}`;
  return step.value >= mostSteps ? `The run ends after ${mostSteps} steps, as many as are kept.` : "";
});
