// C = A·B in blocks that stay in the caches, after Goto & van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication" (2008): panels of A (`rows` high) and of B (`columns` wide) are copied into the order in which the
// innermost loop reads them. That copy also takes care of transposes, and pads with zeros, so the loop has no edges.
import type { Params } from "../../primitive.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { type Code, type Func, f32, f32x4, i32, type Local, type NewLocal } from "./assembler/code.ts";
import { call, func, upTo, when } from "./assembler/control.ts";
import { load, store } from "./assembler/memory.ts";
import { pack, type packByTables, packEdge } from "./pack.ts";
import { compiled, scratch, scratchLimit } from "./scratch.ts";

/** The size of the block of C that the inner loop keeps in registers. */
export const rows = 4;
export const columns = 8;
/** Block sizes: along the sum (a panel of A and one of B fit the L1 cache), and in rows of A (a block fits the L2). */
export const kBlock = 256;
const mBlock = 128;

/** A block of C in registers, up to `height` rows of `vectors` times four columns. */
export interface Tile {
  /** Adds to `count` rows: entries of A, `rowA` bytes apart, times a row of B. */
  step(count: number, a: Code, b: Code, rowA: number, offsetA?: number, offsetB?: number): Code[];
  /** Code for each vector of the first `count` rows: the j-th of row r. */
  each(count: number, visit: (sum: Local, r: number, j: number) => Code): Code[];
}
export function registerTile(height: number, vectors: number, local: NewLocal): Tile {
  const sums = Array.from({ length: height }, () => Array.from({ length: vectors }, () => local("v128")));
  const bs = Array.from({ length: vectors }, () => local("v128"));
  const x = local("v128");
  const each: Tile["each"] = (count, visit) =>
    sums.slice(0, count).flatMap((row, r) => row.map((sum, j) => visit(sum, r, j)));
  return {
    step: (count, a, b, rowA, offsetA = 0, offsetB = 0) => [
      ...bs.map((v, j) => v.set(load("v128.load", b, offsetB + 16 * j))),
      ...sums
        .slice(0, count)
        .flatMap((row, r) => [
          x.set(load("v128.load32_splat", a, offsetA + r * rowA)),
          ...row.map((sum, j) => sum.set(f32x4.add(sum, f32x4.mul(x, bs[j] as Local)))),
        ]),
    ],
    each,
  };
}

/** C[rows × columns] (+)= panel of A · panel of B: the loop that takes most of the time. */
function tile(name: string): Func {
  return func(name, ["i32", "i32", "i32", "i32", "i32", "i32"], null, ([a, b, c, k, stride, add], local) => {
    const { step, each } = registerTile(rows, columns / 4, local);
    const [end, at] = [local("i32"), local("i32")];
    const rowByRow = (visit: (sum: Local, offset: number) => Code): Code[] => [
      at.set(c),
      ...each(rows, (sum, _, j) => visit(sum, 16 * j)).flatMap((x, i) =>
        (i + 1) % (columns / 4) === 0 ? [x, at.set(i32.add(at, stride))] : [x],
      ),
    ];
    // One step of the sum in each iteration: with more, V8 runs out of registers, and the loop has 60% of its speed.
    return [
      end.set(i32.add(a, i32.mul(k, 4 * rows))),
      upTo(a, end, 4 * rows, [...step(rows, a, b, 4), b.set(i32.add(b, 4 * columns))]),
      when(
        add,
        rowByRow((sum, offset) => sum.set(f32x4.add(sum, load("v128.load", at, offset)))),
      ),
      ...rowByRow((sum, offset) => store("v128.store", at, sum, offset)),
    ];
  });
}

