// How a tensor prints.
import { isFloat } from "./dtype.ts";
import { stridesOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Larger tensors are shortened, each axis to its first and last few entries. */
const threshold = 1000;
const edge = 3;
const lineWidth = 80;
const prefix = "tensor(";

/** `tensor([[1., 2.], [3., 4.]])` as PyTorch prints it: aligned, shortened, with dtype and graph where not the default. */
export function format(t: Tensor): string {
  const { shape, dtype } = t;
  const data = t.storage.known;
  if (data === null) return `${prefix}traced, ${dtype} [${shape.join(", ")}])`;
  const strides = stridesOf(shape);
  /** Where the entries of an axis that are shown begin; `null` is the ellipsis. */
  const entriesOf = (axis: number, offset: number): (number | null)[] => {
    const all = Array.from({ length: shape[axis] as number }, (_, i) => offset + i * (strides[axis] as number));
    const short = data.length <= threshold || all.length <= 2 * edge;
    return short ? all : [...all.slice(0, edge), null, ...all.slice(-edge)];
  };
  const collect = (axis: number, offset: number): number[] => {
    if (axis === shape.length) return [data[offset] as number];
    return entriesOf(axis, offset).flatMap((at) => (at === null ? [] : collect(axis + 1, at)));
  };
  const values = collect(0, 0);
  const show = dtype === "bool" ? (x: number) => String(x !== 0) : numberFormat(values, isFloat(dtype));
  const width = Math.max(0, ...values.map((x) => show(x).length));

  const draw = (axis: number, offset: number): string => {
    if (axis === shape.length) return show(data[offset] as number).padStart(width);
    const entries = entriesOf(axis, offset).map((at) => (at === null ? "..." : draw(axis + 1, at)));
    const indent = " ".repeat(prefix.length + axis + 1);
    if (axis < shape.length - 1) return `[${entries.join(`,${"\n".repeat(shape.length - 1 - axis)}${indent}`)}]`;
    const perLine = Math.max(1, Math.floor((lineWidth - indent.length) / (width + 2)));
    const lines = [];
    for (let i = 0; i < entries.length; i += perLine) lines.push(entries.slice(i, i + perLine).join(", "));
    return `[${lines.join(`,\n${indent}`)}]`;
  };

  const notes = [draw(0, 0)];
  if (data.length === 0 && shape.length > 1) notes.push(`shape=[${shape.join(", ")}]`);
  if (dtype === "float64" || dtype === "int32") notes.push(`dtype=${dtype}`);
  if (t.node !== null) notes.push(`gradFn=${t.node.rules.name}`);
  else if (t.requiresGrad) notes.push("requiresGrad=true");
  return `${prefix}${notes.join(", ")})`;
}

/** One format for all values that are shown: whole numbers as `1.`, else four digits, else scientific. */
function numberFormat(values: readonly number[], float: boolean): (x: number) => string {
  if (!float) return String;
  const sizes = values.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
  const largest = Math.max(0, ...sizes);
  const smallest = Math.min(largest, ...sizes);
  const whole = sizes.every(Number.isInteger);
  const scientific = largest >= 1e8 || (!whole && (smallest < 1e-4 || largest / smallest > 1000));
  const digits = scientific
    ? (x: number) => x.toExponential(4).replace(/e([+-])(\d)$/, "e$10$2")
    : (x: number) => (whole ? `${x}.` : x.toFixed(4));
  return (x) => (Number.isNaN(x) ? "nan" : Number.isFinite(x) ? digits(x) : x > 0 ? "inf" : "-inf");
}
