// A call that failed: which op it was, and what to throw.
import { execute } from "../backend/index.ts";
import { allocate, type TypedArray } from "../dtype.ts";
import { TendrilError } from "../errors.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Graph, sourceOf, type Value } from "./graph.ts";

/**
 * Does a failed call once more as it was traced, op by op, up to the op that throws: loops only notice that an index is
 * out of range, and explanations read values. `drawn` are random numbers of the call, which cannot be drawn again.
 */
export function explainFailure(
  { ops, inputs }: Graph,
  args: readonly Tensor[],
  drawn: ReadonlyMap<Value, TypedArray>,
  cause: unknown,
): unknown {
  const found: Value[] = [...inputs];
  const dataOf = (value: Value): TypedArray =>
    value.found ?? (value.origin.kind === "op" ? value.elements : sourceOf(value.origin, args).elements);
  try {
    for (const value of inputs) value.found = sourceOf(value.origin, args).elements;
    for (const { primitive, inputs: refs, params, out, explanation } of ops) {
      found.push(out);
      out.found = drawn.get(out) ?? allocate(out.type.dtype, sizeOf(out.type.shape));
      if (primitive.name === "random") continue;
      const from = refs.map(({ value, shape, dtype }) => ({ shape, dtype, data: dataOf(value) }));
      try {
        execute(primitive.name, { ...out.type, data: out.found }, from, params);
      } catch (error) {
        let explained = error;
        for (let next = explanation ?? null; next !== null; next = next.outer) explained = next.error(explained);
        return explained;
      }
    }
  } finally {
    for (const value of found) value.found = null;
  }
  return cause ?? new TendrilError("compile: an index is out of range");
}

/** The random numbers on which it depends whether an op throws: they stay in memory to the end of a call. */
export function drawnForChecks({ ops }: Graph): Set<Value> {
  const needed = new Set<Value>();
  for (const { primitive, inputs, out } of [...ops].reverse()) {
    const checked = primitive.checks === undefined ? [] : [inputs[primitive.checks]];
    for (const ref of needed.has(out) ? inputs : checked) if (ref !== undefined) needed.add(ref.value);
  }
  return new Set(ops.flatMap(({ primitive, out }) => (primitive.name === "random" && needed.has(out) ? out : [])));
}
