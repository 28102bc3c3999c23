/** One row of the training part on its way: x → z = Wx + b → p = softmax(z) → loss, and back to ∂loss/∂z. */
import type { Split } from "@tendril/nn";
import type { Tensor } from "@tendril/tensor";
import { dataLoss, type Fit, lossGradient } from "./loss.ts";
import { type Model, predict } from "./model.ts";
import { vector } from "./numbers.ts";

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

export interface Pipeline {
  /** The features, as measured and as standardized. */
  measured: number[];
  x: number[];
  /** One number for each class from here on. z = Wx + b: */
  logits: number[];
  /** z − max z: softmax stays what it is, and exp stays finite. */
  shifted: number[];
  /** exp(z − max z) */
  exps: number[];
  /** softmax(z): those, divided by their sum. */
  p: number[];
  /** 1 for the true class, 0 for the others; with label smoothing a little less, and a little more. */
  y: number[];
  /** The index of the true class. */
  target: number;
  /** −ln p of the true class, whatever the loss is. */
  surprise: number;
  loss: number;
  /** p − y, which is the gradient if the loss is cross-entropy. */
  difference: number[];
  /** ∂loss/∂z by backprop. */
  gradient: number[];
}

/** Every number on the way forward, and what backprop sends back. Without the penalty, which belongs to W, not to a row. */
export function followExample({ measured, x, y }: Example, model: Model, fit: Fit): Pipeline {
  const logits = model.forward(x).detach();
  const target = y.item();
  const shifted = logits.sub(logits.amax(1, { keepdim: true }));
  const p = vector(logits.softmax(1));
  const smoothing = fit.loss === "ce" ? (fit.labelSmoothing ?? 0) : 0;
  const truth = p.map((_, k) => (k === target ? 1 - smoothing : 0) + smoothing / p.length);
  return {
    measured: vector(measured),
    x: vector(x),
    logits: vector(logits),
    shifted: vector(shifted),
    exps: vector(shifted.exp()),
    p,
    y: truth,
    target,
    surprise: dataLoss(logits, y, { loss: "ce" }).item(),
    loss: dataLoss(logits, y, fit).item(),
    difference: p.map((value, k) => value - (truth[k] ?? 0)),
    gradient: vector(lossGradient(logits, y, fit)),
  };
}
