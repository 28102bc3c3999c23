// TransformerEncoderLayer: attention of a sequence to itself, then two linear layers on each of its entries.
import { gelu, relu, type Tensor } from "@tendril/tensor";
import { MultiheadAttention } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./norm.ts";
import { checked, type Kinds, settle, type WeightOptions, weightKinds } from "./options.ts";

/** The options of `TransformerEncoderLayer`. */
export interface TransformerOptions extends WeightOptions {
  /** How many features there are between the linear layers. Default 2048. */
  dimFeedforward?: number;
  /** The chance of each element, and of each attention weight, to be dropped in training. Default 0.1. */
  dropout?: number;
  /** What stands between the linear layers. Default `"relu"`. */
  activation?: "relu" | "gelu";
  /** What the layer norms add to the variance. Default 1e-5. */
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

/** What a call takes beside x. Masks are bool, true for what is NOT seen, or floats, added to the scores. */
export interface TransformerCall {
  /** Which entry each entry does not see: [L, L], or [N·nhead, L, L]. Default none. */
  srcMask?: Tensor;
  /** Which entries are padding: [N, L]. Default none. */
  srcKeyPaddingMask?: Tensor;
  /** Whether entry i sees the entries 0 … i only. Default false. */
  isCausal?: boolean;
}

const callKinds: Kinds<TransformerCall> = { srcMask: "any", srcKeyPaddingMask: "any", isCausal: "boolean" };

/**
 * x + attention(x), then x + linear(activation(linear(x))), each normalized after it (or before, with `normFirst`), for
 * x: [L, N, dModel] → the same shape; its options and parameters are PyTorch's.
 * @throws {ValueError} when a size is no positive integer, nhead does not divide dModel, or an option is unknown, of another
 *   kind or out of range
 * @throws {ShapeError} when x or a mask does not fit
 * @see https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
 * @example
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * layer.forward(randn([3, 5, 8]), { isCausal: true }).shape // [3, 5, 8]
 */
export class TransformerEncoderLayer extends Module<[x: Tensor, options?: TransformerCall]> {
  /** The options with their defaults, frozen. */
  readonly options: Readonly<TransformerOptions & typeof defaults>;
  /** The attention of the sequence to itself. */
  self_attn: MultiheadAttention;
  /** dModel → dimFeedforward features. */
  linear1: Linear;
  /** What drops elements: after attention, and after each linear layer. */
  dropout: Dropout;
  /** dimFeedforward → dModel features. */
  linear2: Linear;
  /** The norm of the attention's part. */
  norm1: LayerNorm;
  /** The norm of the linear layers' part. */
  norm2: LayerNorm;

  /**
   * @param dModel how many features an entry of a sequence has
   * @param nhead how many heads the attention has
   */
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

  /** x: [L, N, dModel], or [N, L, dModel] with `batchFirst` → the same shape. */
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
