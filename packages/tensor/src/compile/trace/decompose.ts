import { type Params, type Primitive, primitives, type TensorType } from "../../primitive.ts";
import { reduceShape, sameShape } from "../../shape.ts";
import { type Graph, type Op, type Ref, Value } from "../graph.ts";

/**
 * Writes ops as what they are made of, where loops can take that in, and where a loss and its gradient then have more in
 * common: softmax and logSoftmax over the last axes are amax, sub, exp, sum, …; and an entry of a difference is
 * the difference of the entries.
 */
export function decompose(graph: Graph): Graph {
  const ops: Op[] = [];
  const differences = new Map<Value, Op>();
  const push = (op: Op): void => {
    if (op.primitive.name === "sub") differences.set(op.out, op);
    ops.push(op);
  };
  const run = (
    name: string,
    inputs: readonly Ref[],
    { shape, dtype }: TensorType,
    params: Params = {},
    to?: Value,
  ): Ref => {
    const value = to ?? new Value({ kind: "op", name }, { shape, dtype });
    push({ primitive: primitives.get(name) as Primitive, inputs, params, out: value });
    return { value, shape, dtype };
  };

  for (const op of graph.ops) {
    const { primitive, inputs, params, out } = op;
    const [x] = inputs as readonly [Ref];
    const dims = params.dims as readonly number[];
    if (primitive.name === "gather") {
      pick(op, out);
      continue;
    }
    const isSoftmax = primitive.name === "softmax" || primitive.name === "logSoftmax";
    if (!isSoftmax || !areLast(dims, x) || x.dtype !== "float32") {
      push(op);
      continue;
    }
    const row: TensorType = { shape: reduceShape(x.shape, dims, true), dtype: x.dtype };
    const max = run("amax", [x], row, { dims, keepdim: true });
    const shifted = run("sub", [x, max], x);
    const powers = run("exp", [shifted], x);
    const total = run("sum", [powers], row, { dims, keepdim: true });
    if (primitive.name === "softmax") run("div", [powers, total], x, {}, out);
    else run("sub", [shifted, run("log", [total], row)], x, {}, out);
  }
  return { ...graph, ops };

  /** One entry from each row; of a difference of a matrix and a column, that entry's difference. */
  function pick(op: Op, to?: Value): Ref {
    const [x, index] = op.inputs as readonly [Ref, Ref];
    const { shape } = index;
    const difference = differences.get(x.value);
    if (difference !== undefined) {
      const [a, b] = difference.inputs as readonly [Ref, Ref];
      const isColumn = op.params.dim === 1 && shape[1] === 1 && sameShape(b.shape, shape) && b.dtype === a.dtype;
      if (isColumn && sameShape(a.shape, x.shape))
        return run("sub", [pick({ ...op, inputs: [a, index] }), b], { shape, dtype: x.dtype }, {}, to);
    }
    return run("gather", op.inputs, { shape, dtype: x.dtype }, op.params, to);
  }
}

/** Whether a reduction is over the last axes, at least one. */
function areLast(dims: readonly number[], { shape }: Ref): boolean {
  const [first = Number.NaN] = dims;
  return first + dims.length === shape.length;
}
