// Checks that the functions share: inputs are floats, shapes agree.
import { checkTensor, toTensor } from "../bind.ts";
import { ShapeError } from "../errors.ts";
import { checkFloat } from "../ops/types.ts";
import { type Shape, sameShape, show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

/** `x` as a tensor. Throws unless it holds floats. */
export function toFloats(op: string, x: TensorLike): Tensor {
  const t = toTensor(op, x);
  checkFloat(op, t);
  return t;
}

/** Throws unless each of these, by name, is left out, null or a tensor of this shape, which is `what`. */
export function checkShapes(op: string, tensors: Readonly<Record<string, unknown>>, shape: Shape, what: string): void {
  for (const [name, x] of Object.entries(tensors)) {
    if (x === undefined || x === null) continue;
    checkTensor(op, name, x);
    const own = (x as Tensor).shape;
    if (!sameShape(own, shape))
      throw new ShapeError(`${op}: ${name} has shape ${show(own)}, ${what} is ${show(shape)}`);
  }
}