/** Adds a block's `height` × `width` numbers at `from` to C, or writes them there. */
function copyEdge(name: string): Func {
  return func(name, ["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
    const [c, from, height, width, stride, add] = params;
    const [i, j, x] = [local("i32"), local("i32"), local("f32")];
    const to = i32.add(c, i32.mul(j, 4));
    const entry = [
      x.set(load("f32.load", i32.add(from, i32.mul(j, 4)))),
      when(add, [x.set(f32.add(x, load("f32.load", to)))]),
      store("f32.store", to, x),
    ];
    const next = [c.set(i32.add(c, stride)), from.set(i32.add(from, 4 * columns))];
    return [upTo(i, height, 1, [j.set(0), upTo(j, width, 1, entry), ...next])];
  });
}

/** Packing by tables, for operands without strides. What else is a stride is then the address of a table of offsets. */
export interface ByTables {
  readonly a: typeof packByTables | null;
  readonly b: typeof packByTables | null;
}

/**
 * `product(c, a, b, panels, m, n, k, rowA, alongA, alongB, columnB, loose)`: the whole product, of matrices at
 * addresses, with strides in bytes. A tile at C's edge is computed at `panels`, and its part inside C is copied. Not so if
 * `loose`: it then writes beyond its row, which is allowed where C is one tile wide, since later rows overwrite that.
 */
function whole(
  name: string,
  { a: tableA, b: tableB }: ByTables,
  tile: Func,
  copyEdge: Func,
  packA: Func,
  packB: Func,
): Func {
  const six = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return func(name, [...six, ...six], null, (params, local) => {
    const [c, a, b, panels, m, n, k, rowA, alongA, alongB, columnB, loose] = params;
    const [l, i, j, p] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const [depth, some, height, width] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const [stride, corner, toA] = [local("i32"), local("i32"), local("i32")];
    const smaller = (x: Local, limit: Code, most: number): Code[] => [
      x.set(limit),
      when(i32.gt_u(x, most), [x.set(most)]),
    ];
    const toB = i32.add(panels, edgeBytes);
    const panelA = i32.add(toA, i32.mul(i32.mul(p, depth), 4));
    const panelB = i32.add(toB, i32.mul(i32.mul(j, depth), 4));
    const isEdge = i32.or(i32.lt_u(height, rows), i32.lt_u(width, columns));
    const add = i32.gt_u(l, 0);
    const entry = (table: Local, i: Local): Code => i32.add(table, i32.mul(i, 4));
    const oneTile = [
      corner.set(i32.add(c, i32.add(i32.mul(i32.add(i, p), stride), i32.mul(j, 4)))),
      ...smaller(height, i32.sub(some, p), rows),
      ...smaller(width, i32.sub(n, j), columns),
      when(
        i32.and(isEdge, i32.eqz(loose)),
        [
          call(tile, panelA, panelB, panels, depth, 4 * columns, 0),
          call(copyEdge, corner, panels, height, width, stride, add),
        ],
        [call(tile, panelA, panelB, corner, depth, stride, add)],
      ),
    ];
    const oneBlock = [
      ...smaller(some, i32.sub(m, i), mBlock),
      tableA
        ? call(packA, toA, a, some, depth, entry(rowA, i), entry(alongA, l))
        : call(packA, toA, i32.add(a, i32.add(i32.mul(i, rowA), i32.mul(l, alongA))), some, depth, rowA, alongA),
      j.set(0),
      upTo(j, n, columns, [p.set(0), upTo(p, some, rows, oneTile)]),
    ];
    return [
      stride.set(i32.mul(n, 4)),
      upTo(l, k, kBlock, [
        ...smaller(depth, i32.sub(k, l), kBlock),
        toA.set(i32.add(toB, i32.mul(i32.mul(depth, i32.and(i32.add(n, columns - 1), -columns)), 4))),
        tableB
          ? call(packB, toB, b, n, depth, columnB, entry(alongB, l))
          : call(packB, toB, i32.add(b, i32.mul(l, alongB)), n, depth, columnB, alongB),
        i.set(0),
        upTo(i, m, mBlock, oneBlock),
      ]),
    ];
  });
}

