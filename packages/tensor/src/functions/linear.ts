// Linear maps, and dropout.
import { checkTensor } from "../bind.ts";
import { full } from "../create.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { add, div, mul } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { checkOptions, describeValue } from "../options.ts";
import { bernoulli, Generator } from "../random.ts";
import { show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkShapes, toFloats } from "./float.ts";

/**
 * x·Wᵀ + b: x [..., in], weight [out, in] and bias [out], which may be left out → [..., out].
 * @param bias default: none
 * @formula x·Wᵀ + b
 * @derivative ∂/∂x = ct·W, ∂/∂W = ctᵀ·x, ∂/∂b = Σct
 * @throws {ShapeError} when the sizes do not fit
 * @throws {DTypeError} when x holds no floats
 * @throws {ValueError} when weight or bias is not a tensor
 * @example
 * linear([1, 2], tensor([[1, 0], [1, 1], [0, 1]]), tensor([10, 20, 30])) // tensor([11., 23., 32.])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export function linear(x: TensorLike, weight: Tensor, bias?: Tensor | null): Tensor {
  const t = toFloats("linear", x);
  checkTensor("linear", "weight", weight);
  const [outputs, inputs] = weight.shape;
  if (weight.ndim !== 2 || outputs === undefined || t.shape.at(-1) !== inputs) {
    throw new ShapeError(
      `linear: x ${show(t.shape)} must end in the ${inputs ?? "in"} of weight ${show(weight.shape)}, [out, in]`,
    );
  }
  const y = matmul(t, weight, { transposeB: true });
  checkShapes("linear", { bias }, [outputs], "[out]");
  return bias ? add(y, bias) : y;
}

/** The options of `dropout`. */
export interface DropoutOptions {
  /** The chance of each element to be dropped, from 0 to 1. Default 0.5. */
  readonly p?: number;
  /** Whether to drop any: without it, the result is x. Default true. */
  readonly training?: boolean;
  /** Where the draw comes from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * `x` with elements set to 0 by chance, anew at each call, and the others scaled by 1/(1 − p), so that the mean stays:
 * [...] → [...].
 * @formula x · kept / (1 − p)
 * @derivative kept / (1 − p)
 * @throws {ValueError} when p is outside [0, 1], or an option is wrong
 * @throws {DTypeError} when x holds no floats
 * @example
 * manualSeed(1);
 * dropout(ones([6])) // tensor([0., 2., 2., 2., 2., 2.])
 * dropout(ones([2]), { training: false }) // tensor([1., 1.])
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export function dropout(x: TensorLike, options: DropoutOptions = {}): Tensor {
  const kinds = { p: "number", training: "boolean", generator: Generator } as const;
  const { p = 0.5, training = true, generator } = checkOptions("dropout", options, kinds);
  if (!(p >= 0 && p <= 1)) throw new ValueError(`dropout: p must be between 0 and 1, got ${describeValue(p)}`);
  const t = toFloats("dropout", x);
  if (!training) return t;
  const kept = bernoulli(full(t.shape, 1 - p, { dtype: t.dtype }), { generator });
  return mul(t, p === 1 ? kept : div(kept, 1 - p));
}
