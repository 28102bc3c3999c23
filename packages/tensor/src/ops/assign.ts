import { isGradEnabled, noGrad } from "../bind.ts";
import { GradError } from "../errors.ts";
import { recording } from "../recorder.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { cast } from "./cast.ts";
import { broadcastTo } from "./shape.ts";

/**
 * Overwrites a leaf's elements in place (`value` is broadcast and cast to fit), for optimizers and initialisers.
 * This is the only in-place op: tensors that share the storage see the change, and backprop refuses to use it.
 * A tensor that requires a gradient is assigned inside `noGrad`.
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
 */
export function assign(x: Tensor, value: TensorLike): Tensor {
  if (!x.isLeaf) throw new GradError("assign: only a leaf can be changed in place; make a new tensor instead");
  if (x.requiresGrad && isGradEnabled()) {
    throw new GradError("assign: this tensor requires a gradient; wrap the update in noGrad(() => …)");
  }
  const fitted = noGrad(() => broadcastTo(cast(value, x.dtype), x.shape, "assign"));
  if (recording.current !== null) recording.current.assign(x, fitted);
  else x.storage.data.set(fitted.data);
  x.storage.version++;
  return x;
}
