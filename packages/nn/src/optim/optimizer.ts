import { GradError, noGrad, Tensor, tensor, ValueError, zerosLike } from "@tendril/tensor";
import { requireBetween } from "../check.ts";

export interface OptimizerOptions {
  /** The learning rate; it may be changed between steps through `optimizer.lr`. */
  lr?: number;
}

/** What an optimizer remembers of one parameter: how often it was updated, and running values of its shape. */
export type State<Buffer extends string> = Record<"step" | Buffer, Tensor>;

/**
 * The base of optimizers: holds the parameters, calls `update` for each that has a gradient.
 *
 * All that changes from step to step (the learning rate, step counts, running averages) is tensors, made here and
 * changed by `assign`, so that a step does the same ops every time. The numbers among them are float64.
 * @see https://pytorch.org/docs/stable/optim.html
 */
export abstract class Optimizer<Buffer extends string = string> {
  readonly parameters: readonly Tensor[];
  readonly #lr: Tensor;
  readonly #state: readonly State<Buffer>[];

  /** `buffers` names the running values, which start at zero. Throws a typed error for parameters it cannot train. */
  constructor(parameters: Iterable<Tensor>, lr: number, buffers: readonly Buffer[]) {
    this.parameters = [...parameters];
    checkParameters(this.constructor.name, this.parameters);
    this.#lr = tensor(0, { dtype: "float64" });
    this.lr = lr;
    this.#state = this.parameters.map((p) => {
      const running = buffers.map((name): [string, Tensor] => [name, zerosLike(p)]);
      return Object.fromEntries([["step", tensor(0, { dtype: "float64" })], ...running]) as State<Buffer>;
    });
  }

  /** The learning rate. Throws `ValueError` when set to a negative number, an infinite one or NaN. */
  get lr(): number {
    return this.#lr.item();
  }
  set lr(value: number) {
    requireBetween(this.constructor.name, "lr", value, 0);
    this.#lr.assign(tensor(value, { dtype: "float64" }));
  }

  /** Updates every parameter that has a gradient, in place. */
  step(): void {
    noGrad(() => {
      for (const [i, p] of this.parameters.entries()) {
        const state = this.#state[i];
        if (p.grad === null || state === undefined) continue;
        state.step.assign(state.step.add(1));
        this.update(p, p.grad, this.#lr, state);
      }
    });
  }

  /** Forgets all gradients (sets them to `null`), as at the start of each step of training. */
  zeroGrad(): void {
    for (const p of this.parameters) p.grad = null;
  }

  /** Changes `p`: [...], whose gradient is `grad`, and its state. `lr` and `state.step` (1 at first) are 0-d float64. */
  protected abstract update(p: Tensor, grad: Tensor, lr: Tensor, state: State<Buffer>): void;
}

function checkParameters(op: string, parameters: readonly Tensor[]): void {
  if (parameters.length === 0) throw new ValueError(`${op}: no parameters to train; pass model.parameters()`);
  for (const [i, p] of parameters.entries()) {
    if (!(p instanceof Tensor)) throw new ValueError(`${op}: parameter ${i} is not a tensor; pass model.parameters()`);
    if (!p.isLeaf) throw new GradError(`${op}: parameter ${i} is a computed tensor; pass the leaves it comes from`);
    if (parameters.indexOf(p) !== i) throw new ValueError(`${op}: parameter ${i} is given twice; pass each once`);
  }
}
