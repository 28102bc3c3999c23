import { pow, sub, type Tensor, ValueError } from "@tendril/tensor";
import { requireBetween } from "../check.ts";
import { Optimizer, type OptimizerOptions, type State } from "./optimizer.ts";

export interface AdamOptions extends OptimizerOptions {
  /** How slowly the averages of the gradient and of its square forget, both in [0, 1). */
  betas?: readonly [number, number];
  /** Added to the denominator, so that a gradient of 0 does not divide by 0. */
  eps?: number;
  weightDecay?: number;
}

type Buffers = "expAvg" | "expAvgSq";

/**
 * Adam: p ← p − lr·m̂ / (√v̂ + ε), where m̂ and v̂ are the bias-corrected running averages of g and g².
 * `weightDecay` (default 0) is an L2 penalty, λ·p in the gradient. Throws a typed error for options out of range.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 * @see Kingma & Ba 2015, Algorithm 1
 */
export class Adam extends Optimizer<Buffers> {
  protected readonly weightDecay: number;
  readonly #betas: readonly [number, number];
  readonly #eps: number;

  constructor(
    parameters: Iterable<Tensor>,
    { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamOptions = {},
  ) {
    const { name } = new.target;
    for (const [i, beta] of betas.entries()) {
      if (!(beta >= 0 && beta < 1)) throw new ValueError(`${name}: betas[${i}] must be in [0, 1), got ${beta}`);
    }
    requireBetween(name, "eps", eps, 0);
    requireBetween(name, "weightDecay", weightDecay, 0);
    super(parameters, lr, ["expAvg", "expAvgSq"]);
    this.weightDecay = weightDecay;
    this.#betas = betas;
    this.#eps = eps;
  }

  protected override update(p: Tensor, grad: Tensor, lr: Tensor, state: State<Buffers>): void {
    const { step, expAvg: m, expAvgSq: v } = state;
    const [beta1, beta2] = this.#betas;
    const g = this.decay(p, grad, lr);
    m.assign(m.mul(beta1).add(g.mul(1 - beta1)));
    v.assign(v.mul(beta2).add(g.square().mul(1 - beta2)));
    // The averages start at 0, which biases them towards it: after t steps by the factors 1 − βᵗ.
    const correction1 = sub(1, pow(beta1, step));
    const correction2 = sub(1, pow(beta2, step));
    const denominator = v.sqrt().div(correction2.sqrt().to(p.dtype)).add(this.#eps);
    p.assign(p.sub(m.div(denominator).mul(lr.div(correction1).to(p.dtype))));
  }

  /** Decays the weights: the gradient to go on with. */
  protected decay(p: Tensor, grad: Tensor, _lr: Tensor): Tensor {
    return this.weightDecay === 0 ? grad : grad.add(p.mul(this.weightDecay));
  }
}

/**
 * Adam with decoupled weight decay: p ← p·(1 − lr·λ) before the step (λ = 0.01 by default), the gradient untouched.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 * @see Loshchilov & Hutter 2019, Algorithm 2
 */
export class AdamW extends Adam {
  constructor(parameters: Iterable<Tensor>, { weightDecay = 0.01, ...options }: AdamOptions = {}) {
    super(parameters, { weightDecay, ...options });
  }

  protected override decay(p: Tensor, grad: Tensor, lr: Tensor): Tensor {
    p.assign(p.mul(sub(1, lr.mul(this.weightDecay)).to(p.dtype)));
    return grad;
  }
}
