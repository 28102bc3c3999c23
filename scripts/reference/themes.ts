// The pages of the reference, in their order: which exports each of them has.
import type { Entity } from "./model.ts";

export interface Theme {
  /** The page's file, without `.md`. */
  readonly page: string;
  readonly title: string;
  /** A sentence under the title. */
  readonly about: string;
  /** Whether names of a file, `tensor/src/create.ts `, are on the page. */
  readonly has: RegExp;
}

const theme = (page: string, title: string, about: string, has: RegExp): Theme => ({ page, title, about, has });

export const themes: readonly Theme[] = [
  theme(
    "tensor",
    "Tensor",
    "The class, its types, and tensors on their way to other threads. Most of its methods are ops: see [the table of ops](ops.md).",
    /^tensor\/src\/(tensor|dtype|shape|nested|transfer|methods)\.ts /,
  ),
  theme("creation", "Creation", "Tensors from numbers.", /^tensor\/src\/create\.ts /),
  theme(
    "elementwise",
    "Elementwise",
    "Each element by itself, of one tensor or of several that broadcast.",
    /^tensor\/src\/(ops\/(elementwise|activations|cast)|functions\/arithmetic)\.ts /,
  ),
  theme(
    "reductions",
    "Reductions and sorting",
    "Sums, means, extremes, softmax, order, and comparisons of whole tensors.",
    /^tensor\/src\/(ops\/(composite|reduce|dims)|functions\/(sort|compare))\.ts /,
  ),
  theme("shape", "Shape", "Axes and where entries lie.", /^tensor\/src\/(ops\/(shape|parts)|functions\/layout)\.ts /),
  theme(
    "indexing",
    "Indexing",
    "Parts of a tensor by position, by lists of indices, and by masks.",
    /^tensor\/src\/(ops|functions)\/indexing\.ts /,
  ),
  theme(
    "products",
    "Products",
    "Matrix products and what is made of them.",
    /^tensor\/src\/(ops\/matmul|functions\/einsum)\.ts /,
  ),
  theme(
    "layer-functions",
    "Functions of layers",
    "What layers are made of, without their weights.",
    /^tensor\/src\/functions\/(attention|conv|pool|linear|normalization|windows)\.ts /,
  ),
  theme(
    "gradients",
    "Gradients and transforms",
    "Derivatives of any order, rules of one's own, and graphs.",
    /^tensor\/src\/(bind|grad|checkpoint|transforms|graph|primitive)\.ts /,
  ),
  theme(
    "random",
    "Random",
    "Random tensors, and where their numbers come from.",
    /^tensor\/src\/(random|functions\/random)\.ts /,
  ),
  theme("compile", "Compile", "A step as one flat program.", /^tensor\/src\/(compile\/.*|recorder)\.ts /),
  theme("testing", "Testing", "Derivatives compared with differences.", /^tensor\/src\/testing\//),
  theme("export", "Export", "Steps as ONNX files and as PyTorch programs.", /^tensor\/src\/(onnx|torch|export)\//),
  theme(
    "errors",
    "Errors and options",
    "The typed errors, and checks of options and values.",
    /^tensor\/src\/(errors|options|ops\/ensure)\.ts /,
  ),
  theme(
    "modules",
    "Modules",
    "What models are made of, and how one looks at them.",
    /^nn\/src\/(module|sequential|summary|parts|forward|check|options)\.ts /,
  ),
  theme(
    "layers",
    "Layers",
    "Modules with weights, and others.",
    /^nn\/src\/(activations|attention|batch-norm|conv|dropout|embedding|flatten|linear|norm|pool|recurrent|transformer)\.ts /,
  ),
  theme("losses", "Losses", "What training makes smaller.", /^nn\/src\/losses\//),
  theme("optimizers", "Optimizers", "How parameters are updated by their gradients.", /^nn\/src\/optim\//),
  theme("schedulers", "Schedulers", "Learning rates that change.", /^nn\/src\/schedule(rs)?\.ts /),
  theme("init", "Initialisers", "First values of weights: `init`.", /^nn\/src\/init\.ts /),
  theme("data", "Data", "Batches, splits, standardising.", /^nn\/src\/data\.ts /),
  theme("metrics", "Metrics", "How good a model is, and information.", /^nn\/src\/(metrics|information)\.ts /),
  theme("saving", "Saving", "Weights as safetensors, and states.", /^nn\/src\/(safetensors|state)\.ts /),
];

/** Names that are not on the page of their file. */
const moved: ReadonlyMap<string, string> = new Map([
  ["@tendril/tensor layerNorm", "layer-functions"],
  ["@tendril/tensor LayerNormOptions", "layer-functions"],
  ["@tendril/tensor embedding", "indexing"],
]);

/** The page of an export. Throws if it has none. */
export function themeOf({ entry, file, name }: Entity): Theme {
  const other = moved.get(`${entry} ${name}`);
  const path = `${file.replace("packages/", "")} `;
  const found = themes.find(({ page, has }) => (other === undefined ? has.test(path) : page === other));
  if (found === undefined) throw new Error(`reference: ${name} of ${file} is on no page; give it one in themes.ts`);
  return found;
}
