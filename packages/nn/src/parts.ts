// What a module is made of: the tensors and modules in its properties, and below these.
import { Tensor, ValueError, watch } from "@tendril/tensor";
import { isRecord } from "./check.ts";
import { describe, isOfAnotherCopy } from "./copies.ts";
import { type AnyModule, Module } from "./module.ts";
import { isSettled } from "./options.ts";

// Which tensors are parameters: a mark of its own, since a frozen parameter has `requiresGrad = false`.
const marked = new WeakSet<Tensor>();
export const markParameter = (x: Tensor): unknown => marked.add(x);

/** Whether `x` was made by `parameter`. */
export const isParameter = (x: Tensor): boolean => marked.has(x);

/** A tensor or a module below another module. */
export interface Part {
  readonly item: Tensor | AnyModule;
  /** Its name in the module that holds it, such as `weight` or `blocks.0`, and its path from the module at the top. */
  readonly name: string;
  readonly path: string;
  /** 1 for the properties of the module at the top. */
  readonly depth: number;
  /** It is in a Map or a Set, where it would not be trained. */
  readonly hidden: boolean;
}

interface Walk {
  readonly found: Part[];
  readonly met: Map<AnyModule, "open" | "in a cycle" | "done">;
}

/**
 * All parts of a module, depth first, in the order of definition, each under each of its paths; but a module that is
 * part of a cycle, such as a child that knows its parent, only where it is met first.
 */
export function walk(top: AnyModule): Part[] {
  const found: Part[] = [];
  enter({ found, met: new Map() }, top, "", 1);
  return found;
}

function enter(walk: Walk, module: AnyModule, prefix: string, depth: number): void {
  watchProperties(module);
  walk.met.set(module, "open");
  let inCycle = false;
  for (const [name, value] of Object.entries(module)) {
    if (add(walk, value, { name, path: prefix + name, depth, hidden: false }, [])) inCycle = true;
  }
  walk.met.set(module, inCycle ? "in a cycle" : "done");
}

/**
 * Adds what a property is, or what the arrays and plain objects in it hold, as `name.0` or `name.key`. Returns whether it
 * leads into a cycle.
 */
function add(walk: Walk, value: unknown, at: Omit<Part, "item">, within: readonly object[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Tensor) {
    walk.found.push({ item: value, ...at });
    return false;
  }
  if (value instanceof Module) {
    if ((walk.met.get(value) ?? "done") === "done") {
      walk.found.push({ item: value, ...at });
      enter(walk, value, `${at.path}.`, at.depth + 1);
    }
    return walk.met.get(value) !== "done";
  }
  if (isOfAnotherCopy(value)) throw new ValueError(`Module: .${at.path} is ${describe(value)}`);
  const isMap = value instanceof Map || value instanceof Set;
  if (within.includes(value) || !(isMap || isContainer(value))) return false;
  const inside = [...within, value];
  if (isMap) return [...value.values()].map((item) => add(walk, item, { ...at, hidden: true }, inside)).includes(true);
  const held = Object.entries(value).map(([key, item]) =>
    add(walk, item, { ...at, name: `${at.name}.${key}`, path: `${at.path}.${key}` }, inside),
  );
  return held.includes(true);
}

/** The same, but throws a `ValueError` for what would be left out of the training in silence. */
export function parts(module: AnyModule): Part[] {
  return walk(module).filter(({ item, path, hidden }) => {
    const isTensor = item instanceof Tensor;
    if (isTensor && !item.requiresGrad && !isParameter(item)) return !hidden; // a buffer
    if (!hidden && (!isTensor || isParameter(item))) return true;
    const where = module.constructor.name + pathText(path);
    if (hidden) {
      const what = isTensor ? "a tensor to be trained" : `a module (${item.constructor.name})`;
      throw new ValueError(`${where} holds ${what} in a Map or a Set; use an array or a plain object`);
    }
    const remedy = isTensor && !item.isLeaf ? "keep what is computed in a #private field" : "make it with parameter(…)";
    throw new ValueError(`${where} requires a gradient but is not a parameter, so it would not be trained; ${remedy}`);
  });
}

const isContainer = (x: object): boolean => Array.isArray(x) || (isRecord(x) && !isSettled(x));

/**
 * Tells a traced step that it depends on the properties of a module, and on arrays and plain objects in them. Arrays of
 * numbers or words are left out: they may be long, and this happens in each forward pass.
 */
export function watchProperties(module: object): void {
  watch(module);
  for (const name in module) watchInside(module[name as keyof typeof module], []);
}

function watchInside(value: unknown, within: readonly object[]): void {
  if (typeof value !== "object" || value === null || value instanceof Tensor || value instanceof Module) return;
  if (!isContainer(value) || within.includes(value) || (Array.isArray(value) && typeof value[0] !== "object")) return;
  watch(value);
  for (const item of Array.isArray(value) ? value : Object.values(value)) watchInside(item, [...within, value]);
}

/** A path as code has it: `body.2.weight` is `.body[2].weight`. */
export const pathText = (path: string): string => `.${path}`.replace(/\.(\d+)(?![^.])/g, "[$1]");

/** A module and the modules below it, as PyTorch prints them. */
export function treeText(top: AnyModule): string {
  const below = walk(top).flatMap(({ item, name, depth }) =>
    item instanceof Module ? [{ item, label: `(${name}): `, depth }] : [],
  );
  const rows = [{ item: top, label: "", depth: 0 }, ...below];
  const indent = (depth: number, text: string): string => "  ".repeat(depth) + text;
  const lines = rows.flatMap(({ item, label, depth }, i) => {
    const [begin, extra, next] = [`${label}${item.constructor.name}(`, item.extraRepr(), rows[i + 1]?.depth ?? 0];
    if (next > depth) return [indent(depth, begin), ...(extra === "" ? [] : [indent(next, extra)])];
    const ends = Array.from({ length: depth - next }, (_, k) => indent(depth - 1 - k, ")"));
    return [indent(depth, `${begin}${extra})`), ...ends];
  });
  return lines.join("\n");
}
