// Rewrites ops as simpler ones, where loops can fuse those.
import { noGrad } from "../../bind.ts";
import { type Primitive, primitives } from "../../primitive.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { type Graph, type Op, type Ref, Value } from "../graph.ts";
import { trace } from "./trace.ts";

/**
 * Writes ops as what they are made of, where a loss and its gradient then have more in common: softmax and logSoftmax
 * over the last axes are amax, sub, exp, sum, …; and an entry of a difference is the difference of the entries.
 */
export function decompose(graph: Graph): Graph {
  const ops: Op[] = [];
  const makers = new Map<Value, Op>();
  const push = (op: Op): Ref => {
    makers.set(op.out, op);
    ops.push(op);
    return { value: op.out, ...op.out.type };
  };
  /** One entry of each row; of an elementwise op on a matrix and a column, that op on the matrix's entry. */
  const pick = (op: Op, out: Value): Ref => {
    const [x, index] = op.inputs as readonly [Ref, Ref];
    const maker = makers.get(x.value);
    const [a, b] = maker?.inputs ?? [];
    const isColumn = op.params.dim === 1 && index.shape[1] === 1 && b !== undefined && sameShape(b.shape, index.shape);
    const splits = maker?.primitive.kind === "elementwise" && maker.inputs.length === 2 && isColumn;
    if (!splits || a === undefined || b.dtype !== a.dtype || !sameShape(a.shape, x.shape)) return push({ ...op, out });
    const type = { shape: index.shape, dtype: a.dtype };
    const entry = pick({ ...op, inputs: [a, index] }, new Value(out.origin, type));
    return push({ ...maker, inputs: [entry, b], out });
  };
  for (const op of graph.ops) {
    if (op.primitive.kind === "gather") pick(op, op.out);
    else if (isScattered(op)) for (const part of gathered(op)) push(part);
    else if (fitsLoops(op)) for (const part of partsOf(op)) push(part);
    else push(op);
  }
  return { ...graph, ops };
}

/** Whether an op reduces axes that others lie between: loops can do it when these are moved to the end. */
const isScattered = ({ primitive, params: { dims }, inputs: [x] }: Op): boolean =>
  primitive.kind === "reduction" &&
  x?.dtype === "float32" &&
  Array.isArray(dims) &&
  dims.at(-1) - dims[0] >= dims.length;

/** The axes that an op reduces moved to the end, as the kernels do it, and the op over those. */
function gathered(op: Op): readonly Op[] {
  const [x] = op.inputs as readonly [Ref];
  const dims = op.params.dims as readonly number[];
  const kept = [...x.shape.keys()].filter((d) => !dims.includes(d));
  const order = [...kept, ...dims];
  const type = { shape: order.map((d) => x.shape[d] as number), dtype: x.dtype };
  const moved = new Value({ kind: "op", name: "permute" }, type);
  const params = { ...op.params, dims: dims.map((_, i) => kept.length + i) };
  return [
    { ...op, primitive: primitives.get("permute") as Primitive, params: { dims: order }, out: moved },
    { ...op, inputs: [{ ...type, value: moved }], params },
  ];
}

/** Whether an op is over the last axes, at least one, of some numbers that loops work on. */
function fitsLoops({ params, inputs: [x] }: Op): boolean {
  const [first = Number.NaN, ...rest] = (params.dims ?? []) as readonly number[];
  return x?.dtype === "float32" && first + rest.length + 1 === x.shape.length && sizeOf(x.shape) > 0;
}

/** The ops that an op is made of, as a trace of that shows; itself, if it is made of none. */
function partsOf(op: Op): readonly Op[] {
  const { primitive, inputs, params, out } = op;
  const made = primitive.decompose;
  if (made === undefined) return [op];
  const standIns = inputs.map(({ value, shape, dtype }) => new Tensor(value, shape, dtype));
  const parts = trace((...xs) => [noGrad(() => made(xs, params))], standIns, false).graph;
  const outside = new Map(parts.inputs.map((value, i) => [value, (inputs[i] as Ref).value]));
  outside.set((parts.outputs[0] as Ref).value, out);
  const own = (ref: Ref): Ref => ({ ...ref, value: outside.get(ref.value) ?? ref.value });
  return parts.ops.map((part) => ({ ...part, inputs: part.inputs.map(own), out: outside.get(part.out) ?? part.out }));
}
