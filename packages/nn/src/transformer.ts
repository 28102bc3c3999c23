// TransformerEncoderLayer: attention of a sequence to itself, then two linear layers on each of its entries.
import { gelu, relu, type Tensor } from "@tendril/tensor";
import { MultiheadAttention } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./norm.ts";
import { checked, type Kinds, settle, type WeightOptions, weightKinds } from "./options.ts";

export interface TransformerOptions extends WeightOptions {
  /** How many features there are between the linear layers. Default 2048. */
  dimFeedforward?: number;
  /** Default 0.1. */
  dropout?: number;
  /** Default relu. */
  activation?: "relu" | "gelu";
  /** Default 1e-5. */
  layerNormEps?: number;
  /** Whether sequences are [N, L, dModel] instead of [L, N, dModel]. Default false. */
  batchFirst?: boolean;
  /** Whether to normalize before attention and linear layers instead of after them. Default false. */
  normFirst?: boolean;
}

const defaults = { dimFeedforward: 2048, dropout: 0.1, layerNormEps: 1e-5 };
const numbers = { dimFeedforward: "number", dropout: "number", layerNormEps: "number" } as const;
const flags = { batchFirst: "boolean", normFirst: "boolean" } as const;
const kinds: Kinds<TransformerOptions> = /* @__PURE__ */ Object.assign(
  { activation: ["relu", "gelu"] } as const,
  weightKinds,
  numbers,
  flags,
);

/** Masks as those of `MultiheadAttention`. */
export interface TransformerCall {
  srcMask?: Tensor;
  srcKeyPaddingMask?: Tensor;
  isCausal?: boolean;
}

const callKinds: Kinds<TransformerCall> = { srcMask: "any", srcKeyPaddingMask: "any", isCausal: "boolean" };

/**
 * x + attention(x), then x + linear(activation(linear(x))), each normalized after it (or before, with `normFirst`), for
 * x: [L, N, dModel]; its options and parameters are PyTorch's. Throws `ValueError` for sizes or options that are none,
 * and `ShapeError` for what does not fit.
 *
 * ```ts
 * const y = new TransformerEncoderLayer(8, 2, { batchFirst: true }).forward(x, { isCausal: true });
 * ```
 * @see https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 */
export class TransformerEncoderLayer extends Module<[x: Tensor, options?: TransformerCall]> {
  readonly options: Readonly<TransformerOptions & typeof defaults>;
  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;

  constructor(dModel: number, nhead: number, options: TransformerOptions = {}) {
    super();
    this.options = settle("TransformerEncoderLayer", kinds, defaults, [options]);
    const { dimFeedforward, dropout, layerNormEps: eps, batchFirst, dtype, generator } = this.options;
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, dtype, generator });
    this.linear1 = new Linear(dModel, dimFeedforward, { dtype, generator });
    this.dropout = new Dropout({ p: dropout, generator });
    this.linear2 = new Linear(dimFeedforward, dModel, { dtype, generator });
    this.norm1 = new LayerNorm(dModel, { eps, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, dtype });
  }

  override forward(x: Tensor, options: TransformerCall = {}): Tensor {
    const { srcMask, srcKeyPaddingMask, isCausal } = checked("TransformerEncoderLayer", options, callKinds);
    const call = { attnMask: srcMask, keyPaddingMask: srcKeyPaddingMask, isCausal, needWeights: false };
    const attended = (x: Tensor): Tensor => this.dropout.forward(this.self_attn.forward(x, x, x, call)[0]);
    const activation = this.options.activation === "gelu" ? gelu : relu;
    const fed = (x: Tensor): Tensor =>
      this.dropout.forward(this.linear2.forward(this.dropout.forward(activation(this.linear1.forward(x)))));
    const before = this.options.normFirst === true;
    const part = (x: Tensor, f: (x: Tensor) => Tensor, norm: LayerNorm): Tensor =>
      before ? x.add(f(norm.forward(x))) : norm.forward(x.add(f(x)));
    return part(part(x, attended, this.norm1), fed, this.norm2);
  }
}
