import type { Tensor } from "@tendril/tensor";
import { Module } from "./module.ts";

/**
 * Rows of scores to rows of probabilities along `dim`. Do not put it before `CrossEntropy`, which takes logits.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 */
export class Softmax extends Module {
  constructor(readonly options: { dim?: number } = {}) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return x.softmax(this.options.dim);
  }
}

/**
 * log softmax along `dim`, computed without passing through small probabilities: what `NLL` takes.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 */
export class LogSoftmax extends Module {
  constructor(readonly options: { dim?: number } = {}) {
    super();
  }
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
