// RMSprop.
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

export interface RMSpropOptions extends OptimizerOptions {
  /** How slowly the average of squares forgets. */
  alpha?: number;
  /** Added to the denominator, so that a gradient of 0 does not divide by 0. */
  eps?: number;
  momentum?: number;
  /** Take the square of the average gradient off the average of squares: divide by the deviation. */
  centered?: boolean;
}

const rule: OptimizerRule<RMSpropOptions, State<"squareAvg", "momentumBuffer" | "gradAvg">> = {
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, maximize: false },
  buffers: ({ momentum, centered }) => ({
    squareAvg: 0,
    momentumBuffer: momentum === 0 ? null : 0,
    gradAvg: centered ? 0 : null,
  }),
  update(p, g, lr, { squareAvg: v, momentumBuffer: b, gradAvg: m }, { alpha, eps, momentum }) {
    v.assign(v.mul(alpha).add(g.square().mul(1 - alpha)));
    m?.assign(m.mul(alpha).add(g.mul(1 - alpha)));
    const direction = g.div((m === undefined ? v : v.sub(m.square())).sqrt().add(eps));
    b?.assign(b.mul(momentum).add(direction));
    p.assign(p.sub((b ?? direction).mul(lr)));
  },
};

/**
 * RMSprop: p ← p − lr·d, d = g / (√v + ε), where v is the running average of g², and with momentum b ← μ·b + d in
 * place of d. Throws a typed error for options out of range.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 * @see Graves 2013, equations 38 to 41 (centered)
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: Trainable<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters, options, rule);
  }
}
