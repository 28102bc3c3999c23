import { sizeOf } from "../../shape.ts";
import { type Products, productsOf } from "../code/product.ts";
import { type Graph, type Op, resultsOf, type Value } from "../graph.ts";
import { type Item, Loop } from "./loop.ts";

/** Ops that run as one: several in a loop, a product of matrices, or a single one by the kernel that eager mode has. */
export interface Step {
  readonly ops: readonly Op[];
  /** What the ops are in WebAssembly; `null` for the kernel. */
  readonly code: Loop | Products | null;
  /** What must be in memory before it, and what it leaves there. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
}

/** By which the loop to begin with is chosen: the least. */
function costOf({ items, size }: Loop): number {
  const { inputs } = (items[0] as Item).op;
  return inputs.every(({ shape }) => sizeOf(shape) < size) ? Number.POSITIVE_INFINITY : size;
}

/** Puts the ops into an order in which those that fit one loop stand together, and makes steps of them. */
export function fuse(graph: Graph): Step[] {
  const { ops } = graph;
  const makers = new Map(ops.map((op) => [op.out, op]));
  const waiting = new Set(ops);
  const isReady = ({ inputs }: Op): boolean => inputs.every(({ value }) => !waiting.has(makers.get(value) as Op));
  const groups: Pick<Step, "ops" | "code">[] = [];
  /** The loops that ops could begin. */
  const begun = new Map<Op, Loop>();
  while (waiting.size > 0) {
    // What fits no loop comes first, since loops may wait for it (and so random numbers are drawn in their order); then
    // the smallest loop, for the same reason: a sum over few numbers, such as the weights of a mean, is done before the
    // large loop that scales by it. What makes much out of little, such as oneHot, waits for those that use it.
    let best: Loop | undefined;
    for (const op of waiting) {
      if (!isReady(op)) continue;
      const loop = begun.get(op) ?? new Loop(op);
      if (!begun.has(op) && !loop.join(op)) {
        waiting.delete(op);
        groups.push({ ops: [op], code: productsOf(op) ?? null });
        continue;
      }
      begun.set(op, loop);
      if (best === undefined || costOf(loop) < costOf(best)) best = loop;
    }
    if (best === undefined) continue;
    waiting.delete(best.items[0]?.op as Op);
    // Whatever has become ready, and fits, joins; until nothing more does.
    for (let grown = true; grown; ) {
      grown = false;
      for (const op of waiting) {
        if (!isReady(op) || !best.join(op)) continue;
        waiting.delete(op);
        grown = true;
      }
    }
    groups.push({ ops: best.items.map(({ op }) => op), code: best });
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
    if (code instanceof Loop) code.sink(new Set(kept));
    return { ops, code, reads: [...reads], writes: kept };
  });
}
