/** The sizes along which `growth.ts` goes, and how many operations a step has at each. */
import type { Gru, Transformer } from "./networks.ts";
import type { Call, Mlp } from "./works.ts";

/** Sizes of one kind, and the step at each. */
export interface Series {
  title: string;
  sizes: readonly number[];
  call(size: number): Call;
}

const mlp = (rows: number, hidden: number, depth: number): Call => [
  "mlp",
  { rows, sizes: [...Array.from({ length: depth + 1 }, () => hidden), 10], lr: 0.01 },
];
const transformer = (length: number, blocks: number): Call => [
  "transformer",
  { vocabulary: 65, batch: 4, length, width: 64, heads: 4, blocks, lr: 1e-3 },
];
const doubling = (from: number, to: number, factor = 2): number[] => {
  const sizes = [];
  for (let size = from; size <= to; size *= factor) sizes.push(size);
  return sizes;
};

export const all: Record<string, Series> = {
  width: {
    title: "MLP of 2 hidden layers, 64 rows, by width",
    sizes: doubling(64, 2048),
    call: (width) => mlp(64, width, 2),
  },
  batch: {
    title: "MLP of 2 hidden layers of 256, by rows",
    sizes: doubling(1, 4096, 4),
    call: (rows) => mlp(rows, 256, 2),
  },
  length: {
    title: "transformer of 2 blocks, batch 4, by length",
    sizes: doubling(16, 512),
    call: (length) => transformer(length, 2),
  },
  depth: {
    title: "transformer of length 32, batch 4, by blocks",
    sizes: doubling(1, 32),
    call: (blocks) => transformer(32, blocks),
  },
  steps: {
    title: "GRU, batch 32, by steps in time",
    sizes: doubling(8, 512, 4),
    call: (length) => ["gru", { batch: 32, length, inputs: 32, hidden: 64, classes: 10, lr: 1e-3 }],
  },
};

/** Of the products forward, twice that backward, but once for the first layer, whose input needs no gradient. */
export function flops([name, work]: Call): number {
  if (name === "mlp") {
    const { rows, sizes } = work as Mlp;
    const products = sizes.slice(1).map((outputs, i) => 2 * rows * outputs * (sizes[i] as number));
    return 3 * products.reduce((a, b) => a + b) - (products[0] as number);
  }
  if (name === "transformer") {
    const { batch, length, width, blocks, vocabulary } = work as Transformer;
    return 6 * batch * length * (blocks * (12 * width ** 2 + 2 * length * width) + vocabulary * width);
  }
  if (name === "gru") {
    const { batch, length, inputs, hidden, classes } = work as Gru;
    return 2 * batch * (length * 3 * hidden * (2 * inputs + 3 * hidden) + 3 * hidden * classes);
  }
  throw new Error(`no count of operations for ${name}`);
}
