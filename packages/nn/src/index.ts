// The public exports.
export * from "./activations.ts";
export * from "./attention.ts";
export * from "./batch-norm.ts";
export * from "./conv.ts";
export * from "./data.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export * from "./flatten.ts";
export * from "./information.ts";
export * as init from "./init.ts";
export * from "./linear.ts";
export * from "./losses/binary.ts";
export * from "./losses/cross-entropy.ts";
export * from "./losses/divergence.ts";
export type { Reduction } from "./losses/loss.ts";
export * from "./losses/nll.ts";
export * from "./losses/regression.ts";
export * from "./metrics.ts";
export { Module, parameter } from "./module.ts";
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  RMSNorm,
  type RMSNormOptions,
} from "./norm.ts";
export { Adagrad, type AdagradOptions } from "./optim/adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./optim/adam.ts";
export { type ClipOptions, clipGradNorm } from "./optim/clip.ts";
export type { OptimizerOptions, ParamGroup, Params, Trainable } from "./optim/group.ts";
export { Optimizer, type OptimizerRule, type OptimizerState, type State } from "./optim/optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./optim/rmsprop.ts";
export { SGD, type SGDOptions } from "./optim/sgd.ts";
export * from "./pool.ts";
export * from "./recurrent.ts";
export * from "./safetensors.ts";
export { LRScheduler } from "./schedule.ts";
export * from "./schedulers.ts";
export * from "./sequential.ts";
export * from "./summary.ts";
export * from "./transformer.ts";
