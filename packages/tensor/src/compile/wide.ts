import {
  type Code,
  code,
  type Func,
  f32x4,
  f64x2,
  func,
  i32,
  i32x4,
  integers,
  type Local,
  lane,
  load,
  returning,
  shuffle,
  store,
  type Type,
  upTo,
  v128,
  withScalar,
} from "../backend/wasm/assembler.ts";
import { sizeOf } from "../shape.ts";
import { type Formula, formulaOf } from "./formulas.ts";
import { accumulator, check, loadFour, loadOne, storeFour, storeOne } from "./lanes.ts";
import type { Item, Loop, Place } from "./loop.ts";
import type { Ref, Value } from "./trace.ts";

/** Where a loop finds things: values, and the memory that it has for itself. */
export interface Addresses {
  of(value: Value): number;
  readonly scratch: number;
  /** Which of the loop's own values others need. */
  readonly kept: ReadonlySet<Value>;
}

const rowBytes = (columns: number): number => Math.ceil(columns / 4) * 16;

/** Full values that a later pass needs, or that are picked from: they must be in memory. */
function remembered({ items }: Loop): Set<Value> {
  const passes = new Map(items.map((item) => [item.op.out, item]));
  const found = new Set<Value>();
  for (const item of items) {
    for (const [k, { value }] of item.op.inputs.entries()) {
      const maker = passes.get(value);
      if (maker?.place !== "full" || item.operands[k] !== "full") continue;
      if (item.kind === "pick" || maker.pass < item.pass) found.add(value);
    }
  }
  return found;
}

/** Bytes of memory for a loop: a row of each value that a later pass needs, and the sums of columns. */
export function wideScratch(loop: Loop, kept: ReadonlySet<Value>): number {
  const rows = [...remembered(loop)].filter((value) => !kept.has(value)).length;
  const sums = loop.items.filter(({ kind }) => kind === "reduceRows").length;
  return (rows + 2 * sums) * rowBytes(loop.columns);
}

/**
 * A loop along rows, four columns at a time, as often as a row's reductions need: each pass over the columns computes
 * what is known by then. What there is one of for each row is in all lanes. The last turn of a row runs up to three
 * elements too far; the next row writes over them, and after the last one there is room.
 */
