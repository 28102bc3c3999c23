import { type Tensor, ValueError } from "@tendril/tensor";
import { requireBetween } from "../check.ts";
import { Optimizer, type OptimizerOptions, type State } from "./optimizer.ts";

export interface SGDOptions extends OptimizerOptions {
  momentum?: number;
  /** How much of each gradient after the first is kept out of the momentum. */
  dampening?: number;
  nesterov?: boolean;
  /** The L2 penalty λ/2·‖p‖², as λ·p in the gradient. */
  weightDecay?: number;
}

type Buffers = "momentumBuffer";

/**
 * Stochastic gradient descent, p ← p − lr·g, with momentum b ← μ·b + (1 − dampening)·g in place of g, or Nesterov's
 * g + μ·b. Throws a typed error for options out of range.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<Buffers> {
  readonly #options: Required<Omit<SGDOptions, "lr">>;

  constructor(
    parameters: Iterable<Tensor>,
    { lr = 1e-3, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SGDOptions = {},
  ) {
    requireBetween("SGD", "momentum", momentum, 0);
    requireBetween("SGD", "dampening", dampening, 0);
    requireBetween("SGD", "weightDecay", weightDecay, 0);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ValueError(`SGD: nesterov needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}`);
    }
    super(parameters, lr, ["momentumBuffer"]);
    this.#options = { momentum, dampening, nesterov, weightDecay };
  }

  protected override update(p: Tensor, grad: Tensor, lr: Tensor, { step, momentumBuffer: b }: State<Buffers>): void {
    const { momentum, dampening, nesterov, weightDecay } = this.#options;
    let g = weightDecay === 0 ? grad : grad.add(p.mul(weightDecay));
    if (momentum !== 0) {
      // The first gradient enters whole. Asked of the step count, not of the program: each step is the same ops.
      const share = step.gt(1).to("float64").mul(-dampening).add(1).to(p.dtype);
      b.assign(b.mul(momentum).add(g.mul(share)));
      g = nesterov ? g.add(b.mul(momentum)) : b;
    }
    p.assign(p.sub(g.mul(lr.to(p.dtype))));
  }
}
