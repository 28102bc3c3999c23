// Losses for two classes or several labels: of probabilities, and of logits.
import {
  broadcastTo,
  customGrad,
  ensure,
  maximum,
  mul,
  sub,
  type Tensor,
  type TensorLike,
  ValueError,
} from "@tendril/tensor";
import { asTensor, requireFloat, requireSameShape } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { Loss, type Reduction, reduce, reductions } from "./loss.ts";

// Yes or no: the cross-entropy of a single probability against y in [0, 1]. Two gradients that are easily confused:
//   by the probability x:  (x − y) / (x(1 − x)), which blows up where the model is sure;
//   by the logit z, x = σ(z):  σ(z) − y, because σ′ = x(1 − x) cancels the denominator.

/** The options of `bce` and `BCE`. */
export interface BCEOptions {
  /** What each element's loss is multiplied by; broadcast to the input. Default 1. */
  weight?: TensorLike;
  /** What becomes of the losses of single elements: kept, averaged or added up. Default `"mean"`. */
  reduction?: Reduction;
}

/** The options of `bceWithLogits` and `BCEWithLogits`. */
export interface BCEWithLogitsOptions extends BCEOptions {
  /** How much the positive term counts, against 1 for the negative one; broadcast to the input. Default 1. */
  posWeight?: TensorLike;
}

const kinds: Kinds<BCEOptions> = { weight: "any", reduction: reductions };
const logitKinds: Kinds<BCEWithLogitsOptions> = { weight: "any", posWeight: "any", reduction: reductions };

/** log x and log(1 − x), no smaller than −100, so that a certain and wrong probability has a finite loss. */
const logOf = (x: Tensor): Tensor => x.log().clamp({ min: -100 });
const logOfRest = (x: Tensor): Tensor => x.neg().log1p().clamp({ min: -100 });

/** What x(1 − x) is taken for where it is smaller; PyTorch writes it as a float32 literal. */
const tiny = /* @__PURE__ */ Math.fround(1e-12);

/** −(y·log x + (1 − y)·log(1 − x)) */
const binaryCrossEntropy = /* @__PURE__ */ customGrad({
  name: "bce",
  forward: (x: Tensor, y: Tensor) => sub(mul(y.sub(1), logOfRest(x)), mul(y, logOf(x))),
  vjps: [
    (ct, [x, y]) => ct.mul(x.sub(y)).div(maximum(x.sub(x.square()), tiny)), // ∂/∂x = (x − y) / (x(1 − x))
    (ct, [x]) => ct.mul(logOfRest(x).sub(logOf(x))), //                         ∂/∂y = log(1 − x) − log x
  ],
});

/** log(1 + e⁻ᶻ) = −log σ(z) */
const softplusOfMinus = (z: Tensor): Tensor => z.logSigmoid().neg();

/** −(p·y·log σ(z) + (1 − y)·log(1 − σ(z))) = (1 − y)·z + (1 + (p − 1)·y)·log(1 + e⁻ᶻ), p the weight of the positives */
const binaryCrossEntropyWithLogits = /* @__PURE__ */ customGrad({
  name: "bceWithLogits",
  forward: (z: Tensor, y: Tensor, p: Tensor) => z.mul(y.neg().add(1)).add(positiveShare(y, p).mul(softplusOfMinus(z))),
  vjps: [
    (ct, [z, y, p]) => ct.mul(z.sigmoid().mul(positiveShare(y, p)).sub(y.mul(p))), // ∂/∂z = σ(z) − y where p = 1
    (ct, [z, , p]) => ct.mul(p.sub(1).mul(softplusOfMinus(z)).sub(z)), //             ∂/∂y = −z where p = 1
    (ct, [z, y]) => ct.mul(y.mul(softplusOfMinus(z))),
  ],
});

/** 1 + (p − 1)·y */
const positiveShare = (y: Tensor, p: Tensor): Tensor => p.sub(1).mul(y).add(1);

/**
 * Binary cross-entropy of probabilities, −(y·log x + (1 − y)·log(1 − x)), in nats. For a model's raw output use
 * `bceWithLogits`, which keeps its precision and its gradient when the model is sure.
 * @param input probabilities x: [...]
 * @param target probabilities y: [...], of the same shape
 * @throws {ValueError} when a value is outside [0, 1] or NaN, or an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 * @example
 * bce(tensor([0.5, 0.25]), tensor([1, 0])) // tensor(0.4904)
 */
export function bce(input: Tensor, target: Tensor, options: BCEOptions = {}): Tensor {
  checked("bce", options, kinds);
  requireFloat("bce", "input", input);
  requireSameShape("bce", input, target);
  requireProbabilities("input", input, "for logits use bceWithLogits");
  requireProbabilities("target", target, "0 is no, 1 is yes");
  return weighAndReduce(binaryCrossEntropy(input, target.to(input.dtype)), options);
}

/**
 * Binary cross-entropy of logits, in nats: `bce(sigmoid(input), target)`, exact for any logit.
 * @param input logits: [...]
 * @param target probabilities: [...], of the same shape
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 * @example
 * bceWithLogits(tensor([0, 100]), tensor([1, 1])) // tensor(0.3466)
 */
export function bceWithLogits(input: Tensor, target: Tensor, options: BCEWithLogitsOptions = {}): Tensor {
  const { posWeight = 1 } = checked("bceWithLogits", options, logitKinds);
  requireFloat("bceWithLogits", "input", input);
  requireSameShape("bceWithLogits", input, target);
  const p = broadcastTo(asTensor(posWeight, input.dtype), input.shape);
  return weighAndReduce(binaryCrossEntropyWithLogits(input, target.to(input.dtype), p), options);
}

function weighAndReduce(losses: Tensor, { weight, reduction = "mean" }: BCEOptions): Tensor {
  if (weight === undefined) return reduce(losses, reduction);
  return reduce(losses.mul(broadcastTo(asTensor(weight, losses.dtype), losses.shape)), reduction);
}

function requireProbabilities(name: string, x: Tensor, remedy: string): void {
  const values = x.detach();
  ensure(values.eq(values.clamp({ min: 0, max: 1 })), () => {
    const bad = x.data.find((p) => !(p >= 0 && p <= 1));
    return new ValueError(`bce: ${name} holds ${bad}, which is outside [0, 1]; ${remedy}`);
  });
}

/**
 * The loss of probabilities against yes or no: `bce` with its options kept, for input and target of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind, and as `bce` does
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 * @example
 * new BCE({ reduction: "sum" }).forward(tensor([0.5, 0.25]), tensor([1, 0])) // tensor(0.9808)
 */
export class BCE extends Loss<BCEOptions> {
  protected static override readonly kinds: Kinds<BCEOptions> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return bce(input, target, this.options);
  }
}

/**
 * The loss of logits against yes or no: `bceWithLogits` with its options kept, for input and target of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 * @example
 * new BCEWithLogits({ posWeight: 2 }).forward(tensor([0]), tensor([1])) // tensor(1.3863)
 */
export class BCEWithLogits extends Loss<BCEWithLogitsOptions> {
  protected static override readonly kinds: Kinds<BCEWithLogitsOptions> = logitKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return bceWithLogits(input, target, this.options);
  }
}
