// Makes a traced graph smaller.
import { execute } from "../../backend/index.ts";
import { allocate } from "../../dtype.ts";
import { broadcastMap, type IndexMap, sameMap, swapLast, wholeMap } from "../../index-map.ts";
import type { NDArray } from "../../primitive.ts";
import { broadcastsTo, type Shape, sameShape, sizeOf } from "../../shape.ts";
import { Storage } from "../../tensor.ts";
import { checkedBy, constantOf, type Graph, keyOf, type Op, type Ref, resultsOf, Value } from "../graph.ts";

/** Constants up to this many elements are worked out when compiling; larger ones would only fill memory. */
const foldLimit = 1 << 16;

/**
 * Makes a graph smaller without changing what it computes: constants are worked out, what is computed twice is
 * computed once, copies and stretches that only feed elementwise ops are removed, and so is what is never used.
 */
export function simplify(graph: Graph): Graph {
  /** What to use in place of a value that has been replaced. */
  const replaced = new Map<Value, Value>();
  const seen = new Map<string, Value>();
  const makers: Makers = new Map();
  const resolve = (ref: Ref): Ref => ({ ...ref, value: replaced.get(ref.value) ?? ref.value });
  const ops: Op[] = [];
  for (const original of graph.ops) {
    const { primitive, out } = original;
    const op = withoutMovements({ ...original, inputs: original.inputs.map(resolve) }, makers);
    const key = primitive.effect ? null : keyOf(op);
    const same = unchanged(op, makers) ?? fold(op) ?? (key === null ? undefined : seen.get(key));
    if (same !== undefined) {
      replaced.set(out, same);
      continue;
    }
    if (key !== null) seen.set(key, out);
    makers.set(out, op);
    ops.push(op);
  }
  const outputs = graph.outputs.map(resolve);
  const writes = graph.writes.map(({ target, value }) => ({ target, value: replaced.get(value) ?? value }));
  const gradients = graph.gradients.map(({ leaf, result }) => ({ leaf, result: result && resolve(result) }));
  return withoutDead({ ...graph, ops, outputs, writes, gradients });
}

/** The op that makes each value. */
type Makers = Map<Value, Op>;

/** The input that an op leaves as it is, but for its shape. */
function unchanged(op: Op, makers: Makers): Value | undefined {
  const { primitive, inputs, out } = op;
  const { neutral, copies, involution } = primitive;
  const keeps = ({ dtype, shape }: Ref): boolean =>
    dtype === out.type.dtype && sizeOf(shape) === sizeOf(out.type.shape);
  const [x] = inputs;
  if (x === undefined) return undefined;
  const map = mapOf(op) ?? primitive.onto?.(wholeMap(out.type.shape), op.params, inputs, 0);
  if (keeps(x) && (copies || (map !== undefined && sameMap(map, wholeMap(map.shape))))) return x.value;
  const inner = involution ? makers.get(x.value) : undefined;
  if (inner?.primitive === primitive) return inner.inputs[0]?.value;
  const isNeutral = (i: number): boolean => neutral?.[i] != null && constantOf(inputs[i] as Ref) === neutral[i];
  return inputs.find((other, i) => isNeutral(1 - i) && keeps(other))?.value;
}

/** Where a movement's elements lie in its input, if a map describes that. */
const mapOf = ({ primitive, inputs, params, out }: Op): IndexMap | undefined =>
  primitive.map?.(wholeMap((inputs[0] as Ref).shape), params, out.type.shape);

/**
 * An op that reads what a movement has moved, where it can do that itself: elementwise ops stretch their operands, and
 * products read them as their transposes.
 */
function withoutMovements(op: Op, makers: Makers): Op {
  const { kind } = op.primitive;
  /** What was moved, if the movement that made the operand is just this one. */
  const source = (ref: Ref | undefined, movement: (from: Shape) => IndexMap | undefined): Ref | undefined => {
    const maker = makers.get((ref as Ref).value);
    if (maker === undefined || !sameShape((ref as Ref).shape, maker.out.type.shape)) return undefined;
    const [map, from] = [mapOf(maker), maker.inputs[0] as Ref];
    return map !== undefined && sameMap(map, movement(from.shape)) ? from : undefined;
  };
  if (kind === "elementwise" && op.inputs.length > 1) {
    const stretch = (from: Shape, { shape }: Ref): IndexMap | undefined =>
      broadcastsTo(from, shape) ? broadcastMap(wholeMap(from), shape) : undefined;
    return { ...op, inputs: op.inputs.map((ref) => source(ref, (from) => stretch(from, ref)) ?? ref) };
  }
  if (kind !== "product") return op;
  const [a, b] = op.inputs.map((ref) => source(ref, (from) => swapLast(wholeMap(from))));
  const { transposeA, transposeB } = op.params as { transposeA: boolean; transposeB: boolean };
  const flags = { transposeA: transposeA !== (a !== undefined), transposeB: transposeB !== (b !== undefined) };
  return {
    ...op,
    inputs: [a ?? op.inputs[0], b ?? op.inputs[1]] as readonly Ref[],
    params: { ...op.params, ...flags },
  };
}

/** The op's value, if all its inputs are constants. */
function fold(op: Op): Value | undefined {
  const { primitive, inputs, params, out } = op;
  const { shape, dtype } = out.type;
  // A stretched constant is kept as it is: elementwise ops read what was stretched.
  if (primitive.effect || mapOf(op)?.strides.includes(0) || sizeOf(shape) > foldLimit) return undefined;
  const buffers: NDArray[] = [];
  for (const { value, ...type } of inputs) {
    if (value.origin.kind !== "constant") return undefined;
    buffers.push({ ...type, data: value.origin.storage.elements });
  }
  const data = allocate(dtype, sizeOf(shape));
  try {
    execute(primitive, { shape, dtype, data }, buffers, params);
  } catch {
    return undefined; // a wrong index: the program throws at each call, with its explanation
  }
  return new Value({ kind: "constant", storage: new Storage(data) }, out.type);
}

/** Removes the ops whose results are never used. */
export function withoutDead(graph: Graph): Graph {
  const needed = new Set(resultsOf(graph));
  const ops = [...graph.ops].reverse().filter((op) => {
    // An op that may throw is kept, even if its result is never used.
    if (!needed.has(op.out) && !op.primitive.effect && checkedBy(op) === undefined) return false;
    for (const { value } of op.inputs) needed.add(value);
    return true;
  });
  return { ...graph, ops: ops.reverse() };
}
