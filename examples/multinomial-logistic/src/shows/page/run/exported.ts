/** The model of a run at one of its steps, as files for other engines. */
import { onnxModel, torchFiles } from "../../../lesson/exports.ts";
import { modelWith } from "./frames.ts";
import { prepare, type Task } from "./prepare.ts";

export interface ModelAt {
  task: Task;
  /** W, row by row, then b. */
  weights: Float32Array;
}

/** Files by name: `model.onnx` classifies points as they are measured; the others are for PyTorch to train further. */
export function exported({ task, weights }: ModelAt): Record<string, string | Uint8Array> {
  const { features, split, standardizer } = prepare(task);
  const model = modelWith(weights, features.length, task.points.classes.length);
  return { "model.onnx": onnxModel(model, standardizer), ...torchFiles(model, split, task.settings) };
}
