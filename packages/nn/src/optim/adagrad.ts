// Adagrad.
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

export interface AdagradOptions extends OptimizerOptions {
  /** How fast the learning rate falls with the steps t = 0, 1, …: lr / (1 + t·lrDecay). */
  lrDecay?: number;
  /** What the sum of squares starts from. */
  initialAccumulatorValue?: number;
  /** Added to the denominator, so that a gradient of 0 does not divide by 0. */
  eps?: number;
}

const rule: OptimizerRule<AdagradOptions, State<"sum">> = {
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },
  buffers: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  update(p, g, lr, { step, sum }, { lrDecay, eps }) {
    sum.assign(sum.add(g.square()));
    const rate = lr.div(step.sub(1).mul(lrDecay).add(1));
    p.assign(p.sub(g.div(sum.sqrt().add(eps)).mul(rate)));
  },
};

/**
 * Adagrad: p ← p − lr·g / (√Σg² + ε), the sum over all steps so far. Throws a typed error for options out of range.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 * @see Duchi, Hazan & Singer 2011
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: Trainable<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters, options, rule);
  }
}
