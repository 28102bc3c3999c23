// Rewrites a sum of zero-padded parts that lie side by side as one cat of the parts. Such is the gradient of a tensor that was
// sliced, as a sequence is, step by step: without this, each of its parts would cost a sum over the whole tensor.
import type { Span } from "../../index-map.ts";
import { type Primitive, primitives } from "../../primitive.ts";
import { sameShape } from "../../shape.ts";
import { Storage } from "../../tensor.ts";
import { type Graph, type Op, type Ref, resultsOf, Value } from "../graph.ts";
import { withoutDead } from "./simplify.ts";

/** A tensor and where along an axis it lies in the whole. */
interface Part extends Span {
  readonly x: Ref;
}

/** The same graph, with such sums as one `cat` each. */
export function joinParts(graph: Graph): Graph {
  const makers = new Map(graph.ops.map((op) => [op.out, op]));
  const users = new Map<Value, Op | null>(resultsOf(graph).map((value) => [value, null]));
  for (const op of graph.ops) for (const { value } of op.inputs) users.set(value, users.has(value) ? null : op);
  /** The terms that an op adds up, if the partial sums are not used elsewhere. */
  const terms = (root: Op): Ref[] => {
    const found: Ref[] = [];
    const open: Ref[] = [...root.inputs];
    for (let x = open.pop(); x !== undefined; x = open.pop()) {
      const maker = makers.get(x.value);
      const isSum =
        maker !== undefined && isAdd(maker) && users.get(x.value) != null && sameShape(x.shape, root.out.type.shape);
      if (isSum) open.push(...maker.inputs);
      else found.push(x);
    }
    return found;
  };
  const ops = graph.ops.flatMap((op) => {
    const user = users.get(op.out);
    if (!isAdd(op) || (user != null && isAdd(user) && sameShape(user.out.type.shape, op.out.type.shape))) return [op];
    const { shape, dtype } = op.out.type;
    const joined = sideBySide(
      terms(op).map((x) => [x, makers.get(x.value)]),
      shape,
    );
    if (joined === undefined) return [op];
    const whole = { value: new Value({ kind: "op", name: "cat" }, { shape, dtype }), shape, dtype };
    const inputs = joined.parts.map(({ x }) => x);
    const params = { dim: joined.dim };
    // A sum with zeros has no −0.
    return [
      { ...op, primitive: primitives.get("cat") as Primitive, inputs, params, out: whole.value },
      { ...op, inputs: [whole, zero(dtype)] },
    ];
  });
  return withoutDead({ ...graph, ops });
}

const isAdd = ({ primitive }: Op): boolean => primitive === primitives.get("add");

function zero(dtype: Ref["dtype"]): Ref {
  const type = { shape: [], dtype } as const;
  return { ...type, value: new Value({ kind: "constant", storage: new Storage(new Float32Array(1)) }, type) };
}

/** The parts in their order, if all terms are parts put into zeros that fill the whole along one axis. */
function sideBySide(
  terms: readonly (readonly [Ref, Op | undefined])[],
  shape: readonly number[],
): { dim: number; parts: readonly Part[] } | undefined {
  const parts: Part[] = [];
  let dim: number | undefined;
  for (const [{ shape: own, dtype }, maker] of terms) {
    const isPart = maker?.primitive === primitives.get("unslice") && sameShape(own, shape) && dtype === "float32";
    if (maker === undefined || !isPart) return undefined;
    const spans = maker.params.spans as readonly Span[];
    const axes = [...shape.keys()].filter((i) => spans[i]?.size !== shape[i]);
    const [axis = -1] = axes;
    const span = spans[axis];
    dim ??= axis;
    if (axes.length !== 1 || span?.step !== 1 || dim !== axis) return undefined;
    const [x] = maker.inputs as readonly [Ref];
    parts.push({ ...span, x: { ...x, shape: spans.map(({ size }) => size) } });
  }
  parts.sort((a, b) => a.start - b.start);
  const ends = parts.map(({ start, size }) => start + size);
  const fits = parts.every(({ start }, i) => start === (ends[i - 1] ?? 0)) && ends.at(-1) === shape[dim ?? 0];
  return fits && dim !== undefined ? { dim, parts } : undefined;
}
