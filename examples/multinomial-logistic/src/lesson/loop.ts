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

/** Trains the model in place and reports after each epoch, i.e. each pass over all training rows. */
export function* train(model: Model, split: Split, options: Settings): Iterable<Epoch> {
  for (const epoch of trainWithPauses(model, split, options)) if (epoch !== undefined) yield epoch;
}

/** The same, with a pause (`undefined`) after each step, so that the training can also be ended within an epoch. */
export function* trainWithPauses(model: Model, split: Split, options: Settings): Iterable<Epoch | undefined> {
  const optimizer = createOptimizer(model, options);
  const generator = new Generator(`batches ${options.seed}`);
  const stepByOps = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = objective(model, x, y, options);
    loss.backward();
    optimizer.step();
    return loss;
  };
  // Traced at its first call; from then on the whole step (loss, gradients, update) runs as one flat program.
  const step = options.eager ? stepByOps : compile(stepByOps);
  let steps = 0;
  let seconds = 0;
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    let start = performance.now();
    for (const [x, y] of batches(split.xTrain, split.yTrain, { batchSize: options.batchSize, generator })) {
      step(x, y);
      steps++;
      seconds += (performance.now() - start) / 1000;
      yield undefined;
      start = performance.now();
    }
    yield { epoch, steps, seconds, ...measure(model, split, options, steps) };
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

function createOptimizer(model: Model, { optimizer, lr }: Settings): SGD | Adam | AdamW {
  const parameters = model.parameters();
  if (optimizer === "adam") return new Adam(parameters, { lr });
  // Decays the weights apart from the gradient, by PyTorch's 0.01; the penalty of --l2 is part of the loss itself.
  if (optimizer === "adamw") return new AdamW(parameters, { lr });
  return new SGD(parameters, { lr });
}
