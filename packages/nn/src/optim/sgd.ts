// SGD, with momentum and weight decay.
import { ValueError } from "@tendril/tensor";
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

export interface SGDOptions extends OptimizerOptions {
  momentum?: number;
  /** How much of each gradient after the first is kept out of the momentum. */
  dampening?: number;
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
 * g + μ·b. Throws a typed error for options out of range.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: Trainable<SGDOptions>, options: SGDOptions = {}) {
    super(parameters, options, rule);
  }
}
