// RMSprop.
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

/** The options of `RMSprop`. */
export interface RMSpropOptions extends OptimizerOptions {
  /** The learning rate. Default 0.01. */
  lr?: number;
  /** The weight of the past in the average of squares. Default 0.99. */
  alpha?: number;
  /** Added to the denominator, so that a gradient of 0 does not divide by 0. Default 1e-8. */
  eps?: number;
  /** μ: the weight of the past in each step. Default 0. */
  momentum?: number;
  /** Whether to divide by the deviation of the gradients instead of √v: v less the square of their average. Default false. */
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
 * place of d, for parameters p [...] with gradients g [...].
 * @throws {ValueError} when there are no parameters, one is not a tensor or given twice, or an option is unknown, of another
 *   kind or out of range
 * @throws {GradError} when a parameter is a computed tensor
 * @see https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 * @see Graves 2013, equations 38 to 41 (centered)
 * @example
 * const p = parameter(tensor([1, -2]));
 * const optimizer = new RMSprop([p], { lr: 0.05 });
 * p.square().sum().backward();
 * optimizer.step();
 * p // tensor([ 0.5000, -1.5000], requiresGrad=true)
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(
    /** What to train: parameters, with or without their names, or groups with options of their own. */
    parameters: Trainable<RMSpropOptions>,
    options: RMSpropOptions = {},
  ) {
    super(parameters, options, rule);
  }
}
