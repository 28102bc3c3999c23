// Adam and AdamW.
import { describeValue, pow, sub, ValueError } from "@tendril/tensor";
import type { OptimizerOptions, Trainable } from "./group.ts";
import { Optimizer, type OptimizerRule, type State } from "./optimizer.ts";

/** The options of `Adam` and `AdamW`. */
export interface AdamOptions extends OptimizerOptions {
  /** The learning rate. Default 0.001. */
  lr?: number;
  /** The weights of the past in the averages of the gradient and of its square, both in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator, so that a gradient of 0 does not divide by 0. Default 1e-8. */
  eps?: number;
  /**
   * λ: in Adam of an L2 penalty, which adds λ·p to the gradient; in AdamW what p is shrunk by, p·(1 − lr·λ). Default 0 in
   * Adam and 0.01 in AdamW.
   */
  weightDecay?: number;
  /** Whether to divide by the largest average of squares so far instead of the present one. Default false. */
  amsgrad?: boolean;
}

const adam: OptimizerRule<AdamOptions, State<"expAvg" | "expAvgSq", "maxExpAvgSq">> = {
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false },
  check(op, { betas }) {
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw new ValueError(`${op}: betas must be two numbers in [0, 1), got ${describeValue(betas)}`);
    }
    for (const [i, beta] of betas.entries()) {
      if (typeof beta === "number" && beta >= 0 && beta < 1) continue;
      throw new ValueError(`${op}: betas[${i}] must be in [0, 1), got ${describeValue(beta)}`);
    }
  },
  buffers: ({ amsgrad }) => ({ expAvg: 0, expAvgSq: 0, maxExpAvgSq: amsgrad ? 0 : null }),
  update(p, g, lr, { step, expAvg: m, expAvgSq: v, maxExpAvgSq: most }, { betas: [beta1, beta2], eps }) {
    m.assign(m.mul(beta1).add(g.mul(1 - beta1)));
    v.assign(v.mul(beta2).add(g.square().mul(1 - beta2)));
    most?.assign(most.maximum(v));
    // The averages start at 0, which biases them towards it: after t steps by the factors 1 − βᵗ.
    const correction1 = sub(1, pow(beta1, step));
    const correction2 = sub(1, pow(beta2, step));
    const denominator = (most ?? v).sqrt().div(correction2.sqrt()).add(eps);
    p.assign(p.sub(m.div(denominator).mul(lr.div(correction1))));
  },
};

const adamW: typeof adam = /* @__PURE__ */ (() => ({
  ...adam,
  defaults: { ...adam.defaults, weightDecay: 0.01 },
  decay(p, g, lr, weightDecay) {
    p.assign(p.mul(sub(1, lr.mul(weightDecay))));
    return g;
  },
}))();

/**
 * Adam: p ← p − lr·m̂ / (√v̂ + ε), where m̂ and v̂ are the bias-corrected running averages of g and g², for parameters
 * p [...] with gradients g [...].
 * @throws {ValueError} when there are no parameters, one is not a tensor or given twice, or an option is unknown, of another
 *   kind or out of range
 * @throws {GradError} when a parameter is a computed tensor
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 * @see Kingma & Ba 2015, Algorithm 1; Reddi, Kale & Kumar 2018, Algorithm 2 (amsgrad)
 * @example
 * const p = parameter(tensor([1, -2]));
 * const optimizer = new Adam([p], { lr: 0.5 });
 * p.square().sum().backward();
 * optimizer.step();
 * p // tensor([ 0.5000, -1.5000], requiresGrad=true)
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(
    /** What to train: parameters, with or without their names, or groups with options of their own. */
    parameters: Trainable<AdamOptions>,
    options: AdamOptions = {},
  ) {
    super(parameters, options, adam);
  }
}

/**
 * Adam with decoupled weight decay: p ← p·(1 − lr·λ) before Adam's step, for parameters p [...]; the gradient stays as it
 * is.
 * @throws {ValueError} when there are no parameters, one is not a tensor or given twice, or an option is unknown, of another
 *   kind or out of range
 * @throws {GradError} when a parameter is a computed tensor
 * @see https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 * @see Loshchilov & Hutter 2019, Algorithm 2
 * @example
 * const p = parameter(tensor([1, -2]));
 * const optimizer = new AdamW([p], { lr: 0.5, weightDecay: 0.1 });
 * p.square().sum().backward();
 * optimizer.step();
 * p // tensor([ 0.4500, -1.4000], requiresGrad=true)
 */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(
    /** What to train: parameters, with or without their names, or groups with options of their own. */
    parameters: Trainable<AdamOptions>,
    options: AdamOptions = {},
  ) {
    super(parameters, options, adamW);
  }
}
