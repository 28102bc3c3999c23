// TransformerEncoderLayer: attention of a sequence to itself, then two linear layers on each of its entries; and a stack of them.
import { gelu, relu, type Tensor } from "@tendril/tensor";
import { MultiheadAttention } from "./attention.ts";
import { requireInstance, requirePositiveInteger } from "./check.ts";
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
  /** The activation between the linear layers. Default `"relu"`. */
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
 * @throws {ValueError} when a size is not a positive integer, nhead does not divide dModel, or an option is unknown, of another
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

  constructor(
    /** How many features an entry of a sequence has. */
    dModel: number,
    /** How many heads the attention has. */
    nhead: number,
    options: TransformerOptions = {},
  ) {
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

/** The options of `TransformerEncoder`. */
export interface TransformerEncoderOptions {
  /** What the result of the last layer goes through, such as a `LayerNorm`. Default none. */
  norm?: Module<[x: Tensor]>;
}

/** What a call of `TransformerEncoder` takes beside x: as that of a layer, but for one name. */
export interface TransformerEncoderCall extends Omit<TransformerCall, "srcMask"> {
  /** Which entry each entry does not see: [L, L], or [N·nhead, L, L]. Default none. */
  mask?: Tensor;
}

const encoderCallKinds: Kinds<TransformerEncoderCall> = { mask: "any", srcKeyPaddingMask: "any", isCausal: "boolean" };

/**
 * `numLayers` layers one after the other, for x: [L, N, dModel] → the same shape. Each is a copy of `encoderLayer`, with
 * the same weights at first, as in PyTorch; `encoderLayer` itself is not a part and is not trained.
 * @throws {ValueError} when the layer is not a `TransformerEncoderLayer`, `numLayers` no positive integer, or an option is
 *   unknown or of another kind
 * @throws {ShapeError} when x or a mask does not fit
 * @see https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 * @example
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * const model = new TransformerEncoder(layer, 3, { norm: new LayerNorm(8) });
 * model.forward(randn([4, 5, 8]), { isCausal: true }).shape // [4, 5, 8]
 */
export class TransformerEncoder extends Module<[x: Tensor, options?: TransformerEncoderCall]> {
  /** The layers in their order. */
  layers: TransformerEncoderLayer[];
  /** What the result of the last layer goes through, or null. */
  norm: Module<[x: Tensor]> | null;

  constructor(
    /** What each layer is a copy of. */
    encoderLayer: TransformerEncoderLayer,
    /** How many layers there are. */
    readonly numLayers: number,
    options: TransformerEncoderOptions = {},
  ) {
    super();
    const op = "TransformerEncoder";
    const { norm = null } = checked(op, options, { norm: Module });
    const what = "a TransformerEncoderLayer";
    requireInstance(op, "encoderLayer", encoderLayer, TransformerEncoderLayer, what);
    requirePositiveInteger(op, "numLayers", numLayers);
    const { self_attn: attention, options: own } = encoderLayer;
    this.layers = Array.from({ length: numLayers }, () => {
      const layer = new TransformerEncoderLayer(attention.embedDim, attention.numHeads, own);
      layer.loadStateDict(encoderLayer.stateDict());
      return layer;
    });
    this.norm = norm;
  }

  /** x: [L, N, dModel], or [N, L, dModel] with the layer's `batchFirst` → the same shape. */
  override forward(x: Tensor, options: TransformerEncoderCall = {}): Tensor {
    const { mask, ...others } = checked("TransformerEncoder", options, encoderCallKinds);
    const y = this.layers.reduce((h, layer) => layer.forward(h, { srcMask: mask, ...others }), x);
    return this.norm === null ? y : this.norm.forward(y);
  }
}
