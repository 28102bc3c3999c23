// Adagrad.
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

/** The options of `Adagrad`. */
export interface AdagradOptions extends OptimizerOptions {
  /** The learning rate. Default 0.01. */
  lr?: number;
  /** How fast the learning rate falls with the steps t = 0, 1, …: lr / (1 + t·lrDecay). Default 0. */
  lrDecay?: number;
  /** What the sum of squares starts from. Default 0. */
  initialAccumulatorValue?: number;
  /** Added to the denominator, so that a gradient of 0 does not divide by 0. Default 1e-10. */
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
 * Adagrad: p ← p − lr·g / (√Σg² + ε), the sum over all steps so far, for parameters p [...] with gradients g [...].
 * @throws {ValueError} when there are no parameters, one is not a tensor or given twice, or an option is unknown, of another
 *   kind or out of range
 * @throws {GradError} when a parameter is a computed tensor
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 * @see Duchi, Hazan & Singer 2011
 * @example
 * const p = parameter(tensor([1, -2]));
 * const optimizer = new Adagrad([p], { lr: 0.5 });
 * p.square().sum().backward();
 * optimizer.step();
 * p // tensor([ 0.5000, -1.5000], requiresGrad=true)
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(
    /** What to train: parameters, with or without their names, or groups with options of their own. */
    parameters: Trainable<AdagradOptions>,
    options: AdagradOptions = {},
  ) {
    super(parameters, options, rule);
  }
}
