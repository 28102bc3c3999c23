/** Data and initial weights by rules that are repeated easily: by `peers/torch_peer.py`, for one. */
import type { Mlp } from "./works.ts";

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
export function examples({ rows, sizes }: Pick<Mlp, "rows" | "sizes">): { x: Float32Array; y: Int32Array } {
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
