// allClose and equal, which give JavaScript booleans and therefore read values.
import { toTensors } from "../bind.ts";
import { cast } from "../ops/cast.ts";
import { all } from "../ops/composite.ts";
import { abs, add, eq, le, logicalAnd, logicalOr, lt, mul, ne, sub } from "../ops/elementwise.ts";
import { inTheNameOf } from "../ops/ensure.ts";
import { checkOptions } from "../options.ts";
import { sameShape } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";

/** The options of `allClose`. */
export interface ClosenessOptions {
  /** The relative tolerance. Default 1e-5. */
  readonly rtol?: number;
  /** The absolute tolerance. Default 1e-8. */
  readonly atol?: number;
  /** Whether two NaNs are equal. Default false. */
  readonly equalNan?: boolean;
}

/**
 * Whether |a − b| ≤ atol + rtol · |b| everywhere; shapes broadcast, and an infinity is close to itself only. It reads
 * values.
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {TraceError} in a step that is being compiled
 * @throws {ValueError} when an operand is neither a tensor nor numbers, or a tolerance is not a number
 * @example
 * allClose([0.1 + 0.2], [0.3]) // true
 * @see https://pytorch.org/docs/stable/generated/torch.allclose.html
 */
export function allClose(a: TensorLike, b: TensorLike, options: ClosenessOptions = {}): boolean {
  const kinds = { rtol: "number", atol: "number", equalNan: "boolean" } as const;
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = checkOptions("allClose", options, kinds);
  return inTheNameOf("allClose", () => {
    const [x, y] = toTensors("allClose", [a, b]).map((t) => cast(t, "float64")) as [Tensor, Tensor];
    const difference = abs(sub(x, y));
    const near = logicalAnd(le(difference, add(mul(abs(y), rtol), atol)), lt(difference, Number.POSITIVE_INFINITY));
    const close = logicalOr(eq(x, y), near);
    return all(equalNan ? logicalOr(close, logicalAnd(ne(x, x), ne(y, y))) : close).item() === 1;
  });
}

/**
 * Whether both have one shape and equal elements; NaN equals nothing. It reads values.
 * @throws {TraceError} in a step that is being compiled
 * @throws {ValueError} when an operand is neither a tensor nor numbers
 * @example
 * equal(tensor([1, 2]), [1, 2]) // true
 * equal(tensor([1, 2]), [[1, 2]]) // false
 * @see https://pytorch.org/docs/stable/generated/torch.equal.html
 */
export function equal(a: TensorLike, b: TensorLike): boolean {
  const [x, y] = toTensors("equal", [a, b]) as [Tensor, Tensor];
  return inTheNameOf("equal", () => sameShape(x.shape, y.shape) && all(eq(x, y)).item() === 1);
}