export function wide(name: string, loop: Loop, addresses: Addresses): Func {
  const { items, rows, columns } = loop;
  const checks = items.some(({ kind }) => kind === "pick" || kind === "lookup" || kind === "oneHot");
  const result: Type | null = checks ? "i32" : null;
  return func(name, [], result, (_, local) => {
    const [row, start, at] = [local("i32"), local("i32"), local("i32")]; // a number, and bytes
    const element = i32.add(start, at);
    const rowAt = i32.mul(row, 4);
    const before: Code[] = [];
    const after: Code[] = [];
    const passes = Array.from({ length: 2 + Math.max(...items.map(({ pass }) => pass)) }, () => ({
      /** What is done once for each row before the pass, and what for each four columns. */
      once: [] as Code[],
      turn: [] as Code[],
      columnIndex: null as Local | null,
      inside: null as Local | null,
    }));
    type Pass = (typeof passes)[number];
    const passAt = (k: number): Pass => passes[k] as Pass;

    const values = new Map<Value, Local>();
    const made = new Map<Value, Item>(items.map((item) => [item.op.out, item]));
    const inMemory = remembered(loop);
    let room = addresses.scratch;
    const reserve = (bytes: number): number => {
      room += bytes;
      return room - bytes;
    };
    /** Where a row of a value is while it is worked on: in its own place, or, if nobody else needs it, in a row of memory. */
    const rowOf = new Map<Value, number>();
    for (const value of inMemory) if (!addresses.kept.has(value)) rowOf.set(value, reserve(rowBytes(columns)));

    const loaded = new Map<string, Local>();
    const loadOnce = (key: string, into: Code[], value: Code): Local => {
      const known = loaded.get(key);
      if (known !== undefined) return known;
      const x = local("v128");
      loaded.set(key, x);
      into.push(x.set(value));
      return x;
    };
    /** The local that has an operand in a pass; it is loaded as seldom as its place allows. */
    const operand = ({ value, dtype }: Ref, place: Place, pass: number): Local => {
      const key = `${value.id} ${place}`;
      const maker = made.get(value);
      const base = rowOf.get(value);
      if (maker !== undefined && (place !== "full" || maker.pass === pass)) return values.get(value) as Local;
      const { turn } = passAt(pass);
      if (base !== undefined) return loadOnce(`${key} ${pass}`, turn, load("v128.load", at, base));
      const address = addresses.of(value);
      switch (place) {
        case "one":
          return loadOnce(key, before, loadOne(dtype, code("i32", 0), address));
        case "column":
          return loadOnce(key, passAt(0).once, loadOne(dtype, rowAt, address));
        case "row":
          return loadOnce(`${key} ${pass}`, turn, loadFour(dtype, at, address));
        case "full":
          return loadOnce(`${key} ${pass}`, turn, loadFour(dtype, element, address));
      }
    };
    const columnIndex = (pass: Pass): Local => {
      if (pass.columnIndex === null) {
        pass.columnIndex = local("v128");
        const first = withScalar("i32x4.splat", i32.shr_u(at, 2));
        pass.turn.push(pass.columnIndex.set(i32x4.add(first, integers(0, 1, 2, 3))));
      }
      return pass.columnIndex;
    };
    const inside = (pass: Pass): Local | null => {
      if (columns % 4 === 0) return null;
      if (pass.inside === null) {
        pass.inside = local("v128");
        pass.turn.push(pass.inside.set(i32x4.lt_s(columnIndex(pass), columns)));
      }
      return pass.inside;
    };

    for (const [k, item] of items.entries()) {
      const { op, kind, operands, pass } = item;
      const [current, { dtype }] = [passAt(pass), op.out.type];
      const into = item.place === "full" ? current.turn : current.once;
      const leave = returning(k + 1);
      const inputs = (): Local[] => op.inputs.map((ref, i) => operand(ref, operands[i] as Place, pass));
      const define = (x: Code): void => {
        const made = local("v128");
        into.push(made.set(x));
        values.set(op.out, made);
      };
      switch (kind) {
        case "lanewise":
          define((formulaOf(op) as Formula)(inputs(), local));
          break;
        case "oneHot": {
          const [index] = inputs() as [Local];
          current.once.push(check(index, columns, leave));
          define(v128.and(
            i32x4.eq(columnIndex(current), index),
            dtype === "float32" ? code("f32x4", 1) : code("i32x4", 1),
          ));
          break;
        }
        case "pick": {
          const [x, ref] = op.inputs as readonly [Ref, Ref];
          const index = operand(ref, "column", pass);
          current.once.push(check(index, columns, leave));
          const place = i32.shl(lane("i32x4.extract_lane", 0, index), 2);
          const own = rowOf.get(x.value);
          define(own === undefined
            ? load("v128.load32_splat", i32.add(start, place), addresses.of(x.value))
            : load("v128.load32_splat", place, own));
          break;
        }
        case "lookup": {
          const [list, ref] = op.inputs as readonly [Ref, Ref];
          const index = operand(ref, operands[1] as Place, pass);
          const limited = item.place === "full" ? inside(current) : null;
          const at = local("v128");
          into.push(at.set(limited === null ? index : v128.and(index, limited)), check(at, sizeOf(list.shape), leave));
          define(entries(at, addresses.of(list.value), item.place === "full"));
          break;
        }
        case "reduceRows": {
          // Sums in double precision, in memory: two floats of each vector, then the other two.
          const sums = reserve(2 * rowBytes(columns));
          const x = operand(op.inputs[0] as Ref, "full", pass);
          const twice = i32.mul(at, 2);
          const addTo = (part: Code, offset: number): Code =>
            store("v128.store", twice, f64x2.add(load("v128.load", twice, sums + offset), part), sums + offset);
          current.turn.push(
            addTo(f64x2.promote_low_f32x4(x), 0),
            addTo(f64x2.promote_low_f32x4(shuffle(x, x, 2, 3, 2, 3)), 16),
          );
          const zero = [0, 16].map((offset) => store("v128.store", twice, code("f64x2", 0), sums + offset));
          const half = (offset: number): Code => f32x4.demote_f64x2_zero(load("v128.load", twice, sums + offset));
          const four = shuffle(half(0), half(16), 0, 1, 4, 5);
          before.push(at.set(0), upTo(at, 4 * columns, 16, zero));
          after.push(at.set(0), upTo(at, 4 * columns, 16, [store("v128.store", at, four, addresses.of(op.out))]));
          break;
        }
        case "reduceColumns":
        case "reduceAll": {
          const sum = accumulator(item, local);
          const place = operands[0] as Place;
          const x = operand(op.inputs[0] as Ref, place, pass);
          const full = place === "full";
          const arg = op.primitive.name.startsWith("arg");
          const [mask, index] = [full ? inside(current) : null, arg ? columnIndex(current) : code("i32x4", 0)];
          (full ? current.turn : current.once).push(...sum.add(x, mask, index));
          const end = [...(full ? sum.fold : []), ...sum.finish];
          if (kind === "reduceAll") {
            before.push(...sum.reset);
            after.push(...end, storeOne(dtype, code("i32", 0), sum.result, addresses.of(op.out)));
          } else {
            current.once.push(...sum.reset);
            passAt(pass + 1).once.push(...end);
            values.set(op.out, sum.result);
          }
        }
      }
      const x = values.get(op.out);
      if (x === undefined) continue;
      const own = rowOf.get(op.out);
      if (own !== undefined) current.turn.push(store("v128.store", at, x, own));
      if (!addresses.kept.has(op.out)) continue;
      const address = addresses.of(op.out);
      if (item.place === "full") current.turn.push(storeFour(dtype, element, x, address));
      else (kind === "reduceColumns" ? passAt(pass + 1) : current).once.push(storeOne(dtype, rowAt, x, address));
    }

    const oneRow = passes.flatMap(({ once, turn }) =>
      turn.length === 0 ? once : [...once, at.set(0), upTo(at, 4 * columns, 16, turn)],
    );
    const next = rows === 1 ? [] : [start.set(i32.add(start, 4 * columns))];
    return [...before, upTo(row, rows, 1, [...oneRow, ...next]), ...after, ...(checks ? [code("i32", 0)] : [])];
  });
}

/** The entries of a list at four places, or at one that is in all lanes. */
function entries(index: Local, base: number, four: boolean): Code {
  const place = (i: number): Code => i32.shl(lane("i32x4.extract_lane", i, index), 2);
  let x = load("v128.load32_splat", place(0), base);
  if (four) for (let i = 1; i < 4; i++) x = lane("i32x4.replace_lane", i, x, load("i32.load", place(i), base));
  return x;
}
