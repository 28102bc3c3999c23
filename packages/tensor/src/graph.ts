import { checkTensor, noGrad } from "./bind.ts";
import { gradients } from "./grad.ts";
import { norm } from "./ops/composite.ts";
import { cast } from "./ops/elementwise.ts";
import { checkInteger, checkOptions } from "./options.ts";
import { show } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** How a graph is drawn. */
export interface GraphOptions {
  /** What leaves are called: `{ w, b }`. Others are "leaf", or "constant" if they need no gradient. */
  readonly names?: Readonly<Record<string, Tensor>>;
  /** Backpropagate from the output, which must have one element, and show each node's gradient. Default false. */
  readonly gradients?: boolean;
  /** Larger graphs are cut off here. Default 200. */
  readonly maxNodes?: number;
}
const graphKinds = { names: "any", gradients: "boolean", maxNodes: "number" } as const;

interface GraphNode {
  readonly id: number;
  /** Op or name, shape, value, gradient. */
  readonly parts: readonly string[];
  readonly inputs: readonly Tensor[];
}

/** The nodes that lead to `output`, itself first, numbered in the order in which they are met. */
function collect(op: string, output: Tensor, options: GraphOptions): Map<Tensor, GraphNode> {
  checkTensor(op, "the output", output);
  checkOptions(op, options, graphKinds);
  const { names = {}, maxNodes = 200 } = options;
  checkInteger(op, "maxNodes", maxNodes, 1);
  for (const [name, x] of Object.entries(names)) checkTensor(op, `names.${name}`, x);
  const byName = new Map(Object.entries(names).map(([name, x]) => [x, name]));
  const grads = options.gradients ? gradients(output) : new Map<Tensor, Tensor>();
  const nodes = new Map<Tensor, GraphNode>();
  const queue = [output];
  for (let x = queue.shift(); x !== undefined && nodes.size < maxNodes; x = queue.shift()) {
    if (nodes.has(x)) continue;
    const op = x.node?.rules.name;
    const name = byName.get(x) ?? (op === undefined ? (x.requiresGrad ? "leaf" : "constant") : undefined);
    const title = [name, op].filter((word) => word !== undefined).join(" = ");
    const grad = grads.get(x);
    const parts = [title, show(x.shape), brief(x), ...(grad === undefined ? [] : [`grad ${brief(grad)}`])];
    nodes.set(x, { id: nodes.size, parts, inputs: x.node?.inputs ?? [] });
    queue.push(...(x.node?.inputs ?? []));
  }
  return nodes;
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));

/** A few elements as they are, more of them as their 2-norm. */
function brief(x: Tensor): string {
  if (x.size <= 4) return x.size === 1 ? digits(x.item()) : `(${Array.from(x.data, digits).join(", ")})`;
  return `norm ${digits(noGrad(() => norm(cast(x, "float64"))).item())}`;
}

/**
 * How a tensor was computed, as indented text: each node over its inputs, with op, shape, value (or norm) and gradient.
 * A node that is used twice is drawn once and then referred to by its number.
 *
 * ```ts
 * const w = tensor([3], { requiresGrad: true });
 * console.log(graphText(w.mul(w).sum(), { names: { w }, gradients: true }));
 * ```
 */
export function graphText(output: Tensor, options: GraphOptions = {}): string {
  const nodes = collect("graphText", output, options);
  const drawn = new Set<Tensor>();
  const lines: string[] = [];
  // A stack of its own: a graph may be deeper than the call stack.
  const stack: [Tensor, number][] = [[output, 0]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [x, depth] = next;
    const node = nodes.get(x);
    const indent = "  ".repeat(depth);
    if (node === undefined) {
      lines.push(`${indent}…`);
    } else if (drawn.has(x)) {
      lines.push(`${indent}#${node.id} ${node.parts[0]}, above`);
    } else {
      drawn.add(x);
      lines.push(`${indent}#${node.id} ${node.parts.join("  ")}`);
      for (const input of [...node.inputs].reverse()) stack.push([input, depth + 1]);
    }
  }
  return lines.join("\n");
}

/**
 * The same graph as a Mermaid flowchart, from the leaves down to the output, for a Markdown page.
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function graphMermaid(output: Tensor, options: GraphOptions = {}): string {
  const nodes = collect("graphMermaid", output, options);
  const lines = ["flowchart TD"];
  for (const { id, parts } of nodes.values()) {
    const [title = "", ...numbers] = parts;
    lines.push(`  n${id}["${[asText(title), ...numbers].join("<br/>")}"]`);
  }
  for (const { id, inputs } of nodes.values()) {
    for (const input of inputs) {
      const from = nodes.get(input);
      if (from !== undefined) lines.push(`  n${from.id} --> n${id}`);
    }
  }
  return lines.join("\n");
}

const entities: Readonly<Record<string, string>> = { '"': "quot", "<": "lt", ">": "gt", "&": "amp" };

/** Names as Mermaid shows them, whatever they are: all but letters and digits as entities, a line break as a space. */
const asText = (name: string): string =>
  name
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/[^\p{L}\p{M}\p{N} _=-]/gu, (character) => `#${entities[character] ?? character.codePointAt(0)};`);
