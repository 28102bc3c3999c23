import { tensor, ValueError, zeros } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { js, messages } from "./compare.ts";

// Every wrong call here used to be silent, or a TypeError about the inside of the library.

const p = nn.parameter(zeros([2]));
const y = tensor([0, 1], { dtype: "int32" });
const z = zeros([2, 3]);
const model = new nn.Linear(2, 3);
const sgd = new nn.SGD([p]);

describe("options at run time", () => {
  it("are an object, and a lone value is shown where it belongs", () => {
    expect(
      messages(
        () => new nn.Dropout(js(0.1)),
        () => new nn.Softmax(js(1)),
        () => new nn.GELU(js("tanh")),
        () => new nn.MSE(js("sum")),
        () => new nn.CrossEntropy(js([1, 2, 3])),
        () => new nn.Linear(2, 3, js(false)),
        () => new nn.SGD([p], js(0.1)),
        () => new nn.ExponentialLR(sgd, js(0.9)),
        () => nn.mse(p, p, js("sum")),
        () => nn.mse(p, p, js(null)),
        () => nn.batches(z, y, js(32)),
        () => nn.summary(model, [1, 2], js("int32")),
        () => nn.trainTestSplit(z, y, js(y)),
      ),
    ).toMatchInlineSnapshot(`
      [
        "Dropout: options are an object; got 0.1; did you mean new Dropout({ p: 0.1 })?",
        "Softmax: options are an object; got 1; did you mean new Softmax({ dim: 1 })?",
        "GELU: options are an object; got "tanh"; did you mean new GELU({ approximate: "tanh" })?",
        "MSE: options are an object; got "sum"; did you mean new MSE({ reduction: "sum" })?",
        "CrossEntropy: options are an object, { weight, ignoreIndex, reduction, labelSmoothing, checkTargets }; got an array of 3",
        "Linear: options are an object; got false; did you mean { bias: false }?",
        "SGD: options are an object; got 0.1; did you mean { lr: 0.1 }?",
        "ExponentialLR: options are an object; got 0.9; did you mean { gamma: 0.9 }?",
        "mse: options are an object; got "sum"; did you mean { reduction: "sum" }?",
        "mse: options are an object, { reduction }; got null",
        "batches: options are an object; got 32; did you mean { batchSize: 32 }?",
        "summary: options are an object; got "int32"; did you mean { dtype: "int32" }?",
        "trainTestSplit: options are an object, { testSize, stratify, generator }; got a tensor [2]",
      ]
    `);
  });

  it("are known by their own names only, in every function and class that takes them", () => {
    const of = (name: string) => js<never>(Object.fromEntries([[name, 1]]));
    const takers: ((options: never) => unknown)[] = [
      (o) => new nn.Linear(2, 3, o),
      (o) => new nn.Embedding(2, 3, o),
      (o) => new nn.LayerNorm(2, o),
      (o) => new nn.Dropout(o),
      (o) => new nn.Flatten(o),
      (o) => new nn.Softmax(o),
      (o) => new nn.LogSoftmax(o),
      (o) => new nn.LeakyReLU(o),
      (o) => new nn.GELU(o),
      (o) => new nn.MSE(o),
      (o) => new nn.L1(o),
      (o) => new nn.Huber(o),
      (o) => new nn.SmoothL1(o),
      (o) => new nn.KLDiv(o),
      (o) => new nn.BCE(o),
      (o) => new nn.BCEWithLogits(o),
      (o) => new nn.NLL(o),
      (o) => new nn.CrossEntropy(o),
      (o) => nn.mse(p, p, o),
      (o) => nn.l1(p, p, o),
      (o) => nn.huber(p, p, o),
      (o) => nn.smoothL1(p, p, o),
      (o) => nn.klDiv(p, p, o),
      (o) => nn.bce(p, p, o),
      (o) => nn.bceWithLogits(p, p, o),
      (o) => nn.nll(z, y, o),
      (o) => nn.crossEntropy(z, y, o),
      (o) => nn.information(1, o),
      (o) => nn.entropy([1], o),
      (o) => nn.crossEntropyOf([1], [1], o),
      (o) => nn.klDivergence([1], [1], o),
      (o) => nn.precisionRecallF1(y, y, o),
      (o) => nn.batches(z, y, js({ batchSize: 1, ...js<object>(o) })),
      (o) => nn.trainTestSplit(z, y, o),
      (o) => nn.init.uniform(zeros([2]), o),
      (o) => nn.init.normal(zeros([2]), o),
      (o) => nn.init.xavierUniform(zeros([2, 2]), o),
      (o) => nn.init.xavierNormal(zeros([2, 2]), o),
      (o) => nn.init.kaimingUniform(zeros([2, 2]), o),
      (o) => nn.init.kaimingNormal(zeros([2, 2]), o),
      (o) => nn.init.calculateGain("relu", o),
      (o) => nn.saveSafetensors({}, o),
      (o) => nn.summary(model, [1, 2], o),
      (o) => nn.clipGradNorm([p], 1, o),
      (o) => new nn.SGD([p], o),
      (o) => new nn.SGD(js([{ params: [p], ...js<object>(o) }])),
      (o) => new nn.Adam([p], o),
      (o) => new nn.AdamW([p], o),
      (o) => new nn.RMSprop([p], o),
      (o) => new nn.Adagrad([p], o),
      (o) => new nn.StepLR(sgd, js({ stepSize: 1, ...js<object>(o) })),
      (o) => new nn.ExponentialLR(sgd, js({ gamma: 1, ...js<object>(o) })),
      (o) => new nn.CosineAnnealingLR(sgd, js({ tMax: 1, ...js<object>(o) })),
      (o) => new nn.LinearLR(sgd, o),
      (o) => new nn.ReduceLROnPlateau(sgd, o),
      (o) => model.loadStateDict(model.stateDict(), o),
    ];
    for (const name of ["misspelt", "toString", "constructor", "hasOwnProperty"]) {
      for (const take of takers) {
        expect(() => take(of(name)), String(take)).toThrow(ValueError);
        expect(() => take(of(name)), String(take)).toThrow(new RegExp(`^\\w+: no option "${name}"; `));
      }
    }
    // As JSON gives it, an own key.
    expect(() => new nn.SGD([p], JSON.parse('{ "__proto__": 1 }'))).toThrow(/^SGD: no option "__proto__"; /);
  });

  it("have kinds and values", () => {
    expect(
      messages(
        () => nn.crossEntropy(z, y, js({ label_smoothing: 0.1 })),
        () => new nn.CrossEntropy(js({ label_smoothing: 0.1 })),
        () => nn.mse(p, p, { reduction: js("avg") }),
        () => new nn.KLDiv({ reduction: js("avg") }),
        () => nn.crossEntropy(z, y, { labelSmoothing: js("0.1") }),
        () => nn.crossEntropy(z, y, { ignoreIndex: js(null) }),
        () => nn.batches(z, y, { batchSize: js("32") }),
        () => nn.batches(z, y, js({ shuffle: false })),
        () => nn.batches(z, y, { batchSize: 1, generator: js(7) }),
        () => nn.trainTestSplit(z, y, { stratify: js([0, 1]) }),
        () => new nn.Linear(2, 3, { dtype: js("int32") }),
        () => new nn.LayerNorm(2, { eps: -1 }),
        () => new nn.Flatten({ startDim: js("1") }),
        () => nn.entropy([1], { base: js(10) }),
        () => nn.init.uniform(p, { a: Number.NaN }),
        () => nn.init.normal(p, { std: -1 }),
        () => nn.init.xavierUniform(z, { gain: Number.NaN }),
        () => nn.init.xavierNormal(z, { gain: Number.POSITIVE_INFINITY }),
        () => nn.init.kaimingUniform(z, { a: Number.NaN }),
        () => nn.init.kaimingNormal(z, { mode: js("fan_in") }),
        () => nn.init.calculateGain(js("relu6")),
        () => nn.init.constant(p, js("1")),
        () => new nn.Adam([p], { betas: js(0.9) }),
        () => new nn.Adam([p], { betas: js(["0.9", 0.99]) }),
        () => new nn.SGD([p], { lr: js("0.5") }),
        () => new nn.SGD([p], { lr: js(true) }),
        () => (sgd.lr = js("0.5")),
        () => new nn.StepLR(sgd, js({})),
        () => new nn.StepLR(sgd, js(undefined)),
        () => new nn.ExponentialLR(sgd, js({})),
        () => new nn.ReduceLROnPlateau(sgd, { minLr: js("0") }),
        () => new nn.ReduceLROnPlateau(sgd, { minLr: [Number.NaN] }),
        () => new nn.ReduceLROnPlateau(sgd).step(js("0.5")),
        () => nn.saveSafetensors({}, { metadata: js({ epochs: 20 }) }),
        () => nn.saveSafetensors({}, { metadata: js(null) }),
        () => nn.clipGradNorm([p], js("1")),
      ),
    ).toMatchInlineSnapshot(`
      [
        "crossEntropy: no option "label_smoothing"; did you mean "labelSmoothing"?",
        "CrossEntropy: no option "label_smoothing"; did you mean "labelSmoothing"?",
        "mse: reduction must be "none" or "mean" or "sum", got "avg"",
        "KLDiv: reduction must be "none" or "mean" or "sum" or "batchmean", got "avg"",
        "crossEntropy: labelSmoothing must be a number, got "0.1"",
        "crossEntropy: ignoreIndex must be a number, got null",
        "batches: batchSize must be a number, got "32"",
        "batches: batchSize must be a positive integer, got undefined",
        "batches: generator must be a Generator, got 7",
        "trainTestSplit: stratify must be a Tensor, got an array of 2",
        "Linear: dtype must be "float32" or "float64", got "int32"",
        "LayerNorm: eps must be a finite number ≥ 0, got -1",
        "Flatten: startDim must be a number, got "1"",
        "entropy: base must be "e" or 2, got 10",
        "uniform: a must be a finite number, got NaN",
        "normal: std must be a finite number ≥ 0, got -1",
        "xavierUniform: gain must be a finite number, got NaN",
        "xavierNormal: gain must be a finite number, got Infinity",
        "kaimingUniform: a must be a finite number, got NaN",
        "kaimingNormal: mode must be "fanIn" or "fanOut", got "fan_in"",
        "calculateGain: nonlinearity must be "linear" or "sigmoid" or "tanh" or "relu" or "leakyRelu" or "selu", got "relu6"",
        "constant: value must be a finite number, got "1"",
        "Adam: betas must be two numbers in [0, 1), got 0.9",
        "Adam: betas[0] must be in [0, 1), got "0.9"",
        "SGD: lr must be a number, got "0.5"",
        "SGD: lr must be a number, got true",
        "SGD: lr must be a finite number ≥ 0, got "0.5"",
        "StepLR: stepSize must be a positive integer, got undefined",
        "StepLR: stepSize must be a positive integer, got undefined",
        "ExponentialLR: gamma must be a finite number ≥ 0, got undefined",
        "ReduceLROnPlateau: minLr must be a finite number ≥ 0, got "0"",
        "ReduceLROnPlateau: minLr must be a finite number ≥ 0, got NaN",
        "ReduceLROnPlateau: metric must be a number or a tensor, got "0.5"",
        "saveSafetensors: names and metadata are Unicode text, not 20",
        "saveSafetensors: metadata must be an object of strings by name, got null",
        "clipGradNorm: maxNorm must be between 0 and Infinity, got "1"",
      ]
    `);
  });

  it("are a frozen copy where they are kept: to change them later is an error, not a thing that is half done", () => {
    const weight = [1, 2, 3];
    const given: nn.CrossEntropyOptions = { weight, labelSmoothing: 0.1 };
    const criterion = new nn.CrossEntropy(given);
    given.labelSmoothing = 7;
    weight[0] = 100;
    expect(criterion.options).toEqual({ weight: [1, 2, 3], labelSmoothing: 0.1 });
    const kept: object[] = [
      criterion.options,
      criterion.options.weight as number[],
      new nn.Dropout({ p: 0.1 }).options,
      new nn.Embedding(2, 2, { paddingIdx: 1 }).options,
      new nn.LayerNorm([2]).normalizedShape,
      js((new nn.Adam([p], { betas: [0.8, 0.9] }).paramGroups[0] as nn.ParamGroup).options),
      js((new nn.Adam([p], { betas: [0.8, 0.9] }).paramGroups[0] as nn.ParamGroup<nn.AdamOptions>).options.betas),
    ];
    for (const object of kept) {
      const [key = ""] = Object.keys(object);
      expect(() => Object.assign(object, { [key]: 9 }), key).toThrow(TypeError);
    }
  });

  it("may be undefined, one by one or all", () => {
    expect(new nn.Dropout({ p: undefined }).options.p).toBe(0.5);
    expect(nn.mse(p, p, undefined).item()).toBe(nn.mse(p, p, { reduction: undefined }).item());
    expect(new nn.Linear(2, 3, Object.assign(Object.create(null), { bias: false })).bias).toBeNull();
  });
});
