// Graphs as data, as text and as Mermaid.
import { checkTensor, noGrad } from "./bind.ts";
import { onesLike } from "./create.ts";
import { backwardSteps } from "./grad.ts";
import { cast } from "./ops/cast.ts";
import { norm } from "./ops/composite.ts";
import { checkInteger, checkOptions } from "./options.ts";
import { show } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** How a graph is drawn. */
export interface GraphOptions {
  /** What leaves are called: `{ w, b }`. Others are "leaf", or "constant" if they need no gradient. Default: none. */
  readonly names?: Readonly<Record<string, Tensor>>;
  /** Backpropagate from the output, which must have one element, and show each node's gradient. Default false. */
  readonly gradients?: boolean;
  /** Larger graphs are cut off here. Default 200. */
  readonly maxNodes?: number;
}

/** A tensor in a graph, and how it was computed. */
export interface GraphNode {
  /** Nodes are numbered from the output, which is 0, in the order in which they are met. */
  readonly id: number;
  /** The tensor itself. */
  readonly tensor: Tensor;
  /** What `names` calls it. */
  readonly name?: string | undefined;
  /** The op that made it; `undefined` for leaves and constants. */
  readonly op?: string | undefined;
  /** What that op took. */
  readonly inputs: readonly Tensor[];
  /** ∂output/∂tensor, where gradients are asked for and lead here. */
  readonly gradient?: Tensor | undefined;
}

/**
 * The tensors, of any shape, that `output` was computed from, itself first, then its inputs, and so on: what
 * `graphText` and `graphMermaid` write, for drawings of one's own.
 * @throws {ValueError} when the output or a named leaf is not a tensor, or an option is wrong
 * @throws {GradError} when gradients are asked for and the output has several elements
 * @example
 * const nodes = graphNodes(tensor(3, { requiresGrad: true }).exp().neg());
 * [...nodes.values()].map(({ id, op, inputs }) => [id, op, inputs.map((x) => nodes.get(x)?.id)]) // [[0, neg, [1]], [1, exp, [2]], [2, undefined, []]]
 */
export function graphNodes(output: Tensor, options: GraphOptions = {}): ReadonlyMap<Tensor, GraphNode> {
  return collect("graphNodes", output, options);
}

function collect(caller: string, output: Tensor, options: GraphOptions): ReadonlyMap<Tensor, GraphNode> {
  checkTensor(caller, "the output", output);
  const kinds = { names: "any", gradients: "boolean", maxNodes: "number" } as const;
  const { names = {}, gradients: wanted = false, maxNodes = 200 } = checkOptions(caller, options, kinds);
  checkInteger(caller, "maxNodes", maxNodes, 1);
  const nameOf = new Map<Tensor, string>();
  for (const [name, x] of Object.entries(names)) {
    checkTensor(caller, `names.${name}`, x);
    nameOf.set(x, name);
  }
  const gradients = new Map<Tensor, Tensor>(wanted ? [[output, onesLike(output)]] : []);
  if (wanted) for (const { input, total } of backwardSteps(output)) gradients.set(input, total);
  const nodes = new Map<Tensor, GraphNode>();
  const queue = [output];
  for (let x = queue.shift(); x !== undefined && nodes.size < maxNodes; x = queue.shift()) {
    if (nodes.has(x)) continue;
    const inputs = x.node?.inputs ?? [];
    const [op, name, gradient] = [x.node?.rules.name, nameOf.get(x), gradients.get(x)];
    nodes.set(x, { id: nodes.size, tensor: x, name, op, inputs, gradient });
    queue.push(...inputs);
  }
  return nodes;
}

/** Title, shape, value, gradient. */
function partsOf({ tensor, name, op, gradient }: GraphNode): string[] {
  const known = name ?? (op === undefined ? (tensor.requiresGrad ? "leaf" : "constant") : undefined);
  const title = [known, op].filter((word) => word !== undefined).join(" = ");
  return [title, show(tensor.shape), brief(tensor), ...(gradient === undefined ? [] : [`grad ${brief(gradient)}`])];
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));

/** A few elements as they are, more of them as their 2-norm. */
function brief(x: Tensor): string {
  if (x.size <= 4) return x.size === 1 ? digits(x.item()) : `(${Array.from(x.data, digits).join(", ")})`;
  return `norm ${digits(noGrad(() => norm(cast(x, "float64"))).item())}`;
}

/**
 * How a tensor of any shape was computed, as indented text: each node over its inputs, with op, shape, value (or norm)
 * and gradient. A node that is used twice is drawn once and then referred to by its number.
 * @throws {ValueError} when the output or a named leaf is not a tensor, or an option is wrong
 * @throws {GradError} when gradients are asked for and the output has several elements
 * @example
 * const w = tensor([3], { requiresGrad: true });
 * graphText(w.exp(), { names: { w } }) // #0 exp [1] 20.09 #1 w [1] 3
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
    if (node === undefined) lines.push(`${indent}…`);
    else if (drawn.has(x)) lines.push(`${indent}#${node.id} ${partsOf(node)[0]}, above`);
    else {
      drawn.add(x);
      lines.push(`${indent}#${node.id} ${partsOf(node).join("  ")}`);
      for (const input of [...node.inputs].reverse()) stack.push([input, depth + 1]);
    }
  }
  return lines.join("\n");
}

/**
 * How a tensor of any shape was computed, as a Mermaid flowchart from the leaves down to the output, for a Markdown
 * page.
 * @throws {ValueError} when the output or a named leaf is not a tensor, or an option is wrong
 * @throws {GradError} when gradients are asked for and the output has several elements
 * @example
 * const w = tensor([3], { requiresGrad: true });
 * graphMermaid(w.exp(), { names: { w } }) // flowchart TD n0["exp<br/>[1]<br/>20.09"] n1["w<br/>[1]<br/>3"] n1 --> n0
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function graphMermaid(output: Tensor, options: GraphOptions = {}): string {
  const nodes = collect("graphMermaid", output, options);
  const lines = ["flowchart TD"];
  for (const node of nodes.values()) {
    const [title = "", ...numbers] = partsOf(node);
    lines.push(`  n${node.id}["${[asText(title), ...numbers].join("<br/>")}"]`);
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
