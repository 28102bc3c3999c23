// Products of matrices in a program's memory: operands are read where they are, and nothing is copied but the panels.
import {
  type Code,
  code,
  type Func,
  f32x4,
  i32,
  type Local,
  type NewLocal,
  type Operand,
} from "../../backend/wasm/assembler/code.ts";
import { call, func, upTo, when } from "../../backend/wasm/assembler/control.ts";
import { load, store } from "../../backend/wasm/assembler/memory.ts";
import { kBlock, matmulFunctions, type Product, registerTile, rows } from "../../backend/wasm/matmul.ts";
import { packByTables } from "../../backend/wasm/pack.ts";
import { narrow, type Products } from "../schedule/products.ts";
import type { Axis } from "../schedule/strides.ts";
import type { Part } from "./threads.ts";

/** Where operands, their tables, result and scratch memory lie. */
interface Places {
  readonly c: number;
  readonly a: number;
  readonly b: number;
  readonly tableA: TableAddresses | null;
  readonly tableB: TableAddresses | null;
  readonly scratch: number;
}

/** Where an operand's tables lie. */
export interface TableAddresses {
  readonly along: number;
  readonly across: number;
}

/** Gives the first of the functions for a key, which are made once. */
export type Shared = (key: string, make: (name: string) => readonly [Func, ...Func[]]) => Func;

/** Code that computes products, or a part of them. */
export function productCode(
  { m, n, k, rowA, alongA, alongB, columnB, count, a, b }: Products,
  { tableA, tableB, ...places }: Places,
  shared: Shared,
  local: NewLocal,
  part?: Part,
): Code[] {
  const panels = part === undefined ? places.scratch : i32.add(part.room, places.scratch);
  const [startA, startB] = [places.a + 4 * a.offset, places.b + 4 * b.offset];
  /** One product: of the rows of A from `row` on, at addresses. */
  const once = (height: Operand, row: Code | null, toC: Operand, toA: Operand, toB: Operand): Code => {
    if (n > narrow) {
      const rowsOf = (table: number): Operand => (row === null ? table : i32.add(i32.mul(row, 4), table));
      const end = `${tableA === null ? "" : "A"}${tableB === null ? "" : "B"}`;
      const whole = shared(`product${end}`, () =>
        matmulFunctions({ a: tableA && packByTables, b: tableB && packByTables }, end),
      );
      const ofA = tableA === null ? [rowA, alongA] : [rowsOf(tableA.across), tableA.along];
      const ofB = tableB === null ? [alongB, columnB] : [tableB.along, tableB.across];
      return call(whole, toC, toA, toB, panels, height, n, k, ...ofA, ...ofB, 0);
    }
    const form = { rest: m % rows, n, k, rowA, alongA, alongB, columnB };
    return call(
      shared(JSON.stringify(form), (name) => [narrowProduct(name, form)]),
      ...[toC, toA, toB, panels, height],
    );
  };
  if (count === 1) {
    if (part === undefined) return [once(m, null, places.c, startA, startB)];
    const { from, to } = part;
    const firstA = tableA === null ? i32.add(i32.mul(from, rowA), startA) : startA;
    return [once(i32.sub(to, from), from, i32.add(i32.mul(from, 4 * n), places.c), firstA, startB)];
  }
  const i = local("i32");
  const toC = i32.add(i32.mul(i, 4 * m * n), places.c);
  const all = upTo(i, part?.to ?? count, 1, [
    once(m, null, toC, i32.add(bytesTo(i, a.batch), startA), i32.add(bytesTo(i, b.batch), startB)),
  ]);
  return [i.set(part?.from ?? 0), all];
}

/** The offset in bytes of the i-th entry along these axes. */
function bytesTo(i: Local, axes: readonly Axis[]): Code {
  let inner = 1;
  let sum = code("i32", 0);
  for (const [k, { size, stride }] of [...axes.entries()].reverse()) {
    const number = inner === 1 ? i : i32.div_u(i, inner);
    if (stride !== 0) sum = i32.add(sum, i32.mul(k === 0 ? number : i32.rem_u(number, size), 4 * stride));
    inner *= size;
  }
  return sum;
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
    const [stop, isLater] = [local("i32"), local("i32")];
    const tile = registerTile(rows, vectors, local);
    const setUp: Code[] = [];
    let rowB = alongB;
    if (columnB !== 4) {
      // The columns of B are not adjacent in memory: packed, four of them can be read at a time.
      rowB = 16 * vectors;
      const entries = Array.from({ length: n }, (_, j) =>
        store("f32.store", from, load("f32.load", i32.add(b, at), j * columnB), 4 * j),
      );
      const turn = [...entries, from.set(i32.add(from, rowB))];
      setUp.push(from.set(scratch), upTo(at, 4 * k, 4, turn), b.set(scratch));
    }
    const someRows = (count: number): Code[] => {
      const step = (l: number): Code[] => tile.step(count, at, from, rowA, l * alongA, l * rowB);
      const reset = tile.each(count, (sum) => sum.set(0));
      const next = [...step(0), from.set(i32.add(from, rowB))];
      const put = tile.each(count, (sum, r, j) => store("v128.store", c, sum, 4 * n * r + 16 * j));
      const sum =
        k <= 4
          ? Array.from({ length: k }, (_, l) => step(l)).flat()
          : [end.set(i32.add(a, k * alongA)), upTo(at, end, alongA, next)];
      // The last store of a row may write into the next row, which is written after it.
      const turn = (sums: readonly Code[]): Code[] => [
        at.set(a),
        from.set(b),
        ...sums,
        a.set(i32.add(a, count * rowA)),
      ];
      if (k <= kBlock) return turn([...reset, ...sum, ...put]);
      // Long sums are added up in blocks, as those of wide products are.
      const add = tile.each(count, (sum, r, j) => sum.set(f32x4.add(sum, load("v128.load", c, 4 * n * r + 16 * j))));
      const block = [
        ...reset,
        end.set(i32.add(at, kBlock * alongA)),
        when(i32.gt_u(end, stop), [end.set(stop)]),
        upTo(at, end, alongA, next),
        when(isLater, add),
        ...put,
        isLater.set(1),
      ];
      return turn([isLater.set(0), stop.set(i32.add(a, k * alongA)), upTo(at, stop, 0, block)]);
    };
    return [
      ...setUp,
      last.set(i32.add(c, i32.mul(i32.and(height, -rows), 4 * n))),
      upTo(c, last, rows * 4 * n, someRows(rows)),
      ...(rest === 0 ? [] : [when(i32.and(height, rows - 1), someRows(rest))]),
    ];
  });
}
