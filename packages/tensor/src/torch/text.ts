// Python as text: numbers, sizes that follow the batch, shapes, names.
import { type DType, isFloat } from "../dtype.ts";
import { Affine, type Size } from "../export/size.ts";

/** The shortest decimal that float32 rounds to the same number; other dtypes' numbers as they are. */
function decimal(x: number, dtype: DType): string {
  if (dtype !== "float32") return String(x);
  for (let digits = 1; ; digits++) {
    const text = String(Number(x.toPrecision(digits)));
    if (Object.is(Math.fround(Number(text)), Math.fround(x))) return text;
  }
}

/** A number as Python writes it in an expression of this dtype; one that follows the batch may stand in parentheses. */
export function literal(x: Size, dtype: DType): string {
  if (x instanceof Affine) return String(x) === "N" ? "N" : `(${x})`;
  if (dtype === "bool") return x === 0 ? "False" : "True";
  if (!isFloat(dtype)) return String(x);
  if (!Number.isFinite(x)) return `float("${Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf"}")`;
  const text = Object.is(x, -0) ? "-0" : decimal(x, dtype);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

export const sameSize = (a: Size, b: Size): boolean => String(a) === String(b);
export const sameSizes = (a: readonly Size[], b: readonly Size[]): boolean => String(a) === String(b);

/** The shape to which these broadcast. */
export function broadcast(shapes: readonly (readonly Size[])[]): Size[] {
  const axes = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: axes }, (_, i) => {
    const sizes = shapes.map((shape) => shape[i - axes + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** `(2, N)`, also where it has one entry. */
export const tuple = (parts: readonly unknown[]): string => `(${parts.join(", ")}${parts.length === 1 ? "," : ""})`;

/** A text in Python's quotes. */
export const quoted = (text: string): string => JSON.stringify(text);

// What Python keeps for itself, and what the printed programs use.
const reserved =
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with " +
  "F N apart base64 bool device dict fold float json len names part self slice state struct torch unslice";

/** Names of variables in one scope: valid identifiers, each given once. */
export class Names {
  readonly #taken = new Set(reserved.split(" "));

  /** `wanted` as an identifier that nothing else has. */
  of(wanted: string): string {
    const letters = wanted.replace(/([a-z])([A-Z])/g, "$1_$2").replace(/\W/g, "_");
    const name = /^[a-z]/i.test(letters) ? letters : `p${letters}`;
    // Names in capitals are those of the file's constants.
    const base = name === wanted && !name.startsWith("CONSTANT_") ? name : name.toLowerCase();
    let free = base;
    for (let i = 1; this.#taken.has(free); i++) free = `${base}_${i}`;
    this.#taken.add(free);
    return free;
  }
}
