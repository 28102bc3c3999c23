// A program as text.
import { flopsOf, showParam, type TensorType } from "../primitive.ts";
import { show, sizeOf } from "../shape.ts";
import type { Op, Ref, Value } from "./graph.ts";
import type { Program } from "./run/program.ts";
import { Loop } from "./schedule/loop.ts";
import { sizeInBytes } from "./schedule/plan.ts";

/** A program as text: a line for each op, loops indented, with shapes, operations and bytes. Meant to be read. */
export function printProgram({ graph, steps, arenaBytes }: Program): string {
  const names = new Map<Value, string>();
  const count = { input: 0, state: 0, gradient: 0, constant: 0, op: 0 };
  const letter = { input: "x", state: "w", gradient: "g", constant: "c", op: "%" };
  const nameOf = (value: Value): string => {
    const { kind } = value.origin;
    const name = names.get(value) ?? `${letter[kind]}${count[kind]++}`;
    names.set(value, name);
    return name;
  };
  for (const value of graph.inputs) nameOf(value);

  const operand = ({ value, shape, through }: Ref): string => {
    const { origin, type } = value;
    if (through !== undefined)
      return `${through.movements.join("(")}(${nameOf(value)}${")".repeat(through.movements.length)}${show(shape)}`;
    if (origin.kind === "constant" && sizeOf(type.shape) === 1) return String(origin.storage.elements[0]);
    return nameOf(value) + (String(shape) === String(type.shape) || origin.kind !== "op" ? "" : show(shape));
  };
  const line = (op: Op, indent: string): string => {
    const options = Object.entries(op.params).flatMap(([name, value]) =>
      typeof value === "function" || value === false ? [] : `${name}: ${showParam(value)}`,
    );
    const call = `${op.primitive.name}(${[...op.inputs.map(operand), ...options].join(", ")})`;
    const head = `${indent}${nameOf(op.out).padEnd(4)}= ${call}`;
    return `${head.padEnd(56)} ${typeText(op.out.type).padEnd(22)} ${work([op])}`;
  };
  const states = new Map<Value, string>();
  for (const { value, shape, through } of graph.ops.flatMap((op) => op.inputs)) {
    if (value.origin.kind === "state" || value.origin.kind === "gradient")
      states.set(value, `${nameOf(value)} ${show(through === undefined ? shape : value.type.shape)}`);
  }
  const body = steps.flatMap((step): string[] => {
    if (!(step.form instanceof Loop)) {
      return step.ops.map((op) => line(op, "  ") + (step.form === null ? ", by the kernel of eager mode" : ""));
    }
    const { rows, columns } = step.form;
    const [read, written] = [step.reads, step.writes].map(bytesOf);
    const lines = step.ops.map((op) => line(op, "    "));
    const head = `  loop over ${rows} × ${columns}: ${work(step.ops)}, reads ${read} bytes, writes ${written} bytes`;
    return [`${head}, keeps ${step.writes.map(nameOf).join(", ")}`, ...lines];
  });

  const writes = graph.writes.map(
    ({ target, value }) => `  ${names.has(target) ? nameOf(target) : "a tensor"} ← ${nameOf(value)}`,
  );
  const gradients = graph.gradients.flatMap(({ leaf, result }) => {
    if (result === null) return [];
    const [own] = [...names].find(([{ origin }]) => "storage" in origin && origin.storage === leaf.storage) ?? [];
    return `  ${own === undefined ? "a tensor" : nameOf(own)}.grad ← ${operand(result)}`;
  });
  const traffic = bytesOf(steps.flatMap(({ reads, writes }) => [...reads, ...writes]));
  return [
    `program(${graph.inputs.map((value) => `${nameOf(value)}: ${typeText(value.type)}`).join(", ")})`,
    ...(states.size > 0 ? [`  state: ${[...states.values()].join(", ")}`] : []),
    ...body,
    ...writes,
    ...gradients,
    `  return ${graph.outputs.map(operand).join(", ")}`,
    `${graph.ops.length} ops in ${steps.length} steps, ${work(graph.ops)}, ${traffic} bytes moved, arena of ${arenaBytes} bytes`,
  ].join("\n");
}

const typeText = ({ shape, dtype }: TensorType): string => `${dtype} ${show(shape)}`;

const bytesOf = (values: readonly Value[]): number => values.reduce((sum, value) => sum + sizeInBytes(value), 0);
const work = (ops: readonly Op[]): string =>
  `${ops.reduce((sum, { primitive, inputs, params, out }) => sum + flopsOf(primitive, inputs, out.type, params), 0)} flop`;
