// Cross-entropy of logits, with the gradient softmax − y.
import {
  customGrad,
  DTypeError,
  ensure,
  logSoftmax,
  mul,
  oneHot,
  ShapeError,
  softmax,
  sub,
  type Tensor,
  ValueError,
  where,
} from "@tendril/tensor";
import { isFloat, requireBetween, requireTensor, show } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { type ClassOptions, classesLast, classWeights, lossOfClasses, pick, weigh } from "./classes.ts";
import { Loss, reduce, reductions } from "./loss.ts";

// The loss of classification, fused with its softmax: log Σ e^z needs no probability, and its derivative *is* the
// softmax, so the chain rule's division by a small probability never happens and the gradient is a plain difference.
// z: [..., C] are logits, classes last.

/** −log softmax(z)_y = logSumExp(z) − z_y, for class indices y: [...]; as 0 − log softmax, for it is never −0. */
const hardCrossEntropy = /* @__PURE__ */ customGrad({
  name: "crossEntropy",
  forward: (z: Tensor, y: Tensor) => sub(0, pick(logSoftmax(z), y)),
  vjps: [
    (ct, [z, y]) => mul(ct.unsqueeze(-1), sub(softmax(z), oneHotLike(z, y))), // ∂/∂z = softmax(z) − y
    null,
  ],
});

/** −Σ_c t_c·log softmax(z)_c, for any weights t: [..., C] of the classes, such as probabilities. */
const softCrossEntropy = /* @__PURE__ */ customGrad({
  name: "crossEntropy",
  forward: (z: Tensor, t: Tensor) => mul(t.neg(), logSoftmaxWhere(z, t)).sum(-1),
  vjps: [
    // ∂/∂z = softmax(z)·Σt − t, which is softmax(z) − t where t sums to 1
    (ct, [z, t]) => mul(ct.unsqueeze(-1), sub(mul(softmax(z), t.sum(-1, { keepdim: true })), t)),
    (ct, [z, t]) => mul(ct.unsqueeze(-1), logSoftmaxWhere(z, t).neg()), // ∂/∂t = −log softmax(z)
  ],
});

/** log softmax(z), but 0 where it is −∞ and t is 0, so that 0·log 0 = 0. */
function logSoftmaxWhere(z: Tensor, t: Tensor): Tensor {
  const l = logSoftmax(z);
  return where(t.eq(0).logicalAnd(l.eq(-Infinity)), 0, l);
}

const oneHotLike = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1), { dtype: z.dtype });

/** The options of `crossEntropy` and `CrossEntropy`. */
export interface CrossEntropyOptions extends ClassOptions {
  /** ε: the share of the target that is spread evenly over all classes, from 0 to 1. Default 0. */
  labelSmoothing?: number;
  /** Whether to throw for target rows that are not probabilities; PyTorch takes any numbers. Default false. */
  checkTargets?: boolean;
}

const kinds: Kinds<CrossEntropyOptions> = {
  weight: "any",
  ignoreIndex: "number",
  reduction: reductions,
  labelSmoothing: "number",
  checkTargets: "boolean",
};

