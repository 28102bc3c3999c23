import { gelu, leakyRelu, silu, type Tensor } from "@tendril/tensor";
import { Configured, Module } from "./module.ts";

/**
 * Rows of scores to rows of probabilities along `dim`. Do not put it before `CrossEntropy`, which takes logits.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 */
export class Softmax extends Configured<{ dim?: number }> {
  override forward(x: Tensor): Tensor {
    return x.softmax(this.options.dim);
  }
}

/**
 * log softmax along `dim`, computed without passing through small probabilities: what `NLL` takes.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 */
export class LogSoftmax extends Configured<{ dim?: number }> {
  override forward(x: Tensor): Tensor {
    return x.logSoftmax(this.options.dim);
  }
}

/** max(x, 0). @see https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** x where x > 0, else negativeSlope·x (0.01). @see https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export class LeakyReLU extends Configured<{ negativeSlope?: number }> {
  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.options);
  }
}

/** x·Φ(x), Φ by erf or approximated by tanh. @see https://pytorch.org/docs/stable/generated/torch.nn.GELU.html */
export class GELU extends Configured<{ approximate?: "none" | "tanh" }> {
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
    return x.sigmoid();
  }
}

/** tanh x. @see https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return x.tanh();
  }
}
