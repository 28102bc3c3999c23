/** The trained model for other engines: ONNX Runtime, which classifies with it, and PyTorch, which trains it further. */
import { type Split, type Standardizer, saveSafetensors } from "@tendril/nn";
import { type Tensor, tensor, zeros } from "@tendril/tensor";
import { toOnnx } from "@tendril/tensor/onnx";
import { type TorchOptimizer, torchTraining, toTorch } from "@tendril/tensor/torch";
import { type Objective, objective } from "./loss.ts";
import type { Model } from "./model.ts";
import type { Settings } from "./settings.ts";

/**
 * An ONNX graph for any number of rows: `features` [N, D], as they were measured, to `probabilities` [N, C] and to `class`
 * [N], the number of the likeliest. The standardization is part of the graph, W and b are stored in it.
 */
export function onnxModel(model: Model, standardizer: Standardizer): Uint8Array {
  const classify = (features: Tensor): Record<string, Tensor> => {
    const probabilities = model.forward(standardizer.apply(features).to(model.weight.dtype)).softmax(1);
    return { probabilities, class: probabilities.argmax(1) };
  };
  const names = { weight: model.weight, bias: model.bias, mean: standardizer.mean, std: standardizer.std };
  return toOnnx(classify, { features: zeros([1, model.inFeatures]) }, { names, batch: true }).bytes;
}

const torchNames: Record<Settings["optimizer"], TorchOptimizer> = { sgd: "SGD", adam: "Adam", adamw: "AdamW" };

/** The names of what `torchFiles` makes. */
export const torchFileNames = ["model.py", "model.safetensors", "data.safetensors", "train.py"] as const;

/**
 * What PyTorch needs to go on: the objective as Python (`model.py`), W and b, the training rows as the model sees them, and
 * the script that trains, `train.py`, with the optimizer and the learning rate of these settings.
 */
export function torchFiles(
  model: Model,
  { xTrain, yTrain }: Pick<Split, "xTrain" | "yTrain">,
  settings: Objective & Pick<Settings, "optimizer" | "lr">,
): Record<(typeof torchFileNames)[number], string | Uint8Array> {
  const loss = (x: Tensor, y: Tensor): Tensor | Record<string, Tensor> => {
    const loss = objective(model, x, y, settings);
    // Where parts of a batch are on several machines, each counts by its rows; with a penalty that cannot be told from the loss.
    return settings.l2 === 0 ? loss : { loss, weight: tensor(x.shape[0] as number) };
  };
  const names = { weight: model.weight, bias: model.bias };
  const { python, state } = toTorch(loss, { x: xTrain, y: yTrain }, { names, batch: true });
  return {
    "model.py": python,
    "model.safetensors": saveSafetensors(state),
    "data.safetensors": saveSafetensors({ x: xTrain, y: yTrain }),
    "train.py": torchTraining(torchNames[settings.optimizer], { lr: settings.lr }),
  };
}
