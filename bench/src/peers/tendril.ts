/** Tendril, in the code that its users write; `form` is the step as it is, or `compile`. */

import { crossEntropy as crossEntropyLoss, Linear, type Optimizer, ReLU, Sequential, SGD } from "@tendril/nn";
import { type Tensor, tensor, valueAndGrad } from "@tendril/tensor";
import { chainWeights, examples, gateWeights, labels, layers, logitScale, sumAbs, uniform } from "../data.ts";
import type { Mlp, Task } from "../works.ts";

/** What makes a function of tensors ready for use. */
export type Form = <A extends Tensor[], R extends Tensor | Tensor[]>(step: (...args: A) => R) => (...args: A) => R;

export const eager: Form = (step) => step;

/** How a network is trained: what makes a task of its loss, its optimizer and its data. */
export type Train = (
  loss: (x: Tensor, y: Tensor) => Tensor,
  optimizer: Optimizer,
  data: readonly [x: Tensor, y: Tensor],
) => Task;

export function mlp(work: Mlp, train: Train): Task {
  const data = examples(work);
  const x = tensor(data.x, { shape: [work.rows, work.sizes[0] as number] });
  const y = tensor(data.y, { dtype: "int32" });
  const linears = layers(work).map(([inputs, outputs, weights]) => {
    const layer = new Linear(inputs, outputs);
    const weight = tensor(weights, { shape: [inputs, outputs] }).T;
    layer.loadStateDict({ weight, bias: tensor(new Float32Array(outputs)) });
    return layer;
  });
  const model = new Sequential(...linears.flatMap((layer, i) => (i === 0 ? [layer] : [new ReLU(), layer])));
  const optimizer = new SGD(model.parameters(), { lr: work.lr });
  return train((x, y) => crossEntropyLoss(model.forward(x), y), optimizer, [x, y]);
}

/** One step of an optimizer. */
export const stepOf =
  (loss: (x: Tensor, y: Tensor) => Tensor, optimizer: Optimizer) =>
  (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const value = loss(x, y);
    value.backward();
    optimizer.step();
    return value;
  };

/** Steps in this process. */
export const training =
  (form: Form): Train =>
  (loss, optimizer, [x, y]) => {
    const step = form(stepOf(loss, optimizer));
    let last = 0;
    return {
      step() {
        last = step(x, y).item();
      },
      result: () => [last],
    };
  };

/** Runs `f`, and reads its first result at each step and all of them at the end. */
function task(f: () => Tensor[]): Task {
  let results: Tensor[] = [];
  return {
    step() {
      results = f();
      results[0]?.data;
    },
    result: () => results.map((t) => sumAbs(t.data)),
  };
}

export function matmul(n: number, form: Form): Task {
  const [a, b] = [tensor(uniform(1, n * n), { shape: [n, n] }), tensor(uniform(2, n * n), { shape: [n, n] })];
  const step = form((a: Tensor, b: Tensor) => a.matmul(b));
  return task(() => [step(a, b)]);
}

export function gate(n: number, form: Form): Task {
  const [x, w, b] = [tensor(uniform(1, n)), tensor(gateWeights.w), tensor(gateWeights.b)];
  const f = valueAndGrad((x: Tensor, w: Tensor, b: Tensor) => x.mul(w).add(b).tanh().mul(x.sigmoid()).mean(), {
    argnums: [0, 1, 2],
  });
  const step = form((x: Tensor, w: Tensor, b: Tensor) => f(x, w, b).flat());
  return task(() => step(x, w, b));
}

export function crossEntropy(rows: number, classes: number, form: Form): Task {
  const z = tensor(uniform(1, rows * classes, logitScale), { shape: [rows, classes] });
  const y = tensor(labels(rows, classes), { dtype: "int32" });
  const f = valueAndGrad((z: Tensor, y: Tensor) => crossEntropyLoss(z, y));
  const step = form((z: Tensor, y: Tensor) => f(z, y).flat());
  return task(() => step(z, y));
}

export function chain(ops: number, backward: boolean): Task {
  const a = tensor([chainWeights.a], { requiresGrad: true });
  const b = tensor([chainWeights.b], { requiresGrad: true });
  const start = tensor([1]);
  return task(() => {
    let y = start;
    for (let i = 0; i < ops; i += 2) y = y.mul(a).add(b);
    if (!backward) return [y];
    a.grad = b.grad = null;
    y.backward();
    return [y, a.grad as unknown as Tensor];
  });
}
