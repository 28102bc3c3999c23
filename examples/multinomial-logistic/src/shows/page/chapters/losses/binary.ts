/** The binary cross-entropy and its two gradients, and the squared error beside it, by the library. */
import { bce, bceWithLogits, mse } from "@tendril/nn";
import { full, grad, linspace, type Tensor, tensor } from "@tendril/tensor";

const float64 = { dtype: "float64" } as const;
const none = { reduction: "none" } as const;

/** The logit goes so far each way. */
export const farthest = 8;

export interface Slopes {
  loss: number;
  /** ∂loss/∂a and ∂loss/∂z. */
  byProbability: number;
  byLogit: number;
  /** (a − y)², and its slope by z. */
  squared: number;
  squaredByLogit: number;
}

export interface BinaryLosses {
  a: number;
  /** σ′(z), by which the one gradient becomes the other. */
  sigmoidSlope: number;
  /** Where the truth is no, y = 0, and where it is yes, y = 1. */
  for: readonly [Slopes, Slopes];
}

export function binaryLosses(logit: number): BinaryLosses {
  const z = tensor([logit], float64);
  const a = z.sigmoid();
  const slopes = (truth: number): Slopes => {
    const y = full([1], truth, float64);
    return {
      loss: bceWithLogits(z, y).item(),
      byProbability: grad((a: Tensor) => bce(a, y))(a).item(),
      squared: mse(a, y).item(),
      squaredByLogit: grad((z: Tensor) => mse(z.sigmoid(), y))(z).item(),
      byLogit: grad((z: Tensor) => bceWithLogits(z, y))(z).item(),
    };
  };
  return {
    a: a.item(),
    sigmoidSlope: grad((z: Tensor) => z.sigmoid().sum())(z).item(),
    for: [slopes(0), slopes(1)],
  };
}

export interface Spot {
  z: number;
  a: number;
  loss: number;
  squared: number;
}

/** Both curves, for y = 0 and for y = 1. */
export function binaryCurves(): readonly [Spot[], Spot[]] {
  const z = linspace(-farthest, farthest, 161, float64);
  const a = z.sigmoid();
  const curve = (truth: number): Spot[] => {
    const y = full(z.shape, truth, float64);
    const [losses, squares] = [bceWithLogits(z, y, none).data, mse(a, y, none).data];
    return [...losses].map((loss, i) => ({ z: z.data[i] ?? 0, a: a.data[i] ?? 0, loss, squared: squares[i] ?? 0 }));
  };
  return [curve(0), curve(1)];
}
