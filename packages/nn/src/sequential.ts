// Sequential: layers one after the other.
import { type Tensor, ValueError } from "@tendril/tensor";
import { requireInstance } from "./check.ts";
import { Module } from "./module.ts";

/**
 * Modules one after the other. They are its numbered properties, so `model[0]` is the first and its weight is saved
 * under `"0.weight"`, as in PyTorch.
 *
 * ```ts
 * const model = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3));
 * ```
 *
 * Throws `ValueError` for what is no module; an array of layers is to be spread, `new Sequential(...layers)`.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module {
  readonly [index: number]: Module<[x: Tensor]>;
  readonly length: number;

  constructor(...layers: Module<[x: Tensor]>[]) {
    super();
    if (Array.isArray(layers[0])) {
      throw new ValueError("Sequential: layers come one by one, got an array; use new Sequential(...layers)");
    }
    for (const [i, layer] of layers.entries()) requireInstance("Sequential", `layer ${i}`, layer, Module, "a module");
    Object.assign(this, layers);
    this.length = layers.length;
  }

  *[Symbol.iterator](): Generator<Module<[x: Tensor]>> {
    for (let i = 0; i < this.length; i++) yield this[i] as Module<[x: Tensor]>;
  }

  override forward(x: Tensor): Tensor {
    let h = x;
    for (const layer of this) h = layer.forward(h);
    return h;
  }
}
