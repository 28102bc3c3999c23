// Activations as layers.
import { gelu, leakyRelu, logSoftmax, relu, sigmoid, silu, softmax, type Tensor, tanh } from "@tendril/tensor";
import { Configured, Module } from "./module.ts";
import type { Kinds } from "./options.ts";

/**
 * Rows of scores to rows of probabilities along `dim`. Do not put it before `CrossEntropy`, which takes logits.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 */
export class Softmax extends Configured<{ dim?: number }> {
  static override readonly kinds: Kinds<{ dim?: number }> = { dim: "number" };
  static override readonly defaults: { dim?: number } = { dim: -1 };

  override forward(x: Tensor): Tensor {
    return softmax(x, this.options.dim);
  }
}

/**
 * log softmax along `dim`, computed without passing through small probabilities: what `NLL` takes.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 */
export class LogSoftmax extends Configured<{ dim?: number }> {
  static override readonly kinds: Kinds<{ dim?: number }> = { dim: "number" };
  static override readonly defaults: { dim?: number } = { dim: -1 };

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.options.dim);
  }
}

/** max(x, 0). @see https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** x where x > 0, else negativeSlope·x (0.01). @see https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export class LeakyReLU extends Configured<{ negativeSlope?: number }> {
  static override readonly kinds: Kinds<{ negativeSlope?: number }> = { negativeSlope: "number" };
  static override readonly defaults: { negativeSlope?: number } = { negativeSlope: 0.01 };

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.options);
  }
}

/** x·Φ(x), Φ by erf or approximated by tanh. @see https://pytorch.org/docs/stable/generated/torch.nn.GELU.html */
export class GELU extends Configured<{ approximate?: "none" | "tanh" }> {
  static override readonly kinds: Kinds<{ approximate?: "none" | "tanh" }> = { approximate: ["none", "tanh"] };
  static override readonly defaults: { approximate?: "none" | "tanh" } = { approximate: "none" };

  override forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }
}

/** x·σ(x). @see https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** σ(x) = 1 / (1 + e⁻ˣ). @see https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** tanh x. @see https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
