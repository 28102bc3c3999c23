/** The networks of W7, W8 and W9: their sizes, data and initial weights, which `peers/torch_peer.py` repeats. */
import { labels, uniform } from "./data.ts";

/**
 * Two blocks of 3 × 3 convolution (padding 1), ReLU and 2 × 2 maximum, then a linear layer; mean cross-entropy, plain SGD.
 * Images: [rows, 1, side, side].
 */
export interface Cnn {
  rows: number;
  side: number;
  channels: readonly [number, number];
  classes: number;
  lr: number;
}

/**
 * Tokens and learned positions; blocks of causal attention and of a GELU network (tanh form, 4 times the width), each after
 * a norm and added to its input; a last norm, and a head without bias. Mean cross-entropy of the next token, Adam.
 */
export interface Transformer {
  vocabulary: number;
  batch: number;
  length: number;
  width: number;
  heads: number;
  blocks: number;
  lr: number;
}

/** One GRU layer over [length, batch, inputs], its last state to classes. Mean cross-entropy, Adam. */
export interface Gru {
  batch: number;
  length: number;
  inputs: number;
  hidden: number;
  classes: number;
  lr: number;
}

/** A parameter in PyTorch's layout. */
export interface Weights {
  shape: readonly number[];
  data: Float32Array;
}

/** Parameters by name. */
export class Parameters<T> {
  readonly #byName: ReadonlyMap<string, T>;

  constructor(parameters: Iterable<readonly [string, T]>) {
    this.#byName = new Map(parameters);
  }

  /** Each as something else, such as a peer's tensor. */
  map<U>(f: (parameter: T, name: string) => U): Parameters<U> {
    return new Parameters([...this.#byName].map(([name, parameter]) => [name, f(parameter, name)]));
  }

  all(): T[] {
    return [...this.#byName.values()];
  }

  get(name: string): T {
    const parameter = this.#byName.get(name);
    if (parameter === undefined) throw new Error(`there is no parameter ${name}`);
    return parameter;
  }
}

/** Scales of norms start as 1, biases as 0, all else uniformly within ±1/√(weights of an output), with seeds in this order. */
const initial = (shapes: readonly (readonly [string, readonly number[]])[]): Parameters<Weights> =>
  new Parameters(
    shapes.map(([name, shape], i) => {
      const size = shape.reduce((a, b) => a * b);
      const outputs = shape[0] as number;
      const constant = name.includes("bias") ? 0 : 1;
      const data =
        shape.length === 1
          ? new Float32Array(size).fill(constant)
          : uniform(2 + i, size, 1 / Math.sqrt(size / outputs));
      return [name, { shape, data }];
    }),
  );

export const cnnWeights = ({ side, channels: [first, second], classes }: Cnn): Parameters<Weights> =>
  initial([
    ["conv1.weight", [first, 1, 3, 3]],
    ["conv1.bias", [first]],
    ["conv2.weight", [second, first, 3, 3]],
    ["conv2.bias", [second]],
    ["head.weight", [classes, second * (side / 4) ** 2]],
    ["head.bias", [classes]],
  ]);

const blockShapes = (width: number): [string, number[]][] => [
  ["norm1.weight", [width]],
  ["norm1.bias", [width]],
  ["qkv.weight", [3 * width, width]],
  ["qkv.bias", [3 * width]],
  ["projection.weight", [width, width]],
  ["projection.bias", [width]],
  ["norm2.weight", [width]],
  ["norm2.bias", [width]],
  ["up.weight", [4 * width, width]],
  ["up.bias", [4 * width]],
  ["down.weight", [width, 4 * width]],
  ["down.bias", [width]],
];

export const transformerWeights = ({ vocabulary, length, width, blocks }: Transformer): Parameters<Weights> =>
  initial([
    ["tokens.weight", [vocabulary, width]],
    ["positions.weight", [length, width]],
    ...Array.from({ length: blocks }, (_, i) =>
      blockShapes(width).map(([name, shape]) => [`blocks.${i}.${name}`, shape] as const),
    ).flat(),
    ["norm.weight", [width]],
    ["norm.bias", [width]],
    ["head.weight", [vocabulary, width]],
  ]);

/** Gates in PyTorch's order: reset, update, new. */
export const gruWeights = ({ inputs, hidden, classes }: Gru): Parameters<Weights> =>
  initial([
    ["gru.weight_ih_l0", [3 * hidden, inputs]],
    ["gru.weight_hh_l0", [3 * hidden, hidden]],
    ["gru.bias_ih_l0", [3 * hidden]],
    ["gru.bias_hh_l0", [3 * hidden]],
    ["head.weight", [classes, hidden]],
    ["head.bias", [classes]],
  ]);

/** Tokens x: [batch, length] of one long text, in which the j-th is j³ + 5j modulo the vocabulary, and those after them. */
export function text({ vocabulary, batch, length }: Transformer): { x: Int32Array; y: Int32Array } {
  const all = Int32Array.from({ length: batch * length + 1 }, (_, j) => (j ** 3 + 5 * j) % vocabulary);
  return { x: all.slice(0, -1), y: all.slice(1) };
}

/** Sequences x: [length, batch, inputs] of classes y: [batch]. */
export const sequences = ({ batch, length, inputs, classes }: Gru): { x: Float32Array; y: Int32Array } => ({
  x: uniform(1, length * batch * inputs),
  y: labels(batch, classes),
});
