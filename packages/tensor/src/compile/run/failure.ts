// A call that failed: which op it was, and what to throw.
import { execute } from "../../backend/index.ts";
import { allocate, type TypedArray } from "../../dtype.ts";
import { TendrilError } from "../../errors.ts";
import { sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { checkedBy, type Explanation, type Graph, sourceOf, type Value } from "../graph.ts";

/**
 * Does a failed call once more as it was traced, op by op, up to the op that throws: loops only notice that an index is
 * out of range, and explanations read values. `drawn` are random numbers of the call, which cannot be drawn again.
 * Gives what is to be thrown.
 */
export function explainFailure(
  { ops, inputs, assignments }: Graph,
  args: readonly Tensor[],
  drawn: ReadonlyMap<Value, TypedArray>,
  cause: unknown,
): unknown {
  const dataOf = (value: Value): TypedArray => value.found ?? sourceOf(value.origin, args).elements;
  /** What tensors held before the call, where they now hold what the step has assigned so far. */
  const held: [elements: TypedArray, before: TypedArray][] = [];
  const assignUpTo = (position: number): void => {
    for (const { target, value } of assignments.filter((a) => a.position <= position)) {
      if (target.origin.kind !== "op") {
        const { elements } = sourceOf(target.origin, args);
        held.push([elements, elements.slice()]);
        elements.set(dataOf(value));
      }
      target.found = dataOf(value).slice();
    }
  };
  try {
    for (const value of inputs) value.found = dataOf(value);
    for (const [position, { primitive, inputs: refs, params, out, explanation }] of ops.entries()) {
      out.found = drawn.get(out) ?? allocate(out.type.dtype, sizeOf(out.type.shape));
      if (primitive.kind === "source") continue;
      const from = refs.map(({ value, shape, dtype }) => ({ shape, dtype, data: dataOf(value) }));
      try {
        execute(primitive, { ...out.type, data: out.found }, from, params);
      } catch (error) {
        assignUpTo(position);
        return explained(error, explanation ?? null);
      }
    }
  } finally {
    for (const [elements, before] of held.reverse()) elements.set(before);
    for (const value of [...inputs, ...assignments.map(({ target }) => target), ...ops.map(({ out }) => out)]) {
      value.found = null;
    }
  }
  return cause ?? new TendrilError("compile: an index is out of range");
}

/** An error as the explanations around its op make it, from the inside out. */
function explained(error: unknown, explanation: Explanation | null): unknown {
  return explanation === null ? error : explained(explanation.error(error), explanation.outer);
}

/** The random numbers on which it depends whether an op throws: they stay in memory to the end of a call. */
export function drawnForChecks({ ops }: Graph): Set<Value> {
  const needed = new Set<Value>();
  for (const op of [...ops].reverse()) {
    const checked = checkedBy(op);
    if (checked !== undefined) needed.add(checked.value);
    if (needed.has(op.out)) for (const { value } of op.inputs) needed.add(value);
  }
  return new Set(ops.flatMap(({ primitive, out }) => (primitive.kind === "source" && needed.has(out) ? out : [])));
}
