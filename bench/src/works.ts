/** What is measured: the same sizes, data and initial weights for everybody. `peers/torch_peer.py` repeats it. */

/** A task as a peer does it. */
export interface Task {
  /** One step, finished when it returns: nothing is left in a queue. */
  step(): void | Promise<void>;
  /** What the last step computed, as a few numbers that must agree among peers to 1e-3 relative. */
  result(): number[] | Promise<number[]>;
}

/** Softmax regression (two sizes) or a ReLU network (more), full batch, mean cross-entropy, plain SGD. */
export interface Mlp {
  rows: number;
  sizes: readonly number[];
  lr: number;
}

/** How a peer does the work; each function sets a task up. */
export interface Peer {
  /** What must happen once before the first tensor. */
  prepare?(): Promise<void>;
  /** Trains; result: the loss before the last update. */
  mlp(work: Mlp): Task;
  /** a·b, both [n, n]; result: Σ|ab|. */
  matmul(n: number): Task;
  /** mean(tanh(x·w + b)·σ(x)) and its gradients, x: [n], w and b: []; result: value, Σ|∂x|, ∂w, ∂b. */
  gate(n: number): Task;
  /** Mean cross-entropy and its gradient by the logits [rows, classes]; result: value, Σ|∂z|. */
  crossEntropy(rows: number, classes: number): Task;
  /** y ← y·a + b, `ops`/2 times on one element, with its graph, and the way back if asked for; result: y, then ∂y/∂a. */
  chain?(ops: number, backward: boolean): Task | null;
}

export const logistic: Mlp = { rows: 300, sizes: [2, 3], lr: 0.1 };
export const chainOps = 100;

export interface Work {
  title: string;
  /** Steps until the results are compared. */
  steps: number;
  setup(peer: Peer): Task | null | undefined;
  /** What one step counts as: floating-point operations, or the number of ops. */
  flops?: number;
  ops?: number;
}

export const works: Record<string, Work> = {
  W1: { title: "logistic step, 300 × 2 → 3", steps: 100, setup: (peer) => peer.mlp(logistic) },
  W2: {
    title: "MLP step, 128 × 784-128-10",
    steps: 10,
    setup: (peer) => peer.mlp({ rows: 128, sizes: [784, 128, 10], lr: 0.1 }),
  },
  W3: {
    title: "MLP step, 256 × 784-512-256-10",
    steps: 4,
    setup: (peer) => peer.mlp({ rows: 256, sizes: [784, 512, 256, 10], lr: 0.1 }),
  },
  W4: { title: "matmul 1024³", steps: 1, setup: (peer) => peer.matmul(1024), flops: 2 * 1024 ** 3 },
  W5: { title: "mean(tanh(x·w + b)·σ(x)), 10⁶, and gradients", steps: 1, setup: (peer) => peer.gate(1e6) },
  W6: { title: "cross-entropy 1024 × 1000 and gradient", steps: 1, setup: (peer) => peer.crossEntropy(1024, 1000) },
  op: {
    title: "an op on one element, with its graph",
    steps: 1,
    setup: (peer) => peer.chain?.(chainOps, false),
    ops: chainOps,
  },
  opGrad: {
    title: "the same, and its way back",
    steps: 1,
    setup: (peer) => peer.chain?.(chainOps, true),
    ops: chainOps,
  },
};

/** Numbers from [−scale, scale) by a linear congruential generator (Numerical Recipes' constants). */
export function uniform(seed: number, size: number, scale = 1): Float32Array {
  const out = new Float32Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = (state / 2 ** 31 - 1) * scale;
  }
  return out;
}

/** Rows x: [rows, features] of classes y: [rows], each class with its own features raised. */
export function examples({ rows, sizes }: Mlp): { x: Float32Array; y: Int32Array } {
  const features = sizes[0] as number;
  const classes = sizes.at(-1) as number;
  const x = uniform(1, rows * features);
  for (let i = 0; i < x.length; i++) {
    if ((i % features) % classes === Math.floor(i / features) % classes) x[i] = (x[i] as number) + 1;
  }
  return { x, y: labels(rows, classes) };
}

/** Class i mod `classes` in row i. */
export const labels = (rows: number, classes: number): Int32Array =>
  Int32Array.from({ length: rows }, (_, i) => i % classes);

/** [inputs, outputs, weights: [inputs, outputs]] of each layer; all biases start from 0. */
export const layers = ({ sizes }: Mlp): [number, number, Float32Array][] =>
  sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] as number;
    return [inputs, outputs, uniform(2 + i, inputs * outputs, 1 / Math.sqrt(inputs))];
  });

/** y: [rows] as rows of zeros with a one. */
export function oneHot(y: Int32Array, classes: number): Float32Array {
  const out = new Float32Array(y.length * classes);
  y.forEach((c, i) => {
    out[i * classes + c] = 1;
  });
  return out;
}

/** Weights of the gated mean; x comes from seed 1. */
export const gateWeights = { w: 0.7, b: 0.1 };
/** Logits come from seed 1, so widely spread. */
export const logitScale = 3;
/** Factors of the chain. */
export const chainWeights = { a: 0.9, b: 0.1 };

export const sumAbs = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i] as number);
  return sum;
};
