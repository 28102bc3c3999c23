import { type Params, type Primitive, primitives, type TensorType } from "../primitive.ts";
import { reduceShape, sizeOf } from "../shape.ts";
import { Storage } from "../tensor.ts";
import { type Graph, type Op, type Ref, Value } from "./trace.ts";

/**
 * Writes softmax, logSoftmax and logSumExp over the last axes as what they are made of: amax, sub, exp, sum, … Loops can
 * take those in, and what a loss and its gradient have in common is then computed once.
 */
export function expand(graph: Graph): Graph {
  const used = graph.ops.flatMap(({ inputs, out }) => [out.id, ...inputs.map(({ value }) => value.id)]);
  let next = used.reduce((most, id) => Math.max(most, id), 0) + 1;
  const ops = graph.ops.flatMap((op): Op[] => {
    const { primitive, inputs, params, out } = op;
    const [x] = inputs as readonly [Ref];
    const dims = params.dims as readonly number[];
    if (!/^(softmax|logSoftmax|logSumExp)$/.test(primitive.name) || !areLast(dims, x) || x.dtype !== "float32")
      return [op];
    const made: Op[] = [];
    const run = (name: string, inputs: readonly Ref[], type: TensorType, params: Params = {}, to?: Value): Ref => {
      const value = to ?? new Value(next++, { kind: "op", name }, type);
      made.push({ primitive: primitives.get(name) as Primitive, inputs, params, out: value });
      return { value, ...type };
    };
    const full: TensorType = { shape: x.shape, dtype: x.dtype };
    const row: TensorType = { shape: reduceShape(x.shape, dims, true), dtype: x.dtype };
    const max = run("amax", [x], row, { dims, keepdim: true });
    const shifted = run("sub", [x, max], full);
    const powers = run("exp", [shifted], full);
    const total = run("sum", [powers], row, { dims, keepdim: true });
    if (primitive.name === "softmax") run("div", [powers, total], full, {}, out);
    else if (primitive.name === "logSoftmax") run("sub", [shifted, run("log", [total], row)], full, {}, out);
    else {
      // All −∞, some +∞, or NaN: the shift is no number.
      const sum = run("add", [max, run("log", [total], row)], row);
      const storage = new Storage(Float32Array.of(Number.POSITIVE_INFINITY));
      const type: TensorType = { shape: [], dtype: "float32" };
      const infinity = { value: new Value(next++, { kind: "constant", storage }, type), ...type };
      const finite = run("lt", [run("abs", [max], row), infinity], { ...row, dtype: "bool" });
      const shaped = (ref: Ref): Ref => ({ ...ref, shape: out.type.shape });
      run("where", [finite, sum, max].map(shaped), out.type, {}, out);
    }
    return made;
  });
  return { ...graph, ops };
}

/** Whether a reduction is over the last axes, of a size that is not 0. */
function areLast(dims: readonly number[], { shape }: Ref): boolean {
  const first = dims[0];
  return first !== undefined && sizeOf(shape) > 0 && first + dims.length === shape.length;
}
