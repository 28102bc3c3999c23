/** A run, step by step: the weights after each step, and how good they are. */

import { tensor } from "@tendril/tensor";
import { measure, trainStepwise } from "../../../lesson/loop.ts";
import { slope } from "../../../lesson/loss.ts";
import { createMistakenUpdate } from "../../../lesson/mistaken-update.ts";
import { emptyModel, type Model } from "../../../lesson/model.ts";
import { UserError } from "../../../lesson/user-error.ts";
import { prepare, startModel, type Task } from "./prepare.ts";

export interface Frame {
  /** W, row by row, then b. */
  weights: Float32Array;
  loss: number;
  testLoss: number;
  trainAccuracy: number;
  testAccuracy: number;
  /** ‖∂loss/∂(W, b)‖ over all training rows. */
  gradient: number;
}

/** A run ends here, so that its history keeps within some megabytes. */
export const mostSteps = 20_000;

const notMeasured = { loss: NaN, testLoss: NaN, trainAccuracy: NaN, testAccuracy: NaN };

/**
 * The start, then a frame after each step. Where the loss is no longer a number, a last frame says so.
 * @throws UserError when there is nothing to learn from the points.
 */
export function* frames(task: Task): Iterable<Frame> {
  const prepared = prepare(task);
  const { split } = prepared;
  const settings = { ...task.settings, epochs: mostSteps, eager: false };
  const model = startModel(task, prepared);
  const frame = (steps: number): Frame => {
    const { norm } = slope(model, split.xTrain, split.yTrain, settings);
    const measured = numbersOr(notMeasured, () => measure(model, split, settings, steps));
    return { weights: weightsOf(model), ...measured, gradient: norm };
  };
  const start = frame(0);
  yield start;
  if (!isNumber(start)) return;
  const steps = trainStepwise(model, split, settings, createMistakenUpdate(model, settings))[Symbol.iterator]();
  for (let count = 1; count <= mostSteps; count++) {
    // At the end of an epoch the lesson measures, too, and throws where there is no number.
    const loss = numbersOr(NaN, () => steps.next().value?.loss as number);
    const next = frame(count);
    yield next;
    if (!isNumber(next) || Number.isNaN(loss)) return;
  }
}

/** Whether the loss of a frame is a number, or the run has ended with it. */
export function isNumber({ loss }: Frame): boolean {
  return Number.isFinite(loss);
}

/** What `compute` returns, or `otherwise` where it says that numbers are too large. */
function numbersOr<T>(otherwise: T, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof UserError) return otherwise;
    throw error;
  }
}

function weightsOf({ weight, bias }: Model): Float32Array {
  return Float32Array.from([...weight.data, ...bias.data]);
}

/** The model with the weights of a frame. */
export function modelWith(weights: Float32Array, features: number, classes: number): Model {
  const model = emptyModel(features, classes);
  const split = features * classes;
  model.loadStateDict({
    weight: tensor([...weights.subarray(0, split)]).reshape([classes, features]),
    bias: tensor([...weights.subarray(split)]),
  });
  return model;
}
