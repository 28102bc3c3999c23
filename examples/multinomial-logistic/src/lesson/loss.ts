/** How wrong the model is: the one number that training makes smaller. */
import { crossEntropy, mse, type Split } from "@tendril/nn";
import { grad, oneHot, type Tensor, tensor } from "@tendril/tensor";
import { GradcheckError, gradcheck } from "@tendril/tensor/testing";
import { mistakenLoss } from "./mistakes.ts";
import { emptyModel, type Model } from "./model.ts";
import type { LossName, Settings } from "./settings.ts";
import { UserError } from "./user-error.ts";

/** How the logits of a row are compared with its class. */
export type Fit = Pick<Settings, "loss" | "labelSmoothing" | "classWeights" | "mistake">;

export type Objective = Fit & Pick<Settings, "l2">;

/**
 * The mean loss over the rows of x, plus ½·l2·‖W‖² when a penalty is asked for (b is left free: shifting every point
 * must not cost anything). With l2 = 1/(C·N) this is scikit-learn's `LogisticRegression(C)`, divided by C·N.
 */
export function objective(model: Model, x: Tensor, y: Tensor, { l2, ...options }: Objective): Tensor {
  const fit = dataLoss(model.forward(x), y, options);
  if (l2 === 0) return fit;
  const squares = model.weight.square().sum();
  return fit.add(squares.mul(l2 / 2));
}

/**
 * The loss of logits [N, C] against classes y [N].
 * - `ce`: −ln softmax(z)_y, computed from the logits in one piece; its gradient by z is softmax(z) − y.
 * - `mse`: the squared distance of softmax(z) from the one-hot y. Its gradient has a factor p(1 − p), which is nearly 0
 *   wherever the model is sure, even when it is sure of the wrong class.
 */
export function dataLoss(logits: Tensor, y: Tensor, { loss, labelSmoothing, classWeights, mistake }: Fit): Tensor {
  if (mistake !== undefined) {
    const mistaken = mistakenLoss(mistake, logits, y);
    if (mistaken !== undefined) return mistaken;
  }
  if (loss === "ce") {
    const weight = classWeights && tensor([...classWeights], { dtype: logits.dtype });
    return crossEntropy(logits, y, { labelSmoothing, weight });
  }
  return mse(logits.softmax(1), oneHot(y, logits.shape[1], { dtype: logits.dtype }));
}

/** The loss of a model that gives each of C classes the probability 1/C. */
export function lossOfGuessing(classes: number, loss: LossName): number {
  return loss === "ce" ? Math.log(classes) : (classes - 1) / classes ** 2;
}

/** ∂loss/∂z by backprop, for logits z [N, C]. */
export function lossGradient(logits: Tensor, y: Tensor, fit: Fit): Tensor {
  return grad((z: Tensor) => dataLoss(z, y, fit))(logits);
}

/** The objective as a function of W and b, for whatever asks what other weights would do. */
function asFunction({ inFeatures, outFeatures }: Model, x: Tensor, y: Tensor, options: Objective) {
  return (weight: Tensor, bias: Tensor): Tensor => {
    const twin = emptyModel(inFeatures, outFeatures);
    twin.weight = weight;
    twin.bias = bias;
    return objective(twin, x, y, options);
  };
}

export interface Slope {
  /** ∂objective/∂W [classes, features] and ∂objective/∂b [classes], by backprop. */
  weight: Tensor;
  bias: Tensor;
  /** The length of both as one vector. */
  norm: number;
}

/** Which way is uphill, and how steep it is. */
export function slope(model: Model, x: Tensor, y: Tensor, options: Objective): Slope {
  const gradient = grad(asFunction(model, x, y, options), { argnums: [0, 1] });
  const [weight, bias] = gradient(model.weight.detach(), model.bias.detach()) as [Tensor, Tensor];
  return { weight, bias, norm: Math.hypot(...weight.data, ...bias.data) };
}

/**
 * Compares backprop's gradient of the very objective that is trained, by W and by b, with finite differences, in
 * float64. Returns the largest relative error.
 * @throws GradcheckError when they disagree, UserError when an option explains it.
 */
export function checkGradient(model: Model, { xTrain, yTrain }: Split, options: Objective & Cause): number {
  // A few rows are enough to tell, and keep this quick on a large table.
  const x = xTrain.slice([0, 64]).to("float64");
  const y = yTrain.slice([0, 64]);
  try {
    const at = [model.weight.detach(), model.bias.detach()] as const;
    return gradcheck(asFunction(model, x, y, options), at).maxRelativeError;
  } catch (error) {
    // Differences of huge numbers are mostly rounding; with small ones a disagreement is a bug, and its own words help.
    if (!(error instanceof GradcheckError) || (options.l2 === 0 && options.load === undefined)) throw error;
    throw new UserError(`the gradient cannot be checked: ${whyTooLarge(options)}`);
  }
}

type Cause = Pick<Settings, "l2" | "load">;

/** Why numbers leave their range before any step: what the data could do was checked (`checkStandardized`). */
export function whyTooLarge({ load, l2 }: Cause): string {
  if (l2 > 0) return `try a smaller --l2 than ${l2}${load === undefined ? "" : `, or other weights than ${load}`}`;
  return load === undefined ? "the first weights are too large" : `the weights in ${load} are too large for this data`;
}

export interface Saturation {
  /** How far the logit of a wrong class lies above the right one's. */
  margin: number;
  /** The probability that the right class gets. */
  probability: number;
  ce: { loss: number; gradient: number };
  mse: { loss: number; gradient: number };
}

/** Both losses for logits (margin, 0, 0) when the last class is right, with the size of ∂loss/∂z for the wrong favourite. */
export function saturation(margins: readonly number[]): Saturation[] {
  const y = tensor([2], { dtype: "int32" });
  return margins.map((margin) => {
    const z = tensor([[margin, 0, 0]], { dtype: "float64" });
    const both = (loss: LossName): { loss: number; gradient: number } => ({
      loss: dataLoss(z, y, { loss }).item(),
      gradient: Math.abs(lossGradient(z, y, { loss }).slice(0, 0).item()),
    });
    return { margin, probability: z.softmax(1).slice(0, 2).item(), ce: both("ce"), mse: both("mse") };
  });
}
