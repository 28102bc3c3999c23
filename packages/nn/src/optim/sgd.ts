// SGD, with momentum and weight decay.
import { ValueError } from "@tendril/tensor";
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

/** The options of `SGD`. */
export interface SGDOptions extends OptimizerOptions {
  /** The learning rate. Default 0.001. */
  lr?: number;
  /** μ: the weight of the past in each step. Default 0. */
  momentum?: number;
  /** How much of each gradient after the first is kept out of the momentum. Default 0. */
  dampening?: number;
  /** Whether to use Nesterov's momentum, which needs momentum above 0 and dampening 0. Default false. */
  nesterov?: boolean;
}

const rule: OptimizerRule<SGDOptions, State<never, "momentumBuffer">> = {
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, maximize: false },
  check(op, { nesterov, momentum, dampening }) {
    if (!nesterov || (momentum > 0 && dampening === 0)) return;
    throw new ValueError(`${op}: nesterov needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}`);
  },
  buffers: ({ momentum }) => ({ momentumBuffer: momentum === 0 ? null : 0 }),
  update(p, g, lr, { step, momentumBuffer: b }, { momentum, dampening, nesterov }) {
    let direction = g;
    if (b !== undefined) {
      // The first gradient enters whole. Asked of the step count, not of the program: each step is the same ops.
      const share = step.gt(1).to("float64").mul(-dampening).add(1);
      b.assign(b.mul(momentum).add(g.mul(share)));
      direction = nesterov ? g.add(b.mul(momentum)) : b;
    }
    p.assign(p.sub(direction.mul(lr)));
  },
};

/**
 * Stochastic gradient descent, p ← p − lr·g, with momentum b ← μ·b + (1 − dampening)·g in place of g, or Nesterov's
 * g + μ·b, for parameters p [...] with gradients g [...].
 * @throws {ValueError} when there are no parameters, one is not a tensor or given twice, or an option is unknown, of another
 *   kind or out of range
 * @throws {GradError} when a parameter is a computed tensor
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 * @example
 * const p = parameter(tensor([1, -2]));
 * const optimizer = new SGD([p], { lr: 0.25 });
 * p.square().sum().backward();
 * optimizer.step();
 * p // tensor([ 0.5000, -1.0000], requiresGrad=true)
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(
    /** What to train: parameters, with or without their names, or groups with options of their own. */
    parameters: Trainable<SGDOptions>,
    options: SGDOptions = {},
  ) {
    super(parameters, options, rule);
  }
}
