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
 * log₂ x, exact at powers of 2; integers give float32.
 * @see https://pytorch.org/docs/stable/generated/torch.log2.html
 */
export const log2 = (x: TensorLike): Tensor => bind(log2P, [x]);

/**
 * start + weight · (end − start); all three broadcast. It is `start` at weight 0 and `end` at 1, exactly.
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
 * The products of the first 1, 2, … entries along `dim`; booleans are multiplied as int32. Right, with its gradients,
 * where entries are 0.
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
