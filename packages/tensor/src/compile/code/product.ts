import {
  type Code,
  call,
  code,
  type Func,
  f32x4,
  func,
  i32,
  type Local,
  load,
  type NewLocal,
  store,
  upTo,
} from "../../backend/wasm/assembler/code.ts";
import {
  columns,
  longSum,
  matmulFunctions,
  type Product,
  panelBytes,
  productOf,
  rows,
} from "../../backend/wasm/matmul.ts";
import { sizeOf } from "../../shape.ts";
import type { Op, Ref } from "../graph.ts";
import type { Split } from "../schedule/layout.ts";

// Products of matrices in a program's memory: operands are read where they are, and nothing is copied but the panels.

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

/** How a product can be cut into parts for threads: between the rows of a single large one. */
export const productSplit = ({ m, n, count }: Products): Split | null =>
  n > narrow && count === 1 ? { total: m, unit: rows } : null;

/** Makes the functions for products, those that serve all of them once. */
export class ProductEmitter {
  readonly funcs: Func[] = [];
  #whole: Func | undefined;

  /** Code that computes the product for operands and result at these addresses; a part of it, for a range of its rows. */
  emit(
    product: Products,
    name: string,
    { c, a, b, scratch }: { readonly c: number; readonly a: number; readonly b: number; readonly scratch: number },
    local: NewLocal,
    part?: Part,
  ): Code[] {
    const { m, n, k, rowA, alongA, alongB, columnB, count, strideA, strideB } = product;
    let once: (c: Code, a: Code, b: Code) => Code;
    if (n <= narrow) {
      const small = narrowProduct(name, product, scratch);
      this.funcs.push(small);
      once = (c, a, b) => call(small, c, a, b);
    } else {
      if (this.#whole === undefined) {
        const made = matmulFunctions();
        this.#whole = made[0];
        this.funcs.push(...made);
      }
      const whole = this.#whole;
      const panels = part === undefined ? scratch : i32.add(part.room, scratch);
      const height = part === undefined ? m : i32.sub(part.to, part.from);
      once = (c, a, b) => call(whole, c, a, b, panels, height, n, k, rowA, alongA, alongB, columnB, 0);
    }
    if (part !== undefined) {
      const { from } = part;
      return [once(i32.add(i32.mul(from, 4 * n), c), i32.add(i32.mul(from, rowA), a), code("i32", b))];
    }
    if (count === 1) return [once(code("i32", c), code("i32", a), code("i32", b))];
    const [i, toC, atA, atB] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const next = [toC.set(i32.add(toC, 4 * m * n)), atA.set(i32.add(atA, strideA)), atB.set(i32.add(atB, strideB))];
    return [i.set(0), toC.set(c), atA.set(a), atB.set(b), upTo(i, count, 1, [once(toC, atA, atB), ...next])];
  }
}

/** C = A·B for up to eight columns: four rows of C at a time are in registers while the sum runs. */
function narrowProduct(name: string, product: Product, scratch: number): Func {
  const { m, n, k, rowA, alongA, columnB } = product;
  return func(name, ["i32", "i32", "i32"], null, ([c, a, b], local) => {
    const vectors = Math.ceil(n / 4);
    const [i, end, at, from] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const sums = Array.from({ length: rows * vectors }, () => local("v128"));
    const bs = Array.from({ length: vectors }, () => local("v128"));
    const x = local("v128");
    const setUp: Code[] = [];
    let alongB = product.alongB;
    if (columnB !== 4) {
      // B's columns lie along the sum: as rows they can be read four at a time.
      alongB = 16 * vectors;
      const entries = Array.from({ length: n }, (_, j) =>
        store("f32.store", from, load("f32.load", i32.add(b, at), j * columnB), 4 * j),
      );
      const turn = [...entries, from.set(i32.add(from, alongB))];
      setUp.push(from.set(scratch), upTo(at, 4 * k, 4, turn), b.set(scratch));
    }
    const someRows = (height: number): Code[] => {
      const used = sums.slice(0, height * vectors);
      const step = (l: number): Code[] => [
        ...bs.map((v, j) => v.set(load("v128.load", from, l * alongB + 16 * j))),
        ...Array.from({ length: height }, (_, r) => [
          x.set(load("v128.load32_splat", at, r * rowA + l * alongA)),
          ...bs.map((v, j) => {
            const sum = used[r * vectors + j] as Local;
            return sum.set(f32x4.add(sum, f32x4.mul(x, v)));
          }),
        ]).flat(),
      ];
      const sum =
        k <= 4
          ? Array.from({ length: k }, (_, l) => step(l)).flat()
          : [end.set(i32.add(a, k * alongA)), upTo(at, end, alongA, [...step(0), from.set(i32.add(from, alongB))])];
      // A row's last store may reach into the next one's place, which is written after it.
      return [
        ...used.map((sum) => sum.set(0)),
        at.set(a),
        from.set(b),
        ...sum,
        ...used.map((sum, v) => store("v128.store", c, sum, Math.floor(v / vectors) * 4 * n + 16 * (v % vectors))),
        a.set(i32.add(a, height * rowA)),
        c.set(i32.add(c, height * 4 * n)),
      ];
    };
    const rest = m % rows;
    return [
      ...setUp,
      ...(m < rows ? [] : [upTo(i, m - rest, rows, someRows(rows))]),
      ...(rest === 0 ? [] : someRows(rest)),
    ];
  });
}
