// Activations as layers.
import { gelu, leakyRelu, logSoftmax, relu, sigmoid, silu, softmax, type Tensor, tanh } from "@tendril/tensor";
import { Configured, Module } from "./module.ts";
import type { Kinds } from "./options.ts";

/** The options of `Softmax` and `LogSoftmax`. */
export interface SoftmaxOptions {
  /** The axis along which the results sum to 1; negative ones count from the end. Default −1. */
  dim?: number;
}

const softmaxKinds: Kinds<SoftmaxOptions> = { dim: "number" };

/**
 * Scores to probabilities, e^x / Σe^x along `dim`: x [...] → the same shape. Do not put it before `CrossEntropy`, which
 * takes logits.
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {IndexError} when x has no axis `dim`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 * @example
 * new Softmax().forward(tensor([[0, 0, 0, 0]])) // tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
 */
export class Softmax extends Configured<SoftmaxOptions> {
  protected static override readonly kinds: Kinds<SoftmaxOptions> = softmaxKinds;
  protected static override readonly defaults: SoftmaxOptions = { dim: -1 };

  override forward(x: Tensor): Tensor {
    return softmax(x, this.options.dim);
  }
}

/**
 * log softmax(x) along `dim`, exact also where a probability would round to 0: x [...] → the same shape. `NLL` takes it.
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {IndexError} when x has no axis `dim`
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 * @example
 * new LogSoftmax().forward(tensor([1000, 0])) // tensor([    0., -1000.])
 */
export class LogSoftmax extends Configured<SoftmaxOptions> {
  protected static override readonly kinds: Kinds<SoftmaxOptions> = softmaxKinds;
  protected static override readonly defaults: SoftmaxOptions = { dim: -1 };

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.options.dim);
  }
}

/**
 * max(x, 0) of each element: x [...] → the same shape.
 * @throws {DTypeError} when x is bool
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 * @example
 * new ReLU().forward(tensor([-1, 0, 2])) // tensor([0., 0., 2.])
 */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** The options of `LeakyReLU`. */
export interface LeakyReLUOptions {
  /** What elements below 0 are multiplied by. Default 0.01. */
  negativeSlope?: number;
}

/**
 * x where x > 0, else negativeSlope·x: x [...] → the same shape.
 * @throws {ValueError} when an option is unknown or of another kind
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 * @example
 * new LeakyReLU({ negativeSlope: 0.5 }).forward(tensor([-1, 2])) // tensor([-0.5000,  2.0000])
 */
export class LeakyReLU extends Configured<LeakyReLUOptions> {
  protected static override readonly kinds: Kinds<LeakyReLUOptions> = { negativeSlope: "number" };
  protected static override readonly defaults: LeakyReLUOptions = { negativeSlope: 0.01 };

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.options);
  }
}

/** The options of `GELU`. */
export interface GELUOptions {
  /** `"tanh"` computes Φ approximately, by tanh, and `"none"` exactly, by erf. Default `"none"`. */
  approximate?: "none" | "tanh";
}

/**
 * x·Φ(x) of each element, Φ the normal distribution function: x [...] → the same shape.
 * @throws {ValueError} when an option is unknown or of another kind
 * @see https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 * @example
 * new GELU().forward(tensor([-1, 0, 1])) // tensor([-0.1587,  0.0000,  0.8413])
 */
export class GELU extends Configured<GELUOptions> {
  protected static override readonly kinds: Kinds<GELUOptions> = { approximate: ["none", "tanh"] };
  protected static override readonly defaults: GELUOptions = { approximate: "none" };

  override forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }
}

/**
 * x·σ(x) of each element: x [...] → the same shape. Never throws for a tensor.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 * @example
 * new SiLU().forward(tensor([-1, 0, 1])) // tensor([-0.2689,  0.0000,  0.7311])
 */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * σ(x) = 1 / (1 + e⁻ˣ) of each element: x [...] → the same shape. Never throws for a tensor.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 * @example
 * new Sigmoid().forward(tensor([0, 1])) // tensor([0.5000, 0.7311])
 */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * tanh x of each element: x [...] → the same shape. Never throws for a tensor.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 * @example
 * new Tanh().forward(tensor([0, 1])) // tensor([0.0000, 0.7616])
 */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
