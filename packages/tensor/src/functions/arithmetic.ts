// Arithmetic beyond the ops that are methods.
import { bind, toTensor, toTensors } from "../bind.ts";
import { cast } from "../ops/cast.ts";
import { abs, add, div, lt, mul, sub, where } from "../ops/elementwise.ts";
import { inTheNameOf } from "../ops/ensure.ts";
import { narrow } from "../ops/parts.ts";
import { cat } from "../ops/shape.ts";
import { counted, floating } from "../ops/types.ts";
import { definePrimitive } from "../primitive.ts";
import { normalizeDim } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

const log2P = /* @__PURE__ */ definePrimitive<readonly [Tensor]>({
  name: "log2",
  kind: "elementwise",
  infer: floating,
  vjps: [(ct, [x]) => div(ct, mul(x, Math.LN2))], // ∂(log₂ x)/∂x = 1 / (x · ln 2)
});

/**
 * The logarithm to base 2 of each element, exact at powers of 2: [...] → [...]. Integers and booleans give float32.
 * @formula log₂ x
 * @derivative 1/(x·ln 2)
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * log2(tensor([1, 8])) // tensor([0., 3.])
 * @see https://pytorch.org/docs/stable/generated/torch.log2.html
 */
export const log2 = (x: TensorLike): Tensor => bind(log2P, [x]);

/**
 * The way from `start` to `end`, element by element; all three broadcast. It is `start` at weight 0 and `end` at 1,
 * exactly.
 * @formula a + w·(b − a)
 * @derivative ∂/∂a = 1 − w, ∂/∂b = w, ∂/∂w = b − a
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * lerp(tensor([0, 10]), tensor([10, 20]), 0.25) // tensor([ 2.5000, 12.5000])
 * @see https://pytorch.org/docs/stable/generated/torch.lerp.html
 */
export function lerp(start: TensorLike, end: TensorLike, weight: TensorLike): Tensor {
  const [a, b, w] = toTensors("lerp", [start, end, weight]) as [Tensor, Tensor, Tensor];
  return inTheNameOf("lerp", () => {
    const difference = sub(b, a);
    // From the nearer end, as PyTorch: rounding then leaves both ends what they are.
    return where(lt(abs(w), 0.5), add(a, mul(w, difference)), sub(b, mul(difference, sub(1, w))));
  });
}

/**
 * The products of the first 1, 2, … entries along `dim`: [...] → [...]. Booleans are multiplied as int32. Values and
 * gradients are right where entries are 0.
 * @formula Π_{j≤i} xⱼ
 * @derivative for each later product, the product of its other entries
 * @throws {IndexError} when `dim` is out of range
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * cumprod(tensor([1, 2, 3]), 0) // tensor([1., 2., 6.])
 * @see https://pytorch.org/docs/stable/generated/torch.cumprod.html
 */
export function cumprod(x: TensorLike, dim: number): Tensor {
  const t = toTensor("cumprod", x);
  const axis = normalizeDim("cumprod", dim, t.ndim);
  const n = t.shape[axis] ?? 1;
  let products = cast(t, counted(t.dtype));
  // An entry becomes the product of the last 2, 4, 8, … up to it: no division, so a 0 needs no special case.
  for (let reach = 1; reach < n; reach *= 2) {
    const longer = mul(narrow(products, axis, 0, n - reach), narrow(products, axis, reach, n - reach));
    products = cat([narrow(products, axis, 0, reach), longer], axis);
  }
  return products;
}
