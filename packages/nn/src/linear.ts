// Linear: x·Wᵀ + b.
import { linear, ShapeError, type Tensor, zeros } from "@tendril/tensor";
import { requirePositiveInteger, requireTensor, show } from "./check.ts";
import { kaimingUniform, uniform } from "./init.ts";
import { Module, named, parameter } from "./module.ts";
import { checked, type Kinds, type WeightOptions, weightKinds } from "./options.ts";

/** The options of `Linear`. */
export interface LinearOptions extends WeightOptions {
  /** Whether to add a bias b. Default true. */
  bias?: boolean;
}

const kinds: Kinds<LinearOptions> = /* @__PURE__ */ Object.assign({ bias: "boolean" } as const, weightKinds);

/**
 * y = x·Wᵀ + b, for x: [..., inFeatures] and y: [..., outFeatures].
 * Weights start uniform in ±1/√inFeatures, as PyTorch's.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {ShapeError} when the last axis of x is not inFeatures
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 * @example
 * const layer = new Linear(2, 3);
 * layer.forward(zeros([5, 2])).shape // [5, 3]
 * layer.weight.shape // [3, 2]
 * console.log(layer); // Linear(inFeatures=2, outFeatures=3, bias=true)
 */
export class Linear extends Module {
  /** W: [outFeatures, inFeatures]. */
  weight: Tensor;
  /** b: [outFeatures], or null. */
  bias: Tensor | null;

  constructor(
    /** The size of the last axis of x. */
    readonly inFeatures: number,
    /** The size of the last axis of y. */
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    const { bias = true, dtype = "float32", generator } = checked("Linear", options, kinds);
    requirePositiveInteger("Linear", "inFeatures", inFeatures);
    requirePositiveInteger("Linear", "outFeatures", outFeatures);
    const bound = 1 / Math.sqrt(inFeatures);
    // With a = √5 the Kaiming bound √(6 / ((1 + a²)·fanIn)) is this same 1/√fanIn.
    this.weight = kaimingUniform(parameter(zeros([outFeatures, inFeatures], { dtype })), {
      a: Math.sqrt(5),
      generator,
    });
    this.bias = bias ? uniform(parameter(zeros([outFeatures], { dtype })), { a: -bound, b: bound, generator }) : null;
  }

  /** x: [..., inFeatures] → x·Wᵀ + b: [..., outFeatures]. */
  override forward(x: Tensor): Tensor {
    requireTensor("Linear", "input", x);
    if (x.shape.at(-1) !== this.inFeatures) {
      throw new ShapeError(`Linear: input ${show(x.shape)} must end in inFeatures = ${this.inFeatures}`);
    }
    return linear(x, this.weight, this.bias);
  }

  override extraRepr(): string {
    return named({ inFeatures: this.inFeatures, outFeatures: this.outFeatures, bias: this.bias !== null });
  }
}
