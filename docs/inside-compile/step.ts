// The step that docs/inside-compile.md follows through the compiler.
import { customGrad, noGrad, oneHot, type Tensor, tensor } from "@tendril/tensor";

export const x: Tensor = tensor([
  [1, 2],
  [0, 1],
  [-1, 1],
  [2, 0],
]); // 4 examples, 2 features
export const y: Tensor = tensor([[2], [0], [1], [0]], { dtype: "int32" }); // the class of each example: 0, 1 or 2
export const W: Tensor = tensor(
  [
    [1, 1, -0.5],
    [0.5, 1, 0.5],
  ],
  { requiresGrad: true },
);
export const b: Tensor = tensor([0, 1, 0], { requiresGrad: true });
export const calls: Tensor = tensor(0, { dtype: "float64" }); // how often the step has run

/** −log softmax(z)_y for each row of z; its derivative is softmax(z) − y. */
const crossEntropy = customGrad({
  name: "crossEntropy",
  forward: (z: Tensor, y: Tensor) => z.logSoftmax(1).gather(1, y).neg(),
  vjps: [(ct, [z, y]) => ct.mul(z.softmax(1).sub(oneHot(y.flatten(), 3, { dtype: "float32" }))), null],
});

export function step(x: Tensor, y: Tensor): Tensor {
  for (const p of [W, b]) p.grad = null;
  const loss = crossEntropy(x.matmul(W).add(b), y).mean();
  loss.backward();
  noGrad(() => {
    for (const p of [W, b]) p.assign(p.sub((p.grad as Tensor).mul(0.5)));
    calls.assign(calls.add(1));
  });
  return loss;
}
