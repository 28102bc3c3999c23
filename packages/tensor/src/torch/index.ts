// PyTorch source from a traced step.
import type { Returned } from "../compile/trace/returned.ts";
import { exportStep, namedTensors, type TraceOptions } from "../export/trace.ts";
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import { printFile, trainsItself } from "./file.ts";
import { checkGradients } from "./gradients.ts";

export { ExportError } from "../export/graph.ts";
export type { Named, TraceOptions } from "../export/trace.ts";
export { type TorchOptimizer, torchTraining } from "./train.ts";

/** What `toTorch` gives. */
export interface TorchExport {
  /** The text of a Python file. */
  readonly python: string;
  /** The tensors that it reads, by name: write them to a safetensors file beside it. */
  readonly state: Readonly<Record<string, Tensor>>;
}

/**
 * Prints a function as PyTorch source: one line for each op, with its shape behind it and weights by their names.
 *
 * A function that computes a loss, or anything else, becomes the class `Model`: `Model(load_safetensors("model.safetensors"))`
 * has parameters and buffers by the names given here, so that its `state_dict()` and a state here have the same keys, and
 * PyTorch's autograd differentiates it. `torchTraining` writes a script that trains it. A function that changes tensors
 * that require gradients, such as a whole step with its optimizer, becomes the function `step(state, ...)` with every
 * gradient written out.
 *
 * PyTorch differentiates the ops themselves. A function that stops gradients by `detach` or `noGrad`, or has others by
 * `customGrad`, is refused where that shows at the inputs given: export a step with its gradients then.
 *
 * @param inputs examples of the arguments by name, in their order: only the check of gradients uses
 *   their values
 * @throws {ExportError} when something depends on the batch size as no export can follow, PyTorch would find other
 *   gradients, or a name is not a path of modules
 * @throws {TraceError} when `f` reads values of tensors while it is traced
 * @throws {ValueError} when an option is wrong
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 * @example
 * const w = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * const { python } = toTorch((x) => x.matmul(w.T), { x: zeros([5, 2]) }, { names: { w }, batch: true });
 * python.includes("output = x @ w.mT") // true
 */
export function toTorch(
  f: (...inputs: Tensor[]) => Returned,
  inputs: Readonly<Record<string, Tensor>>,
  options: TraceOptions = {},
): TorchExport {
  checkOptions("toTorch", options, { names: "any", batch: "any" });
  const names = namedTensors("toTorch", "names", options.names ?? {}); // read once, as iterators can be
  const traced = { ...options, names };
  const step = exportStep("toTorch", f, inputs, traced);
  const state = Object.fromEntries(step.states.map(({ origin }) => [origin.name, origin.tensor]));
  const python = printFile(step);
  if (!trainsItself(step)) checkGradients(step, f, inputs, names);
  return { python, state };
}
