import { Generator, ones, type Tensor, tensor, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { js, messages } from "./compare.ts";

const p = nn.parameter(zeros([2]));
const y = tensor([0, 1], { dtype: "int32" });
const z = zeros([2, 3]);
const model = new nn.Linear(2, 3);

describe("arguments at run time", () => {
  it("are tensors, modules, optimizers and numbers where these are wanted", () => {
    expect(
      messages(
        () => nn.mse(p, js([1])),
        () => nn.mse(js(3), p),
        () => nn.bceWithLogits(p, js(1)),
        () => nn.crossEntropy(js([[1, 2]]), y),
        () => nn.crossEntropy(z, js([0, 1])),
        () => nn.nll(z, js(undefined)),
        () => new nn.CrossEntropy().forward(z, js("0")),
        () => model.forward(js([1, 2])),
        () => new nn.Embedding(2, 3, { paddingIdx: 0 }).forward(js([1])),
        () => new nn.Dropout().forward(js([1])),
        () => new nn.Linear(js("2"), 3),
        () => new nn.Embedding(js(null), 3),
        () => new nn.LayerNorm(js("3")),
        () => new nn.Sequential(js<nn.ReLU>([model, new nn.ReLU()])),
        () => new nn.Sequential(model, js<nn.ReLU>(nn.ReLU)),
        () => new nn.Sequential(model, js<nn.ReLU>(undefined)),
        () => nn.parameter(js([1, 2])),
        () => new nn.SGD(js(model)),
        () => new nn.SGD(js(new nn.Sequential(model))),
        () => new nn.SGD(js(p)),
        () => new nn.SGD([{ params: js(model) }]),
        () => new nn.SGD(js("weights")),
        () => nn.clipGradNorm(js(model), 1),
        () => nn.clipGradNorm(js(new nn.Sequential(model)), 1),
        () => new nn.StepLR(js(model), { stepSize: 1 }),
        () => nn.accuracy(js(1), js(2)),
        () => nn.accuracy(z, js([0, 1])),
        () => nn.confusionMatrix(y, y, js("3")),
        () => nn.logLoss(js([[1]]), y),
        () => nn.batches(js([[1]]), y, { batchSize: 1 }),
        () => nn.trainTestSplit(z, js([0, 1])),
        () => nn.standardize(js([[1]])),
        () => nn.standardize(z).apply(js([[1]])),
        () => new nn.Standardizer(js(0), ones([2])),
        () => nn.init.ones(js([1])),
        () => nn.init.xavierNormal(js([[1]])),
        () => nn.saveSafetensors(js(model)),
        () => nn.saveSafetensors(js({ a: [1] })),
        () => nn.loadSafetensors(js("model.safetensors")),
        () => nn.loadSafetensors(js(Promise.resolve(new Uint8Array()))),
        () => nn.summary(js("model"), [1, 2]),
        () => nn.summary(model, js(2)),
      ),
    ).toMatchInlineSnapshot(`
      [
        "mse: target must be a tensor, got an array of 1",
        "mse: input must be a tensor, got 3",
        "bceWithLogits: target must be a tensor, got 1",
        "crossEntropy: input must be a tensor, got an array of 1",
        "crossEntropy: target must be a tensor, got an array of 2",
        "nll: target must be a tensor, got undefined",
        "crossEntropy: target must be a tensor, got "0"",
        "Linear: input must be a tensor, got an array of 2",
        "Embedding: indices must be a tensor, got an array of 1",
        "Dropout: x must be a tensor, got an array of 1",
        "Linear: inFeatures must be a positive integer, got "2"",
        "Embedding: numEmbeddings must be a positive integer, got null",
        "LayerNorm: normalizedShape must be a positive integer, got "3"",
        "Sequential: layers come one by one, got an array; use new Sequential(...layers)",
        "Sequential: layer 1 must be a module, got a function ReLU",
        "Sequential: layer 1 must be a module, got undefined",
        "parameter: data must be a tensor, got an array of 2",
        "SGD: parameters must be a list of tensors, got a Linear; pass model.parameters()",
        "SGD: parameter 0 must be a tensor, got a Linear; pass model.parameters()",
        "SGD: parameters must be a list of tensors, got a tensor [2]; pass model.parameters()",
        "SGD: params of group 0 must be a list of tensors, got a Linear; pass model.parameters()",
        "SGD: parameters must be a list of tensors, got "weights"; pass model.parameters()",
        "clipGradNorm: parameters must be a list of tensors, got a Linear; pass model.parameters()",
        "clipGradNorm: parameter 0 must be a tensor, got a Linear",
        "StepLR: optimizer must be an optimizer, got a Linear",
        "accuracy: predicted must be a tensor, got 1",
        "accuracy: targets must be a tensor, got an array of 2",
        "confusionMatrix: numClasses must be a positive integer, got "3"",
        "logLoss: probabilities must be a tensor, got an array of 1",
        "batches: x must be a tensor, got an array of 1",
        "trainTestSplit: y must be a tensor, got an array of 2",
        "standardize: x must be a tensor, got an array of 1",
        "standardize: x must be a tensor, got an array of 1",
        "Standardizer: mean must be a tensor, got 0",
        "ones: x must be a tensor, got an array of 1",
        "xavierNormal: x must be a tensor, got an array of 1",
        "saveSafetensors: tensors come by name, such as model.stateDict(); got a Linear",
        "saveSafetensors: "a" must be a tensor, got an array of 1",
        "loadSafetensors: source must be the bytes of a file, got "model.safetensors"",
        "loadSafetensors: source must be the bytes of a file, got a Promise",
        "summary: model must be a module, got "model"",
        "summary: inputShape must be a shape such as [1, 2], got 2",
      ]
    `);
  });

  it("are taken in all the forms that they had", () => {
    const generator = new Generator(1);
    expect(new nn.SGD(new Set([p]), { lr: 1 }).parameters).toEqual([p]);
    expect(new nn.SGD([{ params: new Map([["a", p]]).values() }]).parameters).toEqual([p]);
    const bytes = nn.saveSafetensors({ p });
    const read = (source: Uint8Array | ArrayBuffer): Tensor | undefined => nn.loadSafetensors(source).tensors.p;
    expect([read(bytes)?.shape, read(bytes.slice().buffer)?.shape]).toEqual([[2], [2]]);
    expect(nn.init.uniform(zeros([2]), { generator }).shape).toEqual([2]);
  });
});
