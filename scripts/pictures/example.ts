/** The one example that several pictures follow: two features, three classes, logits (2, 4, 0.5), and class 2 is right. */
import { crossEntropy } from "@tendril/nn";
import { oneHot, type Tensor, tensor } from "@tendril/tensor";

const float64 = { dtype: "float64" } as const;

export const classes = [0, 1, 2] as const;
export const x: Tensor = tensor([1, 2], float64);
export const weight: Tensor = tensor(
  [
    [1, 0.5],
    [1, 1],
    [-0.5, 0.5],
  ],
  { ...float64, requiresGrad: true },
);
export const bias: Tensor = tensor([0, 1, 0], { ...float64, requiresGrad: true });
export const trueClass = 2;
export const rate = 0.1;

const target = tensor(trueClass, { dtype: "int32" });
export const y: Tensor = oneHot(target, 3, float64);
export const logits = (weight: Tensor, bias: Tensor): Tensor => weight.matmul(x).add(bias);
export const lossOf = (z: Tensor): Tensor => crossEntropy(z, target);
