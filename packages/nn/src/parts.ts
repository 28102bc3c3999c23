// What a module is made of: the tensors and modules in its properties, and below these.
import { Tensor, ValueError, watch } from "@tendril/tensor";
import { isRecord } from "./check.ts";
import { Module } from "./module.ts";
import { isSettled } from "./options.ts";

// Which tensors are parameters: a mark of its own, since a frozen parameter has `requiresGrad = false`.
const marked = new WeakSet<Tensor>();
export const markParameter = (x: Tensor): unknown => marked.add(x);

/** Whether `x` was made by `parameter`. */
export const isParameter = (x: Tensor): boolean => marked.has(x);

/** A tensor or a module below another module. */
export interface Part {
  readonly item: Tensor | Module;
  /** Its name in the module that holds it, such as `weight` or `blocks.0`, and its path from the module at the top. */
  readonly name: string;
  readonly path: string;
  /** 1 for the properties of the module at the top. */
  readonly depth: number;
  /** It is in a Map or a Set, where it would not be trained. */
  readonly hidden: boolean;
}

/**
 * All parts of a module, depth first, in the order of definition, each under each of its paths; but a module that is
 * part of a cycle, such as a child that knows its parent, only where it is met first.
 */
export function walk(top: Module): Part[] {
  const found: Part[] = [];
  const met = new Map<Module, "open" | "in a cycle" | "done">();
  const enter = (module: Module, prefix: string, depth: number): void => {
    watchProperties(module);
    met.set(module, "open");
    let inCycle = false;
    /** Adds what a property is, or what the arrays and plain objects in it hold, as `name.0` or `name.key`. */
    const add = (value: unknown, name: string, hidden: boolean, within: readonly object[]): void => {
      if (typeof value !== "object" || value === null) return;
      const path = prefix + name;
      if (value instanceof Tensor) found.push({ item: value, name, path, depth, hidden });
      else if (value instanceof Module) {
        if ((met.get(value) ?? "done") === "done") {
          found.push({ item: value, name, path, depth, hidden });
          enter(value, `${path}.`, depth + 1);
        }
        inCycle ||= met.get(value) !== "done";
      } else if (!within.includes(value)) {
        const inside = [...within, value];
        if (value instanceof Map || value instanceof Set)
          for (const item of value.values()) add(item, name, true, inside);
        else if (isContainer(value))
          for (const [key, item] of Object.entries(value)) add(item, `${name}.${key}`, hidden, inside);
      }
    };
    for (const [name, value] of Object.entries(module)) add(value, name, false, []);
    met.set(module, inCycle ? "in a cycle" : "done");
  };
  enter(top, "", 1);
  return found;
}

/** The same, but throws a `ValueError` for what would be left out of the training in silence. */
export function parts(module: Module): Part[] {
  return walk(module).filter(({ item, path, hidden }) => {
    const isTensor = item instanceof Tensor;
    if (isTensor && !item.requiresGrad && !isParameter(item)) return !hidden; // a buffer
    const where = (): string => module.constructor.name + pathText(path);
    if (hidden) {
      const what = isTensor ? "a tensor to be trained" : `a module (${item.constructor.name})`;
      throw new ValueError(`${where()} holds ${what} in a Map or a Set; use an array or a plain object`);
    }
    if (isTensor && !isParameter(item)) {
      const remedy = item.isLeaf ? "make it with parameter(…)" : "keep what is computed in a #private field";
      throw new ValueError(`${where()} requires a gradient and is no parameter, so it would not be trained; ${remedy}`);
    }
    return true;
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
