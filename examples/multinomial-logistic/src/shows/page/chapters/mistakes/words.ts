/** The six mistakes in words: what each is in the code, what to look for, and why it happens. */
import type { Mistake } from "../../../../lesson/mistakes.ts";

export interface Words {
  title: string;
  /** The line as it should be, and as it is. */
  right: string;
  wrong: string;
  look: string;
  why: string;
}

export const words: Record<Mistake, Words> = {
  twice: {
    title: "softmax applied twice",
    right: "crossEntropy(logits, y)",
    wrong: "crossEntropy(logits.softmax(1), y)",
    look: "Play 100 steps. The accuracy is as good as before, yet the loss stays far above the grey run, and the followed point's last column is no longer p − y.",
    why: "The loss has a softmax of its own. It is given probabilities, all between 0 and 1, as if they were scores: the surest it can get is softmax(1, 0, 0), which for three classes is 0.576. So the loss cannot fall below 0.551, and gradients shrink on their way through the second softmax. Nothing complains. This is why the loss here takes logits.",
  },
  unshifted: {
    title: "exp without the shift, at logits of 1000",
    right: "logits.logSumExp(1)",
    wrong: "logits.add(1000).exp().sum(1).log()",
    look: "Press step. The loss is not a number before anything is learned, though 1000 more for every class changes no probability.",
    why: "softmax(z + c) is softmax(z) for any c: numerator and denominator grow alike. But exp(1000) is more than a float32 can hold, so it is ∞, and ∞ / ∞ is not a number. Subtracting the largest score first leaves scores of at most 0, and exp of at most 1. That is the column z − max z.",
  },
  kept: {
    title: "gradients not set to zero",
    right: "optimizer.zeroGrad(); loss.backward(); optimizer.step()",
    wrong: "loss.backward(); optimizer.step()",
    look: "Play. The loss falls, then rises again: the lines swing through the right place and out on the other side.",
    why: "backward() adds to the gradients that are there, so that several losses can share a step. Without zeroGrad each step takes the sum of all gradients so far. It is a ball that rolls without friction: it gains speed all the way down, and climbs the other side as far.",
  },
  apart: {
    title: "W and b not updated together",
    right: "loss.backward(); step(W, b)",
    wrong: "loss.backward(); step(W); loss.backward(); step(b)",
    look: "Play. The curves lie almost on the grey ones: this mistake is hard to find. Choose iris and a rate of 100, without the mistake and with it: now they part.",
    why: "The gradient says what to do at one place, for all weights at once. Here b is moved by the gradient at another place, where W has moved already. While steps are short the two places are close, and the difference is small. With long steps it is not, and each step costs two backward passes.",
  },
  units: {
    title: "features not standardized",
    right: "model(standardizer.apply(x))",
    wrong: "model(x), with one feature in a unit a hundred times smaller",
    look: "Play. The last feature is counted in hundredths, so its numbers are a hundred times larger. The lines flip from step to step, and the loss jumps.",
    why: "The gradient of a weight is proportional to its feature: a hundred times the feature, a hundred times the gradient, and the curvature ten thousand times. The rate that suits one weight is far too large for the other, and the one that suits that is far too small for this. Standardized features suit one rate.",
  },
  saturated: {
    title: "squared error, sure and wrong",
    right: 'loss: "ce"',
    wrong: 'loss: "mse", from weights that are sure of the wrong class',
    look: "Play. The accuracy begins near 0 and stays there: the gradient is close to 0. Then choose cross-entropy in the settings, with the same start.",
    why: "Softmax is flat where it is sure. The squared error's gradient by z has a factor p (1 − p), which is nearly 0 for p near 1, be it right or wrong. Cross-entropy's logarithm undoes exactly that factor: what is left is p − y, and that is large wherever the model is wrong.",
  },
};
