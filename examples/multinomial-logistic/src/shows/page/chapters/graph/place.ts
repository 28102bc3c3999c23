/** Where the nodes of a graph are drawn: left to right, the leaves left. */
import type { Libraries } from "../../views/libraries.ts";
import { shapeText } from "./titles.ts";
import type { DrawnNode, Value } from "./walk.ts";

/** The width of a letter, and the heights of lines, in the drawing. */
export const letter = 7.3;
export const lineHeight = 16;
export const pad = 8;
const mostRows = 8;

/** The rows that a value is drawn in: a matrix as it is, one row of numbers as a column. */
export function rowsOf({ shape, data }: Value): number[][] {
  const columns = shape.length === 2 && shape[0] !== 1 ? (shape[1] ?? 1) : 1;
  const rows = Array.from({ length: data.length / columns }, (_, i) => data.slice(i * columns, (i + 1) * columns));
  return rows.slice(0, rows.length > mostRows ? mostRows - 1 : mostRows);
}

export interface Size {
  width: number;
  height: number;
  /** The width of one number. */
  column: number;
  columns: number;
}

/** How large a node is: for its title, and for its value beside its gradient. */
export function sizeOf(node: DrawnNode, title: string, show: (x: number) => string): Size {
  const rows = rowsOf(node.value);
  const columns = rows[0]?.length ?? 1;
  // Room for 9 letters at least, as in −0.001234, so that the drawing does not move with every digit.
  const longest = Math.max(9, ...rows.flat().map((x) => show(x).length));
  const column = (longest + 0.8) * letter;
  const numbers = columns * column * (node.kind === "constant" ? 1 : 2) + 2 * pad;
  const hidden = node.value.data.length > rows.length * columns ? 1 : 0;
  const lines = rows.length + hidden + 2;
  const words = Math.max(title.length, shapeText(node.value.shape).length + " constant".length);
  return {
    width: Math.max(numbers, words * letter + 2 * pad),
    height: lines * lineHeight + 2 * pad - 4,
    column,
    columns,
  };
}

export interface Edge {
  from: number;
  to: number;
  /** Which input of `to` it is. */
  index: number;
  points: readonly { x: number; y: number }[];
  /** The middle of its label. */
  label: { x: number; y: number };
}

export interface Placed {
  width: number;
  height: number;
  /** The middles of the nodes, by id. */
  nodes: ReadonlyMap<number, { x: number; y: number }>;
  edges: readonly Edge[];
}

let last: { key: string; placed: Placed } | undefined;

/** Only the sizes and the edges count, so that other numbers leave everything where it is. */
export function placeNodes(
  { layout, graphlib }: Pick<Libraries, "layout" | "graphlib">,
  nodes: readonly DrawnNode[],
  sizes: ReadonlyMap<number, Size>,
): Placed {
  const drawn = nodes.filter(({ id }) => sizes.has(id));
  const key = JSON.stringify(drawn.map(({ id, inputs }) => [id, inputs, sizes.get(id)]));
  if (last?.key === key) return last.placed;
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 20, edgesep: 14, marginx: 4, marginy: 4 });
  for (const { id } of drawn) graph.setNode(String(id), { ...sizes.get(id) });
  const label = { width: 6 * letter, height: lineHeight, labelpos: "c" };
  // An op's first input is to be above its second: leaves by a rule, others mostly, if their edges are made last.
  const constraints: { left: string; right: string }[] = [];
  for (const { id, inputs } of drawn) {
    const edges = inputs.map((from, index) => ({ from, index })).filter(({ from }) => sizes.has(from));
    for (const { from, index } of [...edges].reverse()) {
      const room = nodes[from]?.value.data.length === 1 ? { ...label } : {};
      graph.setEdge(String(from), String(id), room, String(index));
    }
    const leaves = [...new Set(inputs)].filter((from) => sizes.has(from) && nodes[from]?.kind !== "op").map(String);
    leaves.slice(1).forEach((right, i) => {
      constraints.push({ left: leaves[i] ?? right, right });
    });
  }
  layout(graph, { constraints });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const edges = graph.edges().map((edge): Edge => {
    const { points, x, y } = graph.edge(edge) as { points: Edge["points"]; x?: number; y?: number };
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
    const at = { x: x ?? middle.x, y: y ?? middle.y };
    return { from: Number(edge.v), to: Number(edge.w), index: Number(edge.name), points, label: at };
  });
  const middles = new Map(drawn.map(({ id }) => [id, graph.node(String(id)) as { x: number; y: number }]));
  last = { key, placed: { width, height, nodes: middles, edges } };
  return last.placed;
}
