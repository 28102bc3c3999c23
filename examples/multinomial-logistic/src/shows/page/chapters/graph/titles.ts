/** What nodes are called. */
import type { DrawnNode } from "./walk.ts";

/** Constants without a name are not drawn, but stand as numbers where they are used. */
export const isDrawn = ({ kind, name }: DrawnNode): boolean => kind !== "constant" || name !== "";

/** "z = add", "W". */
export const titleOf = ({ name, op }: DrawnNode): string => (op === undefined ? name : `${name} = ${op}`);

/** "[3, 2]"; a single number has no shape to speak of. */
export const shapeText = (shape: readonly number[]): string => (shape.length === 0 ? "" : `[${shape.join(", ")}]`);

/** What stands for a node where it is used: its name, or the number that it is. */
export function nameOf({ name, dtype, value }: DrawnNode, show: (x: number) => string): string {
  const [only] = value.data;
  if (name !== "" || only === undefined) return name;
  if (value.data.length > 1) return shapeText(value.shape);
  // The only whole numbers by type are targets.
  if (dtype === "int32") return `class ${only}`;
  return dtype === "bool" ? String(only === 1) : Number.isInteger(only) ? String(only) : show(only);
}

/** "z = add(v1, b)" */
export function callOf(node: DrawnNode, nodes: readonly DrawnNode[], show: (x: number) => string): string {
  const given = node.inputs.map((id) => {
    const input = nodes[id];
    return input === undefined ? "" : nameOf(input, show);
  });
  return `${titleOf(node)}(${given.join(", ")})`;
}
