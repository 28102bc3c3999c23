/** What is measured: the same sizes, data and initial weights for everybody. `peers/torch_peer.py` does it in Python. */
import type { Cnn, Gru, Transformer } from "./networks.ts";

/** A task as a peer does it. */
export interface Task {
  /** One step, finished when it returns: nothing is left in a queue. */
  step(): void | Promise<void>;
  /** What the last step computed, as a few numbers that must agree among peers. */
  result(): number[] | Promise<number[]>;
}

/** Softmax regression (two sizes) or a ReLU network (more), full batch, mean cross-entropy, plain SGD. */
export interface Mlp {
  rows: number;
  sizes: readonly number[];
  lr: number;
}

/** Why a peer cannot do a work, in words. */
export interface Unable {
  without: string;
}

/** The tasks; each function sets one up. */
interface Tasks {
  /** Trains; result: the loss before the last update. */
  mlp(work: Mlp): Task;
  /** The same, with these networks. */
  cnn(work: Cnn): Task | Unable;
  transformer(work: Transformer): Task | Unable;
  gru(work: Gru): Task | Unable;
  /** a·b, both [n, n]; result: Σ|ab|. */
  matmul(n: number): Task;
  /** mean(tanh(x·w + b)·σ(x)) and its gradients, x: [n], w and b: []; result: value, Σ|∂x|, ∂w, ∂b. */
  gate(n: number): Task;
  /** Mean cross-entropy and its gradient by the logits [rows, classes]; result: value, Σ|∂z|. */
  crossEntropy(rows: number, classes: number): Task;
  /** y ← y·a + b, `ops`/2 times on one element, with its graph, and the way back if asked for; result: y, then ∂y/∂a. */
  chain(ops: number, backward: boolean): Task | null;
}

/** How a peer does the tasks. */
export interface Peer extends Omit<Tasks, "chain">, Partial<Pick<Tasks, "chain">> {
  /** What must happen once before the first tensor. */
  prepare?(): Promise<void>;
}

/** A task's name, and what its function is called with. */
export type Call = { [Name in keyof Tasks]: readonly [Name, ...Parameters<Tasks[Name]>] }[keyof Tasks];

export interface Work {
  title: string;
  /** Steps until the results are compared. */
  steps: number;
  call: Call;
  /**
   * What must come out: `python3 src/peers/torch_peer.py reference` computes it in float64. Without it the plain loops, or
   * else the first peer, have it right.
   */
  expected?: readonly number[];
  /** What one step counts as: floating-point operations, or the number of ops. */
  flops?: number;
  ops?: number;
}

/** The task as `peer` does it; nothing where the peer has no such function. */
export function setUp(peer: Peer, [name, ...args]: Call): Task | Unable | null | undefined {
  const task = peer[name] as ((...args: unknown[]) => Task | Unable | null) | undefined;
  return task?.(...args);
}

export const logistic: Mlp = { rows: 300, sizes: [2, 3], lr: 0.1 };
const chainOps = 100;

const cnn: Cnn = { rows: 32, side: 28, channels: [8, 16], classes: 10, lr: 0.1 };
const transformer: Transformer = { vocabulary: 65, batch: 16, length: 32, width: 64, heads: 4, blocks: 2, lr: 1e-3 };
const gru: Gru = { batch: 32, length: 50, inputs: 32, hidden: 64, classes: 10, lr: 1e-3 };

export const works: Record<string, Work> = {
  W1: { title: "logistic step, 300 × 2 → 3", steps: 100, call: ["mlp", logistic] },
  W2: {
    title: "MLP step, 128 × 784-128-10",
    steps: 10,
    call: ["mlp", { rows: 128, sizes: [784, 128, 10], lr: 0.1 }],
  },
  W3: {
    title: "MLP step, 256 × 784-512-256-10",
    steps: 4,
    call: ["mlp", { rows: 256, sizes: [784, 512, 256, 10], lr: 0.1 }],
  },
  W4: { title: "matmul 1024³", steps: 1, call: ["matmul", 1024], flops: 2 * 1024 ** 3 },
  W5: { title: "mean(tanh(x·w + b)·σ(x)), 10⁶, and gradients", steps: 1, call: ["gate", 1e6] },
  W6: { title: "cross-entropy 1024 × 1000 and gradient", steps: 1, call: ["crossEntropy", 1024, 1000] },
  W7: {
    title: "CNN step, 32 × 1 × 28 × 28, 8 and 16 channels",
    steps: 4,
    call: ["cnn", cnn],
    expected: [2.2305661961990064],
  },
  W8: {
    title: "transformer step, 16 × 32 of 65 characters, width 64, 2 blocks, Adam",
    steps: 4,
    call: ["transformer", transformer],
    expected: [3.4322189898437325],
  },
  W9: {
    title: "GRU step, 32 × 50 × 32, 64 hidden, Adam",
    steps: 4,
    call: ["gru", gru],
    expected: [2.2661646627789276],
  },
  op: { title: "an op on one element, with its graph", steps: 1, call: ["chain", chainOps, false], ops: chainOps },
  opGrad: { title: "the same, and its way back", steps: 1, call: ["chain", chainOps, true], ops: chainOps },
};
