export { LogSoftmax, ReLU, Sigmoid, Softmax, Tanh } from "./activations.ts";
export { type BatchOptions, batches, type Split, Standardizer, standardize, trainTestSplit } from "./data.ts";
export {
  crossEntropyOf,
  type DistributionOptions,
  entropy,
  type InformationOptions,
  information,
  klDivergence,
} from "./information.ts";
export * as init from "./init.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export { BCE, type BCEOptions, BCEWithLogits, type BCEWithLogitsOptions, bce, bceWithLogits } from "./losses/binary.ts";
export { CrossEntropy, type CrossEntropyOptions, crossEntropy } from "./losses/cross-entropy.ts";
export { KLDiv, type KLDivOptions, klDiv } from "./losses/divergence.ts";
export type { Reduction } from "./losses/loss.ts";
export { NLL, type NLLOptions, nll } from "./losses/nll.ts";
export { MSE, type MSEOptions, mse } from "./losses/regression.ts";
export { accuracy, confusionMatrix } from "./metrics.ts";
export { Module, parameter } from "./module.ts";
export { Adam, type AdamOptions, AdamW } from "./optim/adam.ts";
export { Optimizer } from "./optim/optimizer.ts";
export { SGD, type SGDOptions } from "./optim/sgd.ts";
export { Sequential } from "./sequential.ts";
