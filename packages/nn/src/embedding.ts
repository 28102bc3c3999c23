// Embedding: rows of a table, looked up by index.
import { arange, embedding, IndexError, noGrad, type Tensor, where, zeros } from "@tendril/tensor";
import { requirePositiveInteger, requireTensor } from "./check.ts";
import { normal } from "./init.ts";
import { Module, named, parameter } from "./module.ts";
import { type Kinds, settle, type WeightOptions, weightKinds } from "./options.ts";

/** The options of `Embedding`. */
export interface EmbeddingOptions extends WeightOptions {
  /**
   * The index of padding: its row starts as 0 and gets no gradient. Negative ones count from the end.
   * Default none.
   */
  paddingIdx?: number;
}

const kinds: Kinds<EmbeddingOptions> = /* @__PURE__ */ Object.assign({ paddingIdx: "number" } as const, weightKinds);

/**
 * A row of a table for each index: indices (int32) [...] → [..., embeddingDim].
 * The table starts as draws from N(0, 1).
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown or of another kind
 * @throws {IndexError} when an index, or paddingIdx, is outside the table
 * @throws {DTypeError} when the indices are not int32
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 * @example
 * const layer = new Embedding(10, 3, { paddingIdx: 0 });
 * layer.forward(tensor([[1, 2, 0]], { dtype: "int32" })).shape // [1, 3, 3]
 * layer.forward(tensor(0, { dtype: "int32" })) // tensor([0., 0., 0.], gradFn=where)
 */
export class Embedding extends Module {
  /** The options that were given, frozen. */
  readonly options: Readonly<EmbeddingOptions>;
  /** The table: [numEmbeddings, embeddingDim]. */
  weight: Tensor;

  constructor(
    /** How many rows the table has. */
    readonly numEmbeddings: number,
    /** How many elements a row has. */
    readonly embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    this.options = settle("Embedding", kinds, {}, [options]);
    requirePositiveInteger("Embedding", "numEmbeddings", numEmbeddings);
    requirePositiveInteger("Embedding", "embeddingDim", embeddingDim);
    const { dtype = "float32", generator } = this.options;
    const weight = parameter(zeros([numEmbeddings, embeddingDim], { dtype }));
    this.weight = normal(weight, { generator });
    const isPadding = this.#isPadding(arange(numEmbeddings));
    if (isPadding === null) return;
    if (!isPadding.any().item()) {
      throw new IndexError(`Embedding: paddingIdx ${options.paddingIdx} is outside the ${numEmbeddings} rows`);
    }
    noGrad(() => weight.assign(where(isPadding, 0, weight)));
  }

  /** indices (int32): [...] → their rows: [..., embeddingDim]. */
  override forward(indices: Tensor): Tensor {
    requireTensor("Embedding", "indices", indices);
    const rows = embedding(this.weight, indices);
    const isPadding = this.#isPadding(indices);
    return isPadding === null ? rows : where(isPadding, rows.detach(), rows);
  }

  override extraRepr(): string {
    const { paddingIdx } = this.options;
    return `${this.numEmbeddings}, ${this.embeddingDim}${paddingIdx === undefined ? "" : `, ${named({ paddingIdx })}`}`;
  }

  /** Which indices: [...] stand for nothing, as [..., 1]. */
  #isPadding(indices: Tensor): Tensor | null {
    const { paddingIdx } = this.options;
    if (paddingIdx === undefined) return null;
    return indices.eq(paddingIdx < 0 ? paddingIdx + this.numEmbeddings : paddingIdx).unsqueeze(-1);
  }
}
