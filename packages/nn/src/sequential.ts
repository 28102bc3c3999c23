import type { Tensor } from "@tendril/tensor";
import { Module } from "./module.ts";

/**
 * Modules one after the other. They are its numbered properties, so `model[0]` is the first and its weight is saved
 * under `"0.weight"`, as in PyTorch.
 *
 * ```ts
 * const model = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3));
 * ```
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module {
  readonly [index: number]: Module;
  readonly length: number;

  constructor(...layers: Module[]) {
    super();
    Object.assign(this, layers);
    this.length = layers.length;
  }

  *[Symbol.iterator](): Generator<Module> {
    for (let i = 0; i < this.length; i++) yield this[i] as Module;
  }

  override forward(x: Tensor): Tensor {
    let h = x;
    for (const layer of this) h = layer.forward(h);
    return h;
  }
}
