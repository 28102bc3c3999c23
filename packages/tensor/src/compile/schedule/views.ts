// Lets movements and products read the source of an operand through an index map, instead of a moved copy of it.
import { type IndexMap, mergeAxes, wholeMap } from "../../index-map.ts";
import type { Graph, Op, Ref, Value, View } from "../graph.ts";
import { withoutDead } from "../trace/simplify.ts";
import { formulaOf } from "./forms.ts";
import { productsOf } from "./products.ts";
import { type Axis, groupAxes } from "./strides.ts";

/** What a movement leaves as it is, and where its elements lie in that. */
interface Moved extends View {
  readonly value: Value;
}

/** The same program, without the movements that are then not read any more. */
export function readThrough(graph: Graph): Graph {
  const moved = new Map<Value, Moved>();
  const through = (ref: Ref): Ref => {
    const view = moved.get(ref.value);
    return view === undefined ? ref : { ...ref, value: view.value, through: view };
  };
  /** For loops only what lies in runs is worth reading where it is: else it would be picked together at each use. */
  const inRuns = (ref: Ref): Ref => {
    const view = reshaped(through(ref));
    return view?.through !== undefined && isInRuns(view.through) && view.dtype !== "bool" ? view : ref;
  };
  const ops = graph.ops.map((op): Op => {
    const { primitive, inputs, params, out } = op;
    if (primitive.kind === "product") {
      const [a, b] = inputs as readonly [Ref, Ref];
      const [p, q] = [through(a), through(b)];
      const forms = [
        [p, q],
        [p, b],
        [a, q],
      ].map((inputs): Op => ({ ...op, inputs }));
      return forms.find((form) => productsOf(form) !== undefined) ?? op;
    }
    if (primitive.kind === "elementwise" && formulaOf(op) !== undefined) return { ...op, inputs: inputs.map(inRuns) };
    const [x] = inputs;
    if (primitive.map === undefined || x === undefined) return op;
    const from = reshaped(through(x)) ?? x;
    const { map, movements } = from.through ?? { map: wholeMap(x.shape), movements: [] };
    const view = { map: primitive.map(map, params, out.type.shape), movements: [primitive.name, ...movements] };
    moved.set(out, { value: from.value, ...view });
    return { ...op, inputs: [from] };
  });
  return withoutDead({ ...graph, ops });
}

/** Whether the elements of an operand lie in runs, or are one element repeated. */
const isInRuns = ({ map }: View): boolean => {
  const [{ strides }] = mergeAxes([map]) as [IndexMap];
  return strides.length === 0 || Math.abs(strides.at(-1) as number) <= 1;
};

/** An operand whose map has the operand's shape, if there is such a map. */
function reshaped(ref: Ref): Ref | undefined {
  const { shape, through } = ref;
  if (through === undefined) return ref;
  const groups = groupAxes(through.map, shape);
  if (groups === undefined || groups.some(({ length }) => length > 1)) return undefined;
  const strides = groups.map(([axis]) => (axis as Axis | undefined)?.stride ?? 0);
  const map: IndexMap = { shape, strides, offset: through.map.offset };
  return { ...ref, through: { ...through, map } };
}
