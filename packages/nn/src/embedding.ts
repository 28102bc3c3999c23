// Embedding: rows of a table, looked up by index.
import { arange, embedding, IndexError, noGrad, type Tensor, where, zeros } from "@tendril/tensor";
import { requirePositiveInteger, requireTensor } from "./check.ts";
import { normal } from "./init.ts";
import { Module, named, parameter } from "./module.ts";
import { type Kinds, settle, type WeightOptions, weightKinds } from "./options.ts";

export interface EmbeddingOptions extends WeightOptions {
  /** The index that stands for nothing: its row starts as 0 and gets no gradient. Negative ones count from the end. */
  paddingIdx?: number;
}

const kinds: Kinds<EmbeddingOptions> = /* @__PURE__ */ Object.assign({ paddingIdx: "number" } as const, weightKinds);

/**
 * A row of a table for each index: indices (int32) [...] → [..., embeddingDim].
 * `weight`: [numEmbeddings, embeddingDim] starts as N(0, 1). Throws `ValueError` for sizes or options that
 * are none, and `IndexError` for an index outside the table.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 */
export class Embedding extends Module {
  readonly options: Readonly<EmbeddingOptions>;
  weight: Tensor;

  constructor(
    readonly numEmbeddings: number,
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
