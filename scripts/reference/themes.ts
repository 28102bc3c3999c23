// The pages of the reference: which exports each of them has.
import type { Entity } from "./model.ts";

export interface Theme {
  /** The page's file, without `.md`. */
  readonly page: string;
  readonly title: string;
  /** A sentence under the title. */
  readonly about: string;
  /** Whether a name of this file, `tensor/src/create.ts`, is on the page; the first page that has it gets it. */
  readonly has: RegExp;
}

const theme = (page: string, title: string, about: string, has: RegExp): Theme => ({ page, title, about, has });

export const themes: readonly Theme[] = [
  theme(
    "tensor",
    "Tensor",
    "The class, its types, and tensors on their way to other threads.",
    /^tensor\/src\/(tensor|dtype|shape|nested|transfer|methods)\.ts /,
  ),
  theme("creation", "Creation", "Tensors from numbers.", /^tensor\/src\/create\.ts /),
  theme(
    "layer-functions",
    "Functions of layers",
    "What layers are made of, without their weights.",
    /^tensor\/src\/functions\/(attention|conv|pool|linear|normalization|windows)\.ts |layerNorm|LayerNormOptions$/,
  ),
  theme(
    "indexing",
    "Indexing",
    "Parts of a tensor by position, by lists of indices, and by masks.",
    /^tensor\/src\/(ops|functions)\/indexing\.ts | embedding$/,
  ),
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
    "products",
    "Products",
    "Matrix products and what is made of them.",
    /^tensor\/src\/(ops\/matmul|functions\/einsum)\.ts /,
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
  theme(
    "errors",
    "Errors and options",
    "The typed errors, and checks of options and values.",
    /^tensor\/src\/(errors|options|ops\/ensure)\.ts /,
  ),
  theme("export", "Export", "Steps as ONNX files and as PyTorch programs.", /^tensor\/src\/(onnx|torch|export)\//),
  theme("losses", "Losses", "What training makes smaller.", /^nn\/src\/losses\//),
  theme("optimizers", "Optimizers", "How parameters follow their gradients.", /^nn\/src\/optim\//),
  theme("schedulers", "Schedulers", "Learning rates that change.", /^nn\/src\/schedule(rs)?\.ts /),
  theme("init", "Initialisers", "First values of weights: `init`.", /^nn\/src\/init\.ts /),
  theme("data", "Data", "Batches, splits, standardising.", /^nn\/src\/data\.ts /),
  theme("metrics", "Metrics", "How good a model is, and information.", /^nn\/src\/(metrics|information)\.ts /),
  theme("saving", "Saving", "Weights as safetensors, and states.", /^nn\/src\/(safetensors|state)\.ts /),
  theme(
    "modules",
    "Modules",
    "What models are made of, and how one looks at them.",
    /^nn\/src\/(module|sequential|summary|parts|forward|check|options)\.ts /,
  ),
  theme("layers", "Layers", "Modules with weights, and others.", /^nn\/src\//),
];

/** The page of an export. Throws if it has none. */
export function themeOf({ file, name }: Entity): Theme {
  const found = themes.find(({ has }) => has.test(`${file.replace("packages/", "")} ${name}`));
  if (found === undefined) throw new Error(`reference: ${name} of ${file} is on no page; give it one in themes.ts`);
  return found;
}
