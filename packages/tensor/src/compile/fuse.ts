import { type Form, formOf } from "../backend/stretch.ts";
import { lanewiseFor, takes } from "../backend/wasm/elementwise.ts";
import { sizeOf } from "../shape.ts";
import type { Graph, Op, Ref, Value } from "./trace.ts";

/**
 * Ops that run as one: a single one by its kernel, or several elementwise ones in a loop over `rows` · `columns`
 * elements, whose intermediate results stay in registers.
 */
export interface Step {
  readonly ops: readonly Op[];
  readonly fused: boolean;
  readonly rows: number;
  readonly columns: number;
  /** What must be in memory before it, and what it leaves there. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
}

/** A loop that is still being filled. */
interface Loop {
  readonly ops: Op[];
  readonly size: number;
  /** How many elements a row has, once an operand is a row or a column. */
  columns: number | null;
}

/** How an operand of a fused op lies beside the result; `null` if it is none that a loop can read. */
export function operandForm({ shape }: Ref, out: Value): Form | null {
  return formOf(shape, sizeOf(shape), out.type.shape, sizeOf(out.type.shape));
}

/** Whether the op has a formula for these types. */
function hasFormula({ primitive, inputs, out }: Op): boolean {
  const kernel = lanewiseFor(primitive.name, inputs);
  if (kernel === undefined || kernel.output !== out.type.dtype || sizeOf(out.type.shape) === 0) return false;
  return inputs.every((input, k) => takes(kernel, k, input));
}

/** The row length that an op asks for: a number, `null` if any will do, `undefined` if it cannot be part of a loop. */
function columnsOf({ inputs, out }: Op): number | null | undefined {
  const size = sizeOf(out.type.shape);
  let columns: number | null = null;
  for (const input of inputs) {
    const form = operandForm(input, out);
    if (form === null) return undefined;
    if (sizeOf(input.shape) === size) continue;
    if (input.dtype === "bool") return undefined;
    if (form.period === 1) continue;
    const wanted = form.period > 1 ? form.period : form.repeat;
    if (columns !== null && columns !== wanted) return undefined;
    columns = wanted;
  }
  return columns;
}

/** Adds the op to the loop, if it fits in there. */
function join(loop: Loop, op: Op): boolean {
  const size = sizeOf(op.out.type.shape);
  const columns = columnsOf(op);
  if (!hasFormula(op) || columns === undefined || size !== loop.size) return false;
  if (columns !== null && loop.columns !== null && columns !== loop.columns) return false;
  // What the loop itself computes can be read in step only.
  const own = new Set(loop.ops.map(({ out }) => out));
  if (op.inputs.some(({ value, shape }) => own.has(value) && sizeOf(shape) !== size)) return false;
  loop.columns ??= columns;
  loop.ops.push(op);
  return true;
}

/** Puts the ops into an order in which those that fit one loop stand together, and makes steps of them. */
export function fuse({ ops, outputs, writes }: Graph): Step[] {
  const makers = new Map(ops.map((op) => [op.out, op]));
  const waiting = new Set(ops);
  let lastRandom: Op | null = null;
  const before = new Map<Op, Op | null>(); // random numbers are drawn in their order
  for (const op of ops) {
    if (op.primitive.name !== "random") continue;
    before.set(op, lastRandom);
    lastRandom = op;
  }
  const isReady = (op: Op): boolean => {
    const previous = before.get(op);
    if (previous && waiting.has(previous)) return false;
    return op.inputs.every(({ value }) => !waiting.has(makers.get(value) as Op));
  };
  const groups: { ops: Op[]; loop: Loop | null }[] = [];
  for (const first of waiting) {
    waiting.delete(first); // the first that is left is always ready
    const loop: Loop = { ops: [], size: sizeOf(first.out.type.shape), columns: null };
    if (!join(loop, first)) {
      groups.push({ ops: [first], loop: null });
      continue;
    }
    // Whatever has become ready, and fits, joins; until nothing more does.
    for (let grown = true; grown; ) {
      grown = false;
      for (const op of waiting) {
        if (!isReady(op) || !join(loop, op)) continue;
        waiting.delete(op);
        grown = true;
      }
    }
    groups.push({ ops: loop.ops, loop });
  }

  const needed = new Map<Value, number>();
  for (const { value } of [...outputs, ...writes]) needed.set(value, groups.length);
  for (const [g, group] of groups.entries()) {
    for (const { value } of group.ops.flatMap((op) => op.inputs))
      needed.set(value, Math.max(g, needed.get(value) ?? 0));
  }
  return groups.map(({ ops, loop }, g): Step => {
    const own = new Set(ops.map(({ out }) => out));
    const reads = new Set(
      ops.flatMap(({ inputs }) => inputs.map(({ value }) => value)).filter((value) => !own.has(value)),
    );
    const kept = [...own].filter((value) => loop === null || (needed.get(value) ?? 0) > g);
    const columns = loop?.columns ?? loop?.size ?? 0;
    const rows = loop === null ? 0 : loop.size / columns;
    return { ops, fused: loop !== null, rows, columns, reads: [...reads], writes: kept };
  });
}
