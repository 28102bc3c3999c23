// Small steps whose ONNX files are committed in fixtures/onnx: test and script make them of these.
import {
  conv2d,
  dropout,
  Generator,
  gather,
  maxPool2d,
  noGrad,
  randn,
  type Shape,
  type Tensor,
  zeros,
} from "@tendril/tensor";
import { type OnnxExport, type OnnxOptions, type Returned, toOnnx } from "@tendril/tensor/onnx";

export interface OnnxModel {
  readonly f: (...inputs: Tensor[]) => Returned;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly options: OnnxOptions;
}

const weights = (seed: number, shapes: Readonly<Record<string, Shape>>): Record<string, Tensor> => {
  const generator = new Generator(seed);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, randn(shape, { generator }).mul(0.5).detach()]),
  );
};

/** A perceptron's probabilities, for batches of any size, with its weights in the file. */
function classifier(): OnnxModel {
  const w = weights(1, { "0.weight": [8, 4], "0.bias": [8], "2.weight": [3, 8], "2.bias": [3] });
  const [w0, b0, w2, b2] = Object.values(w) as [Tensor, Tensor, Tensor, Tensor];
  const classify = (x: Tensor): Returned => {
    const hidden = x.matmul(w0, { transposeB: true }).add(b0).relu();
    return { probabilities: hidden.matmul(w2, { transposeB: true }).add(b2).softmax(1) };
  };
  return { f: classify, inputs: { x: zeros([5, 4]) }, options: { names: w, batch: true } };
}

/** A step of softmax regression by gradient descent: weights in, weights out. */
function training(): OnnxModel {
  const w = weights(2, { weight: [2, 3], bias: [3] });
  const parameters = Object.values(w);
  const [weight, bias] = parameters as [Tensor, Tensor];
  for (const p of parameters) p.requiresGrad = true;
  const train = (x: Tensor, y: Tensor): Returned => {
    for (const p of parameters) p.grad = null;
    const logProbabilities = x.matmul(weight).add(bias).logSoftmax(1);
    const loss = gather(logProbabilities, 1, y.unsqueeze(1)).mean().neg();
    loss.backward();
    noGrad(() => {
      for (const p of parameters) p.assign(p.sub((p.grad as Tensor).mul(0.1)));
    });
    return { loss };
  };
  const inputs = { x: zeros([6, 2]), y: zeros([6], { dtype: "int32" }) };
  return { f: train, inputs, options: { names: w, batch: true } };
}

/** Convolution, pooling and dropout, whose uniform numbers are an input; the weights are inputs, too. */
function convolution(): OnnxModel {
  const w = weights(3, { filters: [2, 1, 3, 3] });
  const { filters } = w as { filters: Tensor };
  const image = (x: Tensor): Returned => dropout(maxPool2d(conv2d(x, filters, { padding: 1 }).relu(), 2), { p: 0.25 });
  return {
    f: image,
    inputs: { image: zeros([2, 1, 6, 6]) },
    options: { names: w, batch: true, embed: false },
  };
}

/** By the name of the file. */
export const models: Readonly<Record<string, () => OnnxModel>> = { classifier, training, convolution };

export const exported = ({ f, inputs, options }: OnnxModel): OnnxExport => toOnnx(f, inputs, options);
