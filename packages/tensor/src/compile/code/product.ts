// Products of matrices in a program's memory: operands are read where they are, and nothing is copied but the panels.
import { type Code, type Func, i32, type NewLocal, type Operand } from "../../backend/wasm/assembler/code.ts";
import { call, func, upTo, when } from "../../backend/wasm/assembler/control.ts";
import { load, store } from "../../backend/wasm/assembler/memory.ts";
import {
  columns,
  longSum,
  matmulFunctions,
  type Product,
  panelBytes,
  productOf,
  registerTile,
  rows,
} from "../../backend/wasm/matmul.ts";
import { sizeOf } from "../../shape.ts";
import type { Op, Ref } from "../graph.ts";
import type { Split } from "../schedule/layout.ts";

/** Products of the same form, one after the other. */
export interface Products extends Product {
  /** How many there are, and how far apart (in bytes) their matrices; 0 for one that serves all. */
  readonly count: number;
  readonly strideA: number;
  readonly strideB: number;
}

/** The op as products of matrices that can be computed here. */
export function productsOf({ primitive, inputs, params, out }: Op): Products | undefined {
  if (primitive.name !== "matmul" || out.type.dtype !== "float32") return undefined;
  const [a, b] = inputs as readonly [Ref, Ref];
  const product = productOf(a.shape, b.shape, out.type.shape, params);
  const { m, n, k } = product;
  // Sums that are too long for single precision are added up in parts, by the kernel.
  if (a.dtype !== b.dtype || k > longSum) return undefined;
  const count = sizeOf(out.type.shape) / (m * n); // of empty matrices NaN, which is no count
  const [countA, countB] = [sizeOf(a.shape) / (m * k), sizeOf(b.shape) / (k * n)];
  if ((countA !== count && countA !== 1) || (countB !== count && countB !== 1)) return undefined;
  return { ...product, count, strideA: countA === 1 ? 0 : 4 * m * k, strideB: countB === 1 ? 0 : 4 * k * n };
}

/** Up to so many columns stay in registers for a whole sum, so that neither operand needs to be packed. */
const narrow = columns;
/** The memory that a product needs meanwhile, in bytes. */
export function scratchFor({ m, n, k, columnB }: Products): number {
  if (n > narrow) return panelBytes(m, n, k);
  return columnB === 4 ? 0 : 16 * k * Math.ceil(n / 4);
}

/** A thread's part of a step: where it begins and ends, and how far off its memory is. */
export interface Part {
  readonly from: Code;
  readonly to: Code;
  readonly room: Code;
}

/** Products of fewer multiplications than this are not worth waiting for other threads. */
const smallest = 2 ** 18;

/** How products are cut into parts for threads: between matrices, or between the rows of a single one. */
export function productSplit({ m, n, k, count }: Products): Split | null {
  // Rows of a narrow product may reach into the next ones, which another thread may have written.
  if (m * n * k * count < smallest || (n <= narrow && n % 4 > 0)) return null;
  return count > 1 ? { total: count, unit: 1 } : { total: m, unit: rows };
}

/** Where operands, result and scratch memory lie. */
interface Places {
  readonly c: number;
  readonly a: number;
  readonly b: number;
  readonly scratch: number;
}

/** Gives the first of the functions for a key, which are made once. */
export type Shared = (key: string, make: (name: string) => readonly [Func, ...Func[]]) => Func;

/** Code that computes products, or a part of them. */
export function productCode(
  { m, n, k, rowA, alongA, alongB, columnB, count, strideA, strideB }: Products,
  places: Places,
  shared: Shared,
  local: NewLocal,
  part?: Part,
): Code[] {
  const panels = part === undefined ? places.scratch : i32.add(part.room, places.scratch);
  /** One product, `i` times so many bytes off. */
  const once = (i: Code | null, height: Operand, toC: number, toA: number, toB: number): Code => {
    const at = (base: number, stride: number): Operand => (i === null ? base : i32.add(i32.mul(i, stride), base));
    const [c, a, b] = [at(places.c, toC), at(places.a, toA), at(places.b, toB)];
    if (n > narrow) {
      const whole = shared("product", matmulFunctions);
      return call(whole, c, a, b, panels, height, n, k, rowA, alongA, alongB, columnB, 0);
    }
    const form = { rest: m % rows, n, k, rowA, alongA, alongB, columnB };
    return call(
      shared(JSON.stringify(form), (name) => [narrowProduct(name, form)]),
      ...[c, a, b, panels, height],
    );
  };
  if (count === 1) return [once(part?.from ?? null, part ? i32.sub(part.to, part.from) : m, 4 * n, rowA, 0)];
  const i = local("i32");
  const all = upTo(i, part?.to ?? count, 1, [once(i, m, 4 * m * n, strideA, strideB)]);
  return [i.set(part?.from ?? 0), all];
}

/** What the code of a narrow product depends on. */
interface Narrow extends Omit<Product, "m"> {
  /** How many rows there are beyond a multiple of four. */
  readonly rest: number;
}

/** C = A·B for up to eight columns: four rows of C at a time are in registers while the sum runs. */
function narrowProduct(name: string, { rest, n, k, rowA, alongA, alongB, columnB }: Narrow): Func {
  return func(name, ["i32", "i32", "i32", "i32", "i32"], null, ([c, a, b, scratch, height], local) => {
    const vectors = Math.ceil(n / 4);
    const [last, end, at, from] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const tile = registerTile(rows, vectors, local);
    const setUp: Code[] = [];
    let rowB = alongB;
    if (columnB !== 4) {
      // B's columns lie along the sum: as rows they can be read four at a time.
      rowB = 16 * vectors;
      const entries = Array.from({ length: n }, (_, j) =>
        store("f32.store", from, load("f32.load", i32.add(b, at), j * columnB), 4 * j),
      );
      const turn = [...entries, from.set(i32.add(from, rowB))];
      setUp.push(from.set(scratch), upTo(at, 4 * k, 4, turn), b.set(scratch));
    }
    const someRows = (count: number): Code[] => {
      const step = (l: number): Code[] => tile.step(count, at, from, rowA, l * alongA, l * rowB);
      const sum =
        k <= 4
          ? Array.from({ length: k }, (_, l) => step(l)).flat()
          : [end.set(i32.add(a, k * alongA)), upTo(at, end, alongA, [...step(0), from.set(i32.add(from, rowB))])];
      // A row's last store may reach into the next one's place, which is written after it.
      return [
        ...tile.each(count, (sum) => sum.set(0)),
        at.set(a),
        from.set(b),
        ...sum,
        ...tile.each(count, (sum, r, j) => store("v128.store", c, sum, 4 * n * r + 16 * j)),
        a.set(i32.add(a, count * rowA)),
      ];
    };
    return [
      ...setUp,
      last.set(i32.add(c, i32.mul(i32.and(height, -rows), 4 * n))),
      upTo(c, last, rows * 4 * n, someRows(rows)),
      ...(rest === 0 ? [] : [when(i32.and(height, rows - 1), someRows(rest))]),
    ];
  });
}