/**
 * The cross-entropy of softmax(input) against classes, −log softmax(input)_y, in nats. By default the mean over all rows;
 * with class weights and class indices a mean weighted by them.
 * @param input logits (not probabilities): [N, C], [N, C, d1, …] or [C]
 * @param target class indices (int32) [N], [N, d1, …] or [], or class probabilities (float) of the input's shape
 * @throws {ShapeError} when the target, or the class weights, do not fit the input
 * @throws {DTypeError} when the input is not a float, or a target of the input's shape is int32
 * @throws {IndexError} when a class is outside 0 … C − 1 and not `ignoreIndex`
 * @throws {ValueError} when an option is unknown, of another kind or out of range; with `checkTargets` when target
 *   probabilities are below 0 or do not sum to 1 within 1e-4
 * @see https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 * @example
 * crossEntropy(tensor([[2, 4, 0.5]]), tensor([1], { dtype: "int32" })) // tensor(0.1532)
 * crossEntropy(tensor([[2, 4, 0.5]]), tensor([[0, 0.5, 0.5]])) // tensor(1.9032)
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = "crossEntropy";
  const {
    weight,
    ignoreIndex = -100,
    reduction = "mean",
    labelSmoothing = 0,
    checkTargets,
  } = checked(op, options, kinds);
  requireBetween(op, "labelSmoothing", labelSmoothing, 0, 1);
  const z = classesLast(op, input);
  requireTensor(op, "target", target);
  const weights = classWeights(op, z, weight);
  /** w_c·((1 − ε)·q_c + ε/C) */
  const weighted = (q: Tensor) => {
    const smooth =
      labelSmoothing === 0 ? q : q.mul(1 - labelSmoothing).add(labelSmoothing / (q.shape.at(-1) as number));
    return weights === undefined ? smooth : smooth.mul(weights);
  };

  if (isFloat(target)) {
    requireInputShape(input, target);
    if (ignoreIndex >= 0) throw new ValueError(`${op}: ignoreIndex is for class indices; leave those rows out instead`);
    const q = classesLast(op, target.to(input.dtype));
    if (checkTargets) requireProbabilities(q.detach());
    return reduce(softCrossEntropy(z, weighted(q)), reduction);
  }
  requireIndices(input, target);
  return lossOfClasses(op, z, target, weights, { ignoreIndex, reduction }, (y, w) =>
    labelSmoothing === 0 ? weigh(hardCrossEntropy(z, y), w) : softCrossEntropy(z, weighted(oneHotLike(z, y))),
  );
}

/** Throws unless each row of q: [..., C] is a distribution, up to the rounding of float32. */
function requireProbabilities(q: Tensor): void {
  ensure(q.ge(0), () => {
    const negative = q.data.find((p) => !(p >= 0));
    return new ValueError(`crossEntropy: target holds ${negative}, which is not a probability`);
  });
  const totals = q.sum(-1).to("float64");
  ensure(totals.sub(1).abs().le(1e-4), () => {
    const total = totals.data.find((sum) => !(Math.abs(sum - 1) <= 1e-4));
    return new ValueError(`crossEntropy: a row of target probabilities sums to ${total}; divide each row by its sum`);
  });
}

function requireInputShape(input: Tensor, target: Tensor): void {
  if (show(input.shape) === show(target.shape)) return;
  const rest = `${show(input.shape)}, got ${show(target.shape)}; for class indices use target.to("int32")`;
  throw new ShapeError(`crossEntropy: float targets are probabilities of the input's shape ${rest}`);
}

function requireIndices(input: Tensor, target: Tensor): void {
  if (target.dtype === "int32" && target.ndim < input.ndim) return;
  const oneHot = target.shape[1] === 1 ? "; use target.squeeze(1)" : `; for one-hot targets use .to("${input.dtype}")`;
  const remedy = target.ndim < input.ndim ? "" : oneHot;
  const rest = `the input ${show(input.shape)}, got ${target.dtype} ${show(target.shape)}`;
  throw new DTypeError(`crossEntropy: class indices are int32 with one axis less than ${rest}${remedy}`);
}

/**
 * The loss of classification: `crossEntropy` with its options kept, of logits [N, C] against class indices (int32) [N], or
 * the other shapes that `crossEntropy` takes.
 * @throws {ValueError} when an option is unknown or of another kind; in `forward` all that `crossEntropy` throws
 * @see https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 * @example
 * const criterion = new CrossEntropy({ labelSmoothing: 0.1 });
 * criterion.forward(tensor([[2, 4, 0.5]]), tensor([1], { dtype: "int32" })) // tensor(0.3365)
 */
export class CrossEntropy extends Loss<CrossEntropyOptions> {
  protected static override readonly kinds: Kinds<CrossEntropyOptions> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this.options);
  }
}
