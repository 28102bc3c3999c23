// Which products of matrices a program computes itself, where their operands lie, and how they are cut for threads.
import { columns, longSum, type Product, panelBytes, productOf, rows } from "../../backend/wasm/matmul.ts";
import { wholeMap } from "../../index-map.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { Storage } from "../../tensor.ts";
import { type Op, type Ref, Value } from "../graph.ts";
import type { Split } from "./layout.ts";
import { type Axis, groupAxes, offsetsOf } from "./strides.ts";

/** Products of the same form, one after the other. */
export interface Products extends Product {
  readonly count: number;
  readonly a: Matrices;
  readonly b: Matrices;
}

/** Where an operand's matrices lie, in elements. */
export interface Matrices {
  /** The first one, and the axes along which the others follow; none where one serves all. */
  readonly offset: number;
  readonly batch: readonly Axis[];
  /** Its rows and columns, or the other way round if it is read as its transpose: along the sum, and across it. */
  readonly along: readonly Axis[];
  readonly across: readonly Axis[];
  /** Whether a stride says how far apart these are; else tables do. */
  readonly isPlain: boolean;
}

/** The op as products of matrices that can be computed here. */
export function productsOf({ primitive, inputs, params, out }: Op): Products | undefined {
  const { shape, dtype } = out.type;
  if (primitive.kind !== "product" || dtype !== "float32" || sizeOf(shape) === 0) return undefined;
  const [x, y] = inputs as readonly [Ref, Ref];
  const product = productOf(x.shape, y.shape, shape, params);
  const { m, n, k } = product;
  // Sums that are too long for single precision are added up in parts, by the kernel.
  if (x.dtype !== y.dtype || k > longSum || k === 0) return undefined;
  const count = sizeOf(shape) / (m * n);
  const batch = count === 1 ? [] : shape.slice(0, -2);
  const a = matricesOf(x, batch, m, k, Boolean(params.transposeA));
  const b = matricesOf(y, batch, n, k, !params.transposeB);
  if (a === undefined || b === undefined || (n <= narrow && !(a.isPlain && b.isPlain))) return undefined;
  const [rowA, alongA] = [strideOf(a.across), strideOf(a.along)];
  const [alongB, columnB] = [strideOf(b.along), strideOf(b.across)];
  return { m, n, k, count, rowA, alongA, alongB, columnB, a, b };
}

/** Bytes from an entry to the next; where there is but one entry, any number will do. */
const strideOf = ([axis]: readonly Axis[]): number => 4 * (axis?.stride ?? 1);

/** An operand as matrices, `size` across the sum and k along it, one for each index of `batch`, to which they broadcast. */
function matricesOf(
  { shape, through }: Ref,
  batch: Shape,
  size: number,
  k: number,
  alongFirst: boolean,
): Matrices | undefined {
  const map = through?.map ?? wholeMap(shape);
  const own = batch.length === 0 ? [] : shape.slice(0, -2);
  const groups = groupAxes(map, [...own, ...(alongFirst ? [k, size] : [size, k])]);
  if (groups === undefined) return undefined;
  const [rows, columns] = groups.splice(own.length) as [Axis[], Axis[]];
  const [along, across] = alongFirst ? [rows, columns] : [columns, rows];
  const extra = batch.length - own.length;
  const axes = batch.flatMap((n, i) =>
    own[i - extra] === n ? (groups[i - extra] as Axis[]) : [{ size: n, stride: 0 }],
  );
  const isPlain =
    along.length <= 1 &&
    across.length <= 1 &&
    [...along, ...across].every(({ stride }) => stride > 0) &&
    (strideOf(along) === 4 || strideOf(across) === 4);
  return { offset: map.offset, batch: axes.every(({ stride }) => stride === 0) ? [] : axes, along, across, isPlain };
}

/** Where the entries of an operand are found that no stride tells, in bytes: along the sum, and across it. */
export interface Tables {
  readonly along: Value;
  readonly across: Value;
}

/** The tables of an operand; those that are equal are made once. */
export function tablesOf({ along, across, isPlain }: Matrices, made: Map<string, Value>): Tables | null {
  const table = (axes: readonly Axis[], unit: number): Value => {
    const key = `${unit} ${axes.map(({ size, stride }) => `${size}:${stride}`)}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const offsets = offsetsOf(axes).map((offset) => 4 * offset);
    // Whole panels are read.
    while (offsets.length % unit > 0) offsets.push(offsets.at(-1) as number);
    const storage = new Storage(Int32Array.from(offsets));
    const value = new Value({ kind: "constant", storage }, { shape: [offsets.length], dtype: "int32" });
    made.set(key, value);
    return value;
  };
  return isPlain ? null : { along: table(along, 1), across: table(across, columns) };
}

/** Up to so many columns stay in registers for a whole sum, so that neither operand needs to be packed. */
export const narrow: number = columns;
/** The scratch memory that a product needs while it runs, in bytes. */
export function scratchFor({ m, n, k, columnB }: Products): number {
  if (n > narrow) return panelBytes(m, n, k);
  return columnB === 4 ? 0 : 16 * k * Math.ceil(n / 4);
}

/** Products of fewer multiplications than this are not worth waiting for other threads. */
const smallest = 2 ** 18;

/** How products are cut into parts for threads: between matrices, or between the rows of a single one. */
export function productSplit({ m, n, k, count }: Products): Split | null {
  // Rows of a narrow product may reach into the next ones, which another thread may have written.
  if (m * n * k * count < smallest || (n <= narrow && n % 4 > 0)) return null;
  return count > 1 ? { total: count, unit: 1 } : { total: m, unit: rows };
}
