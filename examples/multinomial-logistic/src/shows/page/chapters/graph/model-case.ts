/** The graph of the loss of one example, by the lesson's own model and loss; or with cross-entropy taken apart. */
import { oneHot, type Tensor, tensor } from "@tendril/tensor";
import { dataLoss, type Fit } from "../../../../lesson/loss.ts";
import { emptyModel, type Model } from "../../../../lesson/model.ts";
import type { Case, Named } from "./cases.ts";

export interface ModelExample {
  model: Model;
  /** [1, features], as the model sees it. */
  x: Tensor;
  /** Its class. */
  target: number;
  className: string;
  fit: Fit;
}

/** Whether the loss is the fused cross-entropy, which can be taken apart. */
export const isFused = ({ loss, mistake }: Fit): boolean =>
  loss === "ce" && mistake !== "twice" && mistake !== "unshifted";

export function modelCase({ model, x, target, className, fit }: ModelExample, apart: boolean): Case {
  const [classes, features] = model.weight.shape as [number, number];
  const leaf = (name: string, from: Tensor, learned: boolean) => ({
    name,
    shape: from.shape,
    values: [...from.data],
    learned,
  });
  return {
    look: lookOf(fit, apart),
    notes: {
      ...batchNotes(fit, apart),
      crossEntropy: `Class ${target} is ${className}, the class of the ringed point.`,
      gather: `Class ${target} is ${className}, the class of the ringed point.`,
    },
    dtype: "float32",
    leaves: [leaf("x", x, false), leaf("W", model.weight, true), leaf("b", model.bias, true)],
    compute: ([input, weight, bias], named) => {
      const twin = emptyModel(features, classes, { dtype: weight?.dtype as Case["dtype"] });
      twin.weight = weight as Tensor;
      twin.bias = bias as Tensor;
      const z = named("z", twin.forward(input as Tensor));
      const y = named("y", tensor([target], { dtype: "int32" }));
      return named("loss", apart && isFused(fit) ? crossEntropyApart(z, y, fit, named) : dataLoss(z, y, fit));
    },
  };
}

function lookOf(fit: Fit, apart: boolean): string {
  if (fit.mistake === "twice") {
    return "Look at z: softmax stands before a loss that has its own, so what comes to z is not p − y.";
  }
  if (fit.mistake === "unshifted") {
    return "Look at exp: of scores near 1000 it is infinite, and no gradient that comes by there is a number.";
  }
  if (fit.loss === "mse") {
    return "Look at softmax: where the model is sure of a class, right or wrong, it lets almost nothing through.";
  }
  return apart
    ? "Look at s = z − max z, which two ops use: −y comes to it over one path, the probabilities p over the other. Their sum is p − y, which the fused loss computes in one go."
    : "Look at z: what comes to it is p − y. The bias gets it as it is, each row of W gets it times x.";
}

/** Why ops that pass on what arrives are there at all. Elsewhere `sum` and `div` have the classes to add up. */
function batchNotes({ loss, mistake, classWeights }: Fit, apart: boolean): Case["notes"] {
  if (loss === "mse" || mistake === "unshifted" || (apart && mistake !== "twice")) return {};
  const by = classWeights === undefined ? "their number" : "the sum of their weights";
  const here = classWeights === undefined ? "Here is one row, so they change nothing." : "Here is one row.";
  const note = `where, sum and div are for a batch of many rows: ignored rows are masked, the losses added up and divided by ${by}. ${here}`;
  return { where: note, sum: note, div: note };
}

/** −Σ t·ln softmax(z) in steps: s = z − max z, then ln p = s − ln Σ eˢ. As exact as the fused op, with more to do. */
function crossEntropyApart(z: Tensor, y: Tensor, fit: Fit, named: Named): Tensor {
  const s = named("s", z.sub(named("max z", z.detach().amax(1, { keepdim: true }))));
  const e = named("e", s.exp());
  const logP = named("ln p", s.sub(e.sum(1, { keepdim: true }).log()));
  return logP
    .mul(named("t", targetsOf(z, y, fit)))
    .sum()
    .neg();
}

/** What each class counts: 1 for the truth, with smoothing and class weights as PyTorch has them. */
function targetsOf(z: Tensor, y: Tensor, { labelSmoothing = 0, classWeights }: Fit): Tensor {
  const classes = z.shape[1] as number;
  const t = oneHot(y, classes, { dtype: z.dtype });
  const smooth = labelSmoothing === 0 ? t : t.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  return classWeights === undefined ? smooth : smooth.mul([...classWeights]).div(classWeights[y.item()] ?? 1);
}
