// Sequential: layers one after the other.
import { type Tensor, ValueError } from "@tendril/tensor";
import { requireInstance } from "./check.ts";
import { Module } from "./module.ts";

/** What `Sequential` takes: a module from a tensor to a tensor. */
export type Layer = Module<[x: Tensor]>;

/** What every `Sequential` has, whatever its layers are. */
interface Chain<Layers extends readonly Layer[]> extends Module<[x: Tensor]> {
  readonly [index: number]: Layers[number];
  /** How many layers there are. */
  readonly length: number;
  /** The layers in their order. */
  [Symbol.iterator](): IterableIterator<Layers[number]>;
  /** x → what the layers make of it, each of the result of the one before. */
  forward(x: Tensor): Tensor;
}

/**
 * Modules one after the other: each takes what the one before gives, of the shapes that they take and give. They are its
 * numbered properties, so `model[0]` is the first and its weight is saved under `"0.weight"`, as in PyTorch.
 * @throws {ValueError} when a layer is no module; an array of layers is to be spread, `new Sequential(...layers)`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 * @example
 * const model = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3));
 * model.forward(zeros([5, 2])).shape // [5, 3]
 * model[0].weight.shape // [8, 2]
 * model.length // 3
 * for (const layer of model) console.log(layer);
 */
// A class cannot have a type for each of its numbered properties, so this is a value beside a type of the same name. The
// class has no name of its own: bundlers would make it `Sequential2`, and models print it.
export const Sequential: new <Layers extends readonly Layer[] = readonly Layer[]>(
  ...layers: Layers
) => Sequential<Layers> = class extends Module<[x: Tensor]> implements Chain<readonly Layer[]> {
  readonly [index: number]: Layer;
  readonly length: number;

  constructor(...layers: Layer[]) {
    super();
    if (Array.isArray(layers[0])) {
      throw new ValueError("Sequential: layers come one by one, got an array; use new Sequential(...layers)");
    }
    for (const [i, layer] of layers.entries()) requireInstance("Sequential", `layer ${i}`, layer, Module, "a module");
    Object.assign(this, layers);
    this.length = layers.length;
  }

  *[Symbol.iterator](): IterableIterator<Layer> {
    for (let i = 0; i < this.length; i++) yield this[i] as Layer;
  }

  override forward(x: Tensor): Tensor {
    let h = x;
    for (const layer of this) h = layer.forward(h);
    return h;
  }
} as unknown as typeof Sequential;

/** A `Sequential` of layers of these types, in their order. */
export type Sequential<Layers extends readonly Layer[] = readonly Layer[]> = Chain<Layers> & {
  readonly [I in keyof Layers as I extends `${number}` ? I : never]: Layers[I];
};
