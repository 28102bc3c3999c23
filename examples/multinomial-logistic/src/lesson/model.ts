/** What is learned: z = xWᵀ + b, one score (logit) for each class, and softmax(z) to read the scores as probabilities. */
import { init, Linear } from "@tendril/nn";
import { Generator, noGrad, type Tensor } from "@tendril/tensor";

/** A linear layer with a bias: `weight` W [classes, features] and `bias` b [classes]. */
export type Model = Linear & { bias: Tensor };

/** A layer whose W and b are to be filled in. */
export function emptyModel(features: number, classes: number, options: { dtype?: "float32" | "float64" } = {}): Model {
  return new Linear(features, classes, { bias: true, ...options }) as Model;
}

/**
 * A linear layer that starts close to 0, so that at first it prefers no class. (Cross-entropy has a single minimum here,
 * so the start decides only how long the way is; deep networks need the larger random weights that Linear has itself.)
 */
export function createModel({ features, classes, seed }: { features: number; classes: number; seed: number }): Model {
  const generator = new Generator(`weights ${seed}`);
  const model = emptyModel(features, classes);
  init.normal(model.weight, { std: 0.01, generator });
  init.zeros(model.bias);
  return model;
}

/** Probabilities [N, C] for x [N, features]. */
export function predict(model: Model, x: Tensor): Tensor {
  return noGrad(() => model.forward(x).softmax(1));
}
