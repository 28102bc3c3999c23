// Functions whose printed PyTorch source is kept in fixtures/torch; interop/src/torch/kept.ts writes it, and runs it.
import {
  batchNorm,
  conv2d,
  dropout,
  embedding,
  gather,
  linear,
  logSoftmax,
  maxPool2d,
  noGrad,
  ones,
  scaledDotProductAttention,
  type Tensor,
  tensor,
  tril,
  where,
  zeros,
} from "@tendril/tensor";
import type { TraceOptions } from "@tendril/tensor/torch";

export interface Program {
  readonly f: (...inputs: Tensor[]) => Tensor | Record<string, Tensor>;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly options: TraceOptions;
}

/** Numbers in [−1, 1) without a generator, none of which is the same as its neighbour. */
const numbers = (shape: readonly number[], k = 1): Tensor =>
  tensor(
    Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => (((i + k) * 37) % 64) / 32 - 1),
    { shape },
  );
const weight = (shape: readonly number[], k: number): Tensor => {
  const w = numbers(shape, k);
  w.requiresGrad = true;
  return w;
};
const classes = tensor([0, 2, -1, 1, 2], { dtype: "int32" });

/** −mean of log p over the rows that are not ignored. */
function nll(logits: Tensor, y: Tensor): Tensor {
  const kept = y.ne(-1);
  const picked = gather(logSoftmax(logits), 1, where(kept, y, 0).unsqueeze(1)).squeeze(1);
  return where(kept, picked.neg(), 0).sum().div(kept.to("float32").sum());
}

function perceptron(): Program {
  const [w1, b1, w2] = [weight([4, 3], 1), weight([4], 5), weight([3, 4], 9)];
  return {
    f: (x, y) => ({ loss: nll(linear(linear(x as Tensor, w1, b1).relu(), w2), y as Tensor) }),
    inputs: { x: numbers([5, 3]), y: classes },
    options: { names: { "0.weight": w1, "0.bias": b1, "2.weight": w2 }, batch: true },
  };
}

/** The whole step of gradient descent, as a function of its own. */
function descent(): Program {
  const [w, b] = [weight([3, 3], 1), weight([3], 5)];
  return {
    f: (x, y) => {
      w.grad = null;
      b.grad = null;
      const loss = nll(linear(x as Tensor, w, b), y as Tensor);
      loss.backward();
      noGrad(() => {
        for (const p of [w, b]) p.assign(p.sub((p.grad as unknown as Tensor).mul(0.5)));
      });
      return { loss };
    },
    inputs: { x: numbers([5, 3]), y: classes },
    options: { names: { weight: w, bias: b }, batch: true },
  };
}

/** Windows, running statistics, dropout. */
function images(): Program {
  const [kernel, scale, shift] = [weight([2, 1, 3, 3], 1), weight([2], 3), weight([2], 4)];
  const [runningMean, runningVar] = [zeros([2]), ones([2])];
  return {
    f: (x) => {
      const y = conv2d(x as Tensor, kernel, { padding: 1 });
      const normal = batchNorm(y, { weight: scale, bias: shift, runningMean, runningVar, training: true });
      return dropout(maxPool2d(normal.relu(), 2), { p: 0 }).flatten(1).square().mean();
    },
    inputs: { x: numbers([3, 1, 4, 4]) },
    options: {
      names: { kernel, "norm.weight": scale, "norm.bias": shift, "norm.mean": runningMean, "norm.var": runningVar },
      batch: true,
    },
  };
}

/** A table, a mask that is a constant, names that Python has for itself, and no batch. */
function attention(): Program {
  const [table, lambda] = [weight([7, 4], 1), weight([4, 4], 3)];
  const mask = tril(ones([9, 9], { dtype: "bool" }));
  return {
    f: (tokens) => {
      const x = embedding(table, tokens as Tensor);
      return scaledDotProductAttention(x.matmul(lambda), x, x, { attnMask: mask });
    },
    inputs: { in: tensor([[0, 1, 2, 3, 4, 5, 6, 0, 1]], { dtype: "int32" }) },
    options: { names: { class: table, lambda } },
  };
}

export const programs: Readonly<Record<string, () => Program>> = { perceptron, descent, images, attention };
