import { sizeOf } from "../../shape.ts";
import { type Products, productsOf } from "../code/product.ts";
import { type Graph, type Op, resultsOf, type Value } from "../graph.ts";
import { Loop } from "./loop.ts";

/** Ops that run as one: several in a loop, a product of matrices, or a single one by the kernel that eager mode has. */
export interface Step {
  readonly ops: readonly Op[];
  /** What the ops are in WebAssembly; `null` for the kernel. */
  readonly code: Loop | Products | null;
  /** What must be in memory before it, and what it leaves there. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
}

/** Scheduling priority: lowest first. What makes much out of little, such as oneHot, waits for those that use it. */
function costOf({ inputs }: Op, { size }: Loop): number {
  return inputs.every(({ shape }) => sizeOf(shape) < size) ? Number.POSITIVE_INFINITY : size;
}

/** The positions of ops whose inputs are known, ascending, and how to take ops from among them. */
function readyOps(ops: readonly Op[]): [ready: readonly number[], offer: (takes: (i: number) => boolean) => void] {
  const positions = new Map(ops.map(({ out }, i) => [out, i]));
  const users = ops.map((): number[] => []);
  const missing = ops.map(({ inputs }, i) => {
    const makers = new Set(inputs.flatMap(({ value }) => positions.get(value) ?? []));
    for (const maker of makers) users[maker]?.push(i);
    return makers.size;
  });
  const ready = ops.flatMap((_, i) => (missing[i] === 0 ? i : []));
  /** Offers each ready op in order; one that is taken may make later ones ready, which are offered, too. */
  const offer = (takes: (i: number) => boolean): void => {
    for (let r = 0; r < ready.length; ) {
      const i = ready[r] as number;
      if (!takes(i)) {
        r++;
        continue;
      }
      ready.splice(r, 1);
      for (const user of users[i] as number[]) {
        missing[user] = (missing[user] as number) - 1;
        if (missing[user] === 0) ready.splice(ready.findLastIndex((other) => other < user) + 1, 0, user);
      }
    }
  };
  return [ready, offer];
}

/** Puts the ops into an order in which those that fit one loop stand together, and makes steps of them. */
export function fuse(graph: Graph): Step[] {
  const { ops } = graph;
  const [ready, offer] = readyOps(ops);
  const groups: Pick<Step, "ops" | "code">[] = [];
  /** The loop that each op could begin. */
  const loops = ops.map((op) => {
    const loop = new Loop(op);
    return loop.join(op) ? loop : null;
  });
  const costs = ops.map((op, i) => (loops[i] ? costOf(op, loops[i]) : 0));
  while (ready.length > 0) {
    // What fits no loop comes first, since loops may wait for it (and so random numbers are drawn in their order); then
    // the smallest loop, for the same reason: a sum over few numbers, such as the weights of a mean, is done before the
    // large loop that scales by it.
    offer((i) => {
      const op = ops[i] as Op;
      return loops[i] === null && groups.push({ ops: [op], code: productsOf(op) ?? null }) > 0;
    });
    if (ready.length === 0) break;
    const first = ready.reduce((best, i) => ((costs[i] as number) < (costs[best] as number) ? i : best));
    const loop = loops[first] as Loop;
    // Whatever is ready, or becomes so, and fits, joins; and again, since what has joined may have settled the columns.
    for (let before = 0; before < loop.items.length; ) {
      before = loop.items.length;
      offer((i) => i === first || loop.join(ops[i] as Op));
    }
    groups.push({ ops: loop.items.map(({ op }) => op), code: loop });
  }

  const needed = new Map<Value, number>();
  for (const value of resultsOf(graph)) needed.set(value, groups.length);
  for (const [g, group] of groups.entries()) {
    for (const { value } of group.ops.flatMap((op) => op.inputs))
      needed.set(value, Math.max(g, needed.get(value) ?? 0));
  }
  return groups.map(({ ops, code }, g): Step => {
    const own = new Set(ops.map(({ out }) => out));
    const inputs = ops.flatMap((op) => op.inputs.map(({ value }) => value));
    const reads = new Set(inputs.filter((value) => !own.has(value)));
    const kept = [...own].filter((value) => !(code instanceof Loop) || (needed.get(value) ?? 0) > g);
    return { ops, code, reads: [...reads], writes: kept };
  });
}