/** A product's functions, itself first; all their names end in `end`. */
export function matmulFunctions(tables: ByTables = { a: null, b: null }, end = ""): [product: Func, ...Func[]] {
  const [inner, edge, copy] = [tile(`tile${end}`), packEdge(`packEdge${end}`), copyEdge(`copyEdge${end}`)];
  const packA = tables.a?.(`packA${end}`, rows) ?? pack(`packA${end}`, rows, edge);
  const packB = tables.b?.(`packB${end}`, columns) ?? pack(`packB${end}`, columns, edge);
  return [whole(`product${end}`, tables, inner, copy, packA, packB), inner, edge, copy, packA, packB];
}

const ceil = (x: number, to: number): number => Math.ceil(x / to) * to;

/**
 * Bytes for a tile at the edge, a packed block of B and one of A, in this order. Packing may write three steps too far:
 * B's into the place of A's, which is packed later, and A's into the room for three steps at the end.
 */
export const panelBytes = (m: number, n: number, k: number): number =>
  edgeBytes + 4 * (Math.min(k, kBlock) * (ceil(n, columns) + Math.min(ceil(m, rows), mBlock)) + 3 * rows);
const edgeBytes = 4 * rows * columns;

const functions = compiled<"product">(() => matmulFunctions());

/** Sums longer than this are added up in parts, the parts in double precision: 10⁷ values keep six digits. */
export const longSum: number = 2 ** 14;

/** A product in flat data: sizes, and strides in bytes, from row to row of A, along the sum, from column to column of B. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly rowA: number;
  readonly alongA: number;
  readonly alongB: number;
  readonly columnB: number;
}

/** The product of two matrices of a batch. If all share one B, it is a single product, of all rows of A with it. */
export function productOf(a: Shape, b: Shape, out: Shape, { transposeA, transposeB }: Params): Product {
  const m = out[out.length - 2] as number;
  const n = out[out.length - 1] as number;
  const k = a[a.length - (transposeA ? 2 : 1)] as number;
  const tall = !transposeA && sizeOf(b) === k * n;
  return {
    m: tall ? sizeOf(out) / n : m,
    n,
    k,
    rowA: 4 * (transposeA ? 1 : k),
    alongA: 4 * (transposeA ? m : 1),
    alongB: 4 * (transposeB ? 1 : n),
    columnB: 4 * (transposeB ? k : 1),
  };
}

/** Whether the product fits the scratch memory. */
export const fits = ({ m, n, k }: Product): boolean => 4 * (m * k + k * n + (m + 4) * (n + 8)) < scratchLimit / 2;

/** out[to…] = A · B, for A at a[startA…] and B at b[startB…]. */
export function multiply(
  out: Float32Array,
  to: number,
  a: Float32Array,
  startA: number,
  b: Float32Array,
  startB: number,
  product: Product,
): void {
  const { m, n, k, rowA, alongA, alongB, columnB } = product;
  const run = functions().product;
  // The memory holds A, B, C with room for tiles that reach beyond it, then the panels.
  const loose = Number(n < columns && k <= kBlock);
  const atB = ceil(4 * m * k, 16);
  const atC = atB + ceil(4 * k * n, 16);
  const panels = atC + ceil(4 * (m + rows) * n + 4 * columns, 16);
  const { f32 } = scratch(panels + panelBytes(m, n, k));
  f32.set(a.length === m * k ? a : a.subarray(startA, startA + m * k));
  f32.set(b.length === k * n ? b : b.subarray(startB, startB + k * n), atB / 4);
  const result = f32.subarray(atC / 4, atC / 4 + m * n);
  const total = k > longSum ? new Float64Array(m * n) : null;
  for (let l = 0; l < k; l += longSum) {
    const some = Math.min(longSum, k - l);
    run(atC, l * alongA, atB + l * alongB, panels, m, n, some, rowA, alongA, alongB, columnB, loose);
    if (total !== null) for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (result[i] as number);
  }
  out.set(total ?? result, to);
}
