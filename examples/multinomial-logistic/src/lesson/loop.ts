/** How it learns: take a few rows, compute the loss, backpropagate, take a step; again and again. */
import { Adam, AdamW, accuracy, batches, SGD, type Split } from "@tendril/nn";
import { Generator, noGrad, type Tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { objective, whyTooLarge } from "./loss.ts";
import type { Model } from "./model.ts";
import type { Settings } from "./settings.ts";
import { UserError } from "./user-error.ts";

export interface Measured {
  /** The objective over all training rows (with the penalty, when there is one). */
  loss: number;
  trainAccuracy: number;
  /** The objective over the held-out rows. */
  testLoss: number;
  testAccuracy: number;
}

export interface Epoch extends Measured {
  epoch: number;
  /** So far, and the time spent in them alone: pauses, measuring and drawing do not count. */
  steps: number;
  seconds: number;
}

export interface Step {
  /** So far, this one included. */
  steps: number;
  /** The objective over the step's rows, before their update. */
  loss: number;
  /** After the last step of an epoch. */
  epoch?: Epoch;
}

/** Trains the model in place and reports after each epoch, i.e. each pass over all training rows. */
export function* train(model: Model, split: Split, options: Settings): Iterable<Epoch> {
  for (const { epoch } of trainStepwise(model, split, options)) if (epoch !== undefined) yield epoch;
}

/** One step: takes rows x with their classes y, updates the model and returns their loss. */
export type Update = (x: Tensor, y: Tensor) => Tensor;

/** Forget the last gradient, compute the loss, send it back, take a step downhill. */
export function createUpdate(model: Model, options: Settings): Update {
  const optimizer = createOptimizer(model.parameters(), options);
  return (x, y) => {
    optimizer.zeroGrad();
    const loss = objective(model, x, y, options);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

/** The same, with a report after each step, so that the training can be watched, or ended, within an epoch. */
export function* trainStepwise(
  model: Model,
  split: Split,
  options: Settings,
  update: Update = createUpdate(model, options),
): Iterable<Step> {
  const generator = new Generator(`batches ${options.seed}`);
  // Traced at its first call; from then on the whole step (loss, gradients, update) runs as one flat program.
  const step = options.eager ? update : compile(update);
  let steps = 0;
  let seconds = 0;
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    let start = performance.now();
    const lastStep = steps + Math.ceil((split.xTrain.shape[0] ?? 0) / options.batchSize);
    for (const [x, y] of batches(split.xTrain, split.yTrain, { batchSize: options.batchSize, generator })) {
      const loss = step(x, y).item();
      steps++;
      seconds += (performance.now() - start) / 1000;
      if (steps < lastStep) yield { steps, loss };
      else yield { steps, loss, epoch: { epoch, steps, seconds, ...measure(model, split, options, steps) } };
      start = performance.now();
    }
  }
}

/** How good the model is now, after so many steps. @throws UserError, saying why, when the loss is not a number. */
export function measure(model: Model, split: Split, options: Settings, steps = 0): Measured {
  return noGrad(() => {
    const loss = objective(model, split.xTrain, split.yTrain, options).item();
    const testLoss = objective(model, split.xTest, split.yTest, options).item();
    if (!Number.isFinite(loss + testLoss)) {
      const rate = `the steps are too long, try a smaller --lr than ${options.lr}`;
      const reason = steps > 0 ? `is no longer a number: ${rate}` : `is not a number: ${whyTooLarge(options)}`;
      throw new UserError(`the loss ${reason}`);
    }
    const trainAccuracy = accuracy(model.forward(split.xTrain), split.yTrain);
    return { loss, trainAccuracy, testLoss, testAccuracy: accuracy(model.forward(split.xTest), split.yTest) };
  });
}

export function createOptimizer(parameters: Tensor[], { optimizer, lr }: Settings): SGD | Adam | AdamW {
  if (optimizer === "adam") return new Adam(parameters, { lr });
  // Decays the weights apart from the gradient, by PyTorch's 0.01; the penalty of --l2 is part of the loss itself.
  if (optimizer === "adamw") return new AdamW(parameters, { lr });
  return new SGD(parameters, { lr });
}
