/** A case worked out: its graph, and backward through it turn by turn, as plain numbers. */
import { backwardSteps, type DType, graphNodes, noGrad, type Tensor } from "@tendril/tensor";
import { type Case, tensorsOf, withValues } from "./cases.ts";

/** The elements of a tensor, row-major. */
export interface Value {
  shape: readonly number[];
  data: readonly number[];
}

export interface DrawnNode {
  id: number;
  /** As the case calls it, or v1, v2, … in the order of computing; "" for a constant without a name. */
  name: string;
  /** The op that made it; leaves and constants have none. */
  op: string | undefined;
  kind: "op" | "leaf" | "constant";
  dtype: DType;
  value: Value;
  /** What the op took, by id. */
  inputs: readonly number[];
  /** How many contributions come to it on the way back. */
  paths: number;
}

/** What an op sends to one of its inputs. */
export interface Send {
  /** Which input it is, and which node that is. */
  index: number;
  to: number;
  returned: Value;
  contribution: Value;
  /** What had come to that node before, and its sum now. */
  before: Value | undefined;
  total: Value;
  /** This contribution is the first, second, … of the node's. */
  path: number;
}

/** One node's turn on the way back: it has its gradient, and sends on. */
export interface Turn {
  node: number;
  op: string;
  cotangent: Value;
  sends: readonly Send[];
}

export interface Walk {
  /** By id; 0 is the output. */
  nodes: readonly DrawnNode[];
  turns: readonly Turn[];
}

const elementsOf = ({ shape, data }: Tensor): Value => ({ shape, data: [...data] });

export function walk(given: Case): Walk {
  const leaves = tensorsOf(given, given.dtype);
  const names: Record<string, Tensor> = {};
  const named = (name: string, x: Tensor): Tensor => {
    names[name] = x;
    return x;
  };
  given.leaves.forEach(({ name }, i) => {
    named(name, leaves[i] as Tensor);
  });
  const output = given.compute(leaves, named);
  const graph = graphNodes(output, { names });
  const idOf = (x: Tensor): number => graph.get(x)?.id ?? -1;
  const turns: (Turn & { sends: Send[] })[] = [];
  const sums = new Map<number, { total: Value; paths: number }>();
  for (const { op, output: from, cotangent, index, input, returned, contribution, total } of backwardSteps(output)) {
    const node = idOf(from);
    if (turns.at(-1)?.node !== node) turns.push({ node, op, cotangent: elementsOf(cotangent), sends: [] });
    const to = idOf(input);
    const before = sums.get(to);
    const path = (before?.paths ?? 0) + 1;
    const sum = elementsOf(total);
    sums.set(to, { total: sum, paths: path });
    const [back, part] = [elementsOf(returned), elementsOf(contribution)];
    turns
      .at(-1)
      ?.sends.push({ index, to, returned: back, contribution: part, before: before?.total, total: sum, path });
  }
  const all = [...graph.values()];
  const unnamed = turns.map(({ node }) => node).filter((id) => all[id]?.name === undefined);
  const nodes = all.map(
    ({ id, tensor, name, op, inputs }): DrawnNode => ({
      id,
      name: name ?? (op === undefined ? "" : `v${unnamed.length - unnamed.indexOf(id)}`),
      op,
      kind: op !== undefined ? "op" : tensor.requiresGrad ? "leaf" : "constant",
      dtype: tensor.dtype,
      value: elementsOf(tensor),
      inputs: inputs.map(idOf),
      paths: sums.get(id)?.paths ?? 0,
    }),
  );
  return { nodes, turns };
}

/** The gradient of each node after so many turns: complete, or what has come so far. The output has 1 from the start. */
export function gradientsAfter({ turns }: Walk, taken: number): Map<number, { value: Value; path: number }> {
  const gradients = new Map<number, { value: Value; path: number }>();
  const [first] = turns;
  if (first !== undefined) gradients.set(first.node, { value: first.cotangent, path: 0 });
  for (const { sends } of turns.slice(0, taken)) {
    for (const { to, total, path } of sends) gradients.set(to, { value: total, path });
  }
  return gradients;
}

/** (f(v + ε) − f(v − ε)) / 2ε for each number v in the leaves that are learned, in float64. */
export function differenceQuotients(given: Case): Map<string, number> {
  const epsilon = 1e-5;
  const outputAt = (place: string, v: number): number =>
    noGrad(() => {
      const moved = withValues(given, new Map([[place, v]]));
      return moved.compute(tensorsOf(moved, "float64", false), (_, x) => x).item();
    });
  const places = given.leaves.flatMap(({ name, learned, values }) =>
    learned ? values.map((v, i) => [`${name} ${i}`, v] as const) : [],
  );
  return new Map(
    places.map(([place, v]) => [place, (outputAt(place, v + epsilon) - outputAt(place, v - epsilon)) / (2 * epsilon)]),
  );
}
