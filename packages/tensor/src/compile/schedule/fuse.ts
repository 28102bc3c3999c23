// Scheduling: the order of the ops, and which of them run as one step.
import { sizeOf } from "../../shape.ts";
import { type Graph, type Op, resultsOf, type Value } from "../graph.ts";
import { Loop } from "./loop.ts";
import { type Products, productsOf, type Tables, tablesOf } from "./products.ts";

/** Ops that run as one: several in a loop, a product of matrices, or a single one by the kernel that eager mode has. */
export interface Step {
  readonly ops: readonly Op[];
  /** What the ops are in WebAssembly; `null` for the kernel. */
  readonly form: Loop | Products | null;
  /** The tables of offsets by which a product finds its operands' entries, if strides do not describe them. */
  readonly tables: readonly [a: Tables | null, b: Tables | null];
  /** What must be in memory before it, and what it leaves there. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
}

export const noTables: Step["tables"] = [null, null];

/** A loop that an op could begin, and its scheduling priority: lowest first. */
interface Start {
  readonly loop: Loop;
  readonly cost: number;
}

function startOf(op: Op): Start | null {
  const loop = new Loop(op);
  // What makes much out of little, such as oneHot, waits for those that use it.
  const isLarge = op.inputs.some(({ shape }) => sizeOf(shape) >= loop.size);
  return loop.join(op) ? { loop, cost: isLarge ? loop.size : Number.POSITIVE_INFINITY } : null;
}

/** The positions of ops whose inputs are known, ascending, and how to take ops from among them. */
function readyOps(ops: readonly Op[]): [ready: readonly number[], offer: (takes: (i: number) => boolean) => void] {
  const users = new Map(ops.map(({ out }) => [out, [] as number[]]));
  const missing = ops.map(({ inputs }, i) => {
    let count = 0;
    for (const { value } of inputs) {
      const own = users.get(value);
      if (own === undefined || own.at(-1) === i) continue; // from outside, or twice an operand
      own.push(i);
      count++;
    }
    return count;
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
      for (const user of users.get((ops[i] as Op).out) as number[]) {
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
  const groups: Pick<Step, "ops" | "form">[] = [];
  /** Made once for each op that is ready before any loop takes it. */
  const starts = new Map<number, Start | null>();
  while (ready.length > 0) {
    // Ops that fit no loop come first, since loops may need them (and random numbers are then drawn in order); then
    // the smallest loop, for the same reason: a sum over few numbers, such as the weights of a mean, is done before the
    // large loop that scales by it.
    offer((i) => {
      const op = ops[i] as Op;
      if (!starts.has(i)) starts.set(i, startOf(op));
      return starts.get(i) === null && groups.push({ ops: [op], form: productsOf(op) ?? null }) > 0;
    });
    if (ready.length === 0) break;
    const startAt = (i: number): Start => starts.get(i) as Start;
    const first = ready.reduce((best, i) => (startAt(i).cost < startAt(best).cost ? i : best));
    const { loop } = startAt(first);
    // All ready ops that fit join the loop. Then once more, since an op that joined may have fixed the number of columns.
    for (let before = 0; before < loop.items.length; ) {
      before = loop.items.length;
      offer((i) => i === first || loop.join(ops[i] as Op));
    }
    groups.push({ ops: loop.items.map(({ op }) => op), form: loop });
  }

  /** The last group that needs each value. */
  const needed = new Map<Value, number>();
  for (const [g, { ops }] of groups.entries())
    for (const { inputs } of ops) for (const { value } of inputs) needed.set(value, g);
  for (const value of resultsOf(graph)) needed.set(value, groups.length);
  const made = new Map<string, Value>();
  return groups.map(({ ops, form }, g): Step => {
    const own = new Set(ops.map(({ out }) => out));
    const inputs = ops.flatMap((op) => op.inputs.map(({ value }) => value));
    const isProduct = form !== null && !(form instanceof Loop);
    const tables: Step["tables"] = isProduct ? [tablesOf(form.a, made), tablesOf(form.b, made)] : noTables;
    const ofTables = tables.flatMap((table) => (table === null ? [] : [table.along, table.across]));
    const reads = new Set([...inputs.filter((value) => !own.has(value)), ...ofTables]);
    const kept = [...own].filter((value) => !(form instanceof Loop) || (needed.get(value) ?? 0) > g);
    if (form instanceof Loop) form.sink(new Set(kept));
    return { ops, form, tables, reads: [...reads], writes: kept };
  });
}
