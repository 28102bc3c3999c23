import { execute } from "../../backend/index.ts";
import { allocate } from "../../dtype.ts";
import type { NDArray } from "../../primitive.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { Storage } from "../../tensor.ts";
import { checkedBy, type Graph, isConstant, keyOf, type Op, type Ref, resultsOf, Value } from "../graph.ts";

/** Constants up to this many elements are worked out when compiling; larger ones would only fill memory. */
const foldLimit = 1 << 16;

/**
 * Makes a graph smaller without changing what it computes: constants are worked out, what is computed twice is
 * computed once, copies and stretches that only feed elementwise ops go, and so does what nobody needs.
 */
export function simplify(graph: Graph): Graph {
  /** What to use in place of a value that has been replaced. */
  const replaced = new Map<Value, Value>();
  const seen = new Map<string, Value>();
  const stretched = new Map<Value, Ref>();
  const transposed = new Map<Value, Ref>();
  /** What an elementwise op can read instead of a stretched value: what was stretched. */
  const unstretched = (ref: Ref): Ref => {
    const from = stretched.get(ref.value);
    return from !== undefined && sameShape(ref.shape, ref.value.type.shape) ? from : ref;
  };
  const resolve = (ref: Ref): Ref => ({ ...ref, value: replaced.get(ref.value) ?? ref.value });
  const ops: Op[] = [];
  for (const original of graph.ops) {
    const { primitive, params, out } = original;
    const elementwise = elementwiseNames.has(primitive.name);
    const inputs = original.inputs.map(resolve).map((ref) => (elementwise ? unstretched(ref) : ref));
    const op =
      primitive.name === "matmul" ? withoutTransposes({ ...original, inputs }, transposed) : { ...original, inputs };
    const same = unchanged(op) ?? fold(op);
    if (same !== undefined) {
      replaced.set(out, same);
      continue;
    }
    if (!primitive.effect) {
      const key = keyOf(op, ({ id }) => id);
      const before = seen.get(key);
      if (before !== undefined) {
        replaced.set(out, before);
        continue;
      }
      seen.set(key, out);
    }
    if (primitive.name === "broadcastTo") stretched.set(out, inputs[0] as Ref);
    if (primitive.name === "permute" && swapsLast(params.dims as readonly number[]))
      transposed.set(out, inputs[0] as Ref);
    ops.push(op);
  }
  const outputs = graph.outputs.map(resolve);
  const writes = graph.writes.map(({ target, value }) => ({ target, value: replaced.get(value) ?? value }));
  const gradients = graph.gradients.map(({ leaf, result }) => ({ leaf, result: result && resolve(result) }));
  return withoutDead({ ...graph, ops, outputs, writes, gradients });
}

/** Ops whose kernels read each operand at the output's position, broadcasting as they go. */
const elementwiseNames = new Set(
  "add sub mul div pow maximum minimum xlogy logAddExp eq ne lt le gt ge logicalAnd logicalOr where".split(" "),
);

/** The input that an op leaves as it is, but for its shape. */
function unchanged({ primitive: { name }, inputs, params, out }: Op): Value | undefined {
  const keeps = (ref: Ref): boolean => ref.dtype === out.type.dtype && sizeOf(ref.shape) === sizeOf(out.type.shape);
  const [a, b] = inputs;
  if (a === undefined) return undefined;
  switch (name) {
    case "clone":
    case "cast":
    case "broadcastTo":
    case "amax":
    case "amin":
      // Stretched to its own size, or the largest of one. (A sum of one is another matter: that of −0 is 0.)
      return keeps(a) ? a.value : undefined;
    case "permute": {
      // Only axes of size 1 change their places.
      const moved = (params.dims as readonly number[]).filter((d) => a.shape[d] !== 1);
      return moved.every((d, i) => i === 0 || d > (moved[i - 1] as number)) ? a.value : undefined;
    }
    case "mul":
      return isConstant(b, 1) && keeps(a)
        ? a.value
        : b !== undefined && isConstant(a, 1) && keeps(b)
          ? b.value
          : undefined;
    case "div":
      return isConstant(b, 1) && keeps(a) ? a.value : undefined;
  }
  return undefined;
}

/** Whether a permutation exchanges the last two axes, and leaves the others. */
const swapsLast = (dims: readonly number[]): boolean =>
  dims.every((d, i) => d === (i < dims.length - 2 ? i : 2 * dims.length - 3 - i));

/** A product reads its operands as their transposes: those need not be made. */
function withoutTransposes(op: Op, transposed: ReadonlyMap<Value, Ref>): Op {
  let { transposeA, transposeB } = op.params as { transposeA: boolean; transposeB: boolean };
  const source = (ref: Ref | undefined): Ref | undefined =>
    ref && sameShape(ref.shape, ref.value.type.shape) ? transposed.get(ref.value) : undefined;
  const [a, b] = op.inputs.map(source);
  if (a !== undefined) transposeA = !transposeA;
  if (b !== undefined) transposeB = !transposeB;
  const inputs = [a ?? op.inputs[0], b ?? op.inputs[1]] as readonly Ref[];
  return { ...op, inputs, params: { ...op.params, transposeA, transposeB } };
}

/** The op's value, if all its inputs are constants. */
function fold({ primitive, inputs, params, out }: Op): Value | undefined {
  const { shape, dtype } = out.type;
  // A stretched constant is kept as it is: elementwise ops read what was stretched.
  if (primitive.effect || primitive.name === "broadcastTo" || sizeOf(shape) > foldLimit) return undefined;
  const buffers: NDArray[] = [];
  for (const { value, ...type } of inputs) {
    if (value.origin.kind !== "constant") return undefined;
    buffers.push({ ...type, data: value.origin.storage.elements });
  }
  const data = allocate(dtype, sizeOf(shape));
  try {
    execute(primitive.name, { shape, dtype, data }, buffers, params);
  } catch {
    return undefined; // a wrong index: the program throws at each call, with its explanation
  }
  return new Value({ kind: "constant", storage: new Storage(data) }, out.type);
}

function withoutDead(graph: Graph): Graph {
  const needed = new Set(resultsOf(graph));
  const ops = [...graph.ops].reverse().filter((op) => {
    // What may throw does so also where nobody reads its result.
    if (!needed.has(op.out) && !op.primitive.effect && checkedBy(op) === undefined) return false;
    for (const { value } of op.inputs) needed.add(value);
    return true;
  });
  return { ...graph, ops: ops.reverse() };
}
