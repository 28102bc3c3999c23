/** The graphs that one can choose from: the leaves of each, and how the loss is computed from them. */
import { type Tensor, tensor } from "@tendril/tensor";

export const caseNames = ["model", "neuron", "square", "shared"] as const;
export type CaseName = (typeof caseNames)[number];

export interface Leaf {
  name: string;
  shape: readonly number[];
  values: readonly number[];
  /** Whether its gradient is wanted; the others are constants. */
  learned: boolean;
}

/** Gives a tensor on the way a name, and returns it. */
export type Named = (name: string, x: Tensor) => Tensor;

export interface Case {
  /** What to look for. */
  look: string;
  /** What is to be said of an op in this graph, besides its rule: by the op's name. */
  notes?: Readonly<Record<string, string>>;
  dtype: "float32" | "float64";
  leaves: readonly Leaf[];
  /** The output, which has one element. The leaves come in the order of the list. */
  compute(leaves: readonly Tensor[], named: Named): Tensor;
}

export const titles: Record<CaseName, string> = {
  model: "this model",
  neuron: "a neuron",
  square: "x · x",
  shared: "a shared subgraph",
};

const scalar = (name: string, value: number): Leaf => ({ name, shape: [], values: [value], learned: true });

/** The graphs of single numbers: small enough to do by hand. */
export const smallCases: Record<Exclude<CaseName, "model">, Case> = {
  neuron: {
    look: 'Look at tanh: it lets through 1 − out², which is half here. Type 9 for b under "The leaves": then it lets through almost nothing. And w2 gets 0, since its input x2 is 0.',
    dtype: "float64",
    leaves: [scalar("x1", 2), scalar("w1", -3), scalar("x2", 0), scalar("w2", 1), scalar("b", 6.88)],
    compute: ([x1, w1, x2, w2, b], named) => {
      const products = [x1, x2].map((x, i) => (x as Tensor).mul([w1, w2][i] as Tensor)) as [Tensor, Tensor];
      const n = named("n", products[0].add(products[1]).add(b as Tensor));
      return named("out", n.tanh());
    },
  },
  square: {
    look: "Look at x: it is used twice, so two contributions come to it, and they add up to 2x.",
    dtype: "float64",
    leaves: [scalar("x", 3)],
    compute: ([x], named) => named("y", (x as Tensor).mul(x as Tensor)),
  },
  shared: {
    look: "Look at h: both s and y use it. It waits for its turn until both have sent their part, and only then is its sum complete.",
    dtype: "float64",
    leaves: [scalar("a", 2), scalar("b", 3), scalar("c", 1)],
    compute: ([a, b, c], named) => {
      const h = named("h", (a as Tensor).mul(b as Tensor));
      const s = named("s", h.add(c as Tensor));
      return named("y", h.mul(s));
    },
  },
};

/** The case with other numbers in its leaves: the key is the leaf's name and the place in it, as in "W 3". */
export function withValues(given: Case, changes: ReadonlyMap<string, number>): Case {
  const leaves = given.leaves.map((leaf) => ({
    ...leaf,
    values: leaf.values.map((value, i) => changes.get(`${leaf.name} ${i}`) ?? value),
  }));
  return { ...given, leaves };
}

/** The leaves as tensors. */
export function tensorsOf({ leaves }: Pick<Case, "leaves">, dtype: Case["dtype"], requiresGrad = true): Tensor[] {
  return leaves.map(({ shape, values, learned }) =>
    tensor(values, { dtype, shape, requiresGrad: requiresGrad && learned }),
  );
}
