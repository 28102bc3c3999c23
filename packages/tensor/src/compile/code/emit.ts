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
  loadLane,
  returning,
  shuffle,
  store,
  storeLane,
  upTo,
  v128,
  when,
  withScalar,
} from "../../backend/wasm/assembler/code.ts";
import type { Accumulator } from "../../backend/wasm/reducers.ts";
import { select } from "../../backend/wasm/vectors.ts";
import type { Ref, Value } from "../graph.ts";
import { type Layout, remembered, rowBytes } from "../schedule/layout.ts";
import type { Item, Loop, Place } from "../schedule/loop.ts";
import { type Formula, formulaOf } from "./formulas.ts";
import { accumulator, check, loadFour, loadOne, storeFour, storeOne } from "./lanes.ts";

/** Where a loop finds things: values, and the memory that it has for itself. */
export interface Addresses {
  of(value: Value): number;
  readonly scratch: number;
  /** Which of the loop's own values others need. */
  readonly kept: ReadonlySet<Value>;
}

/** One pass over a row's columns: what is done once before it, and what for each four columns. */
interface Pass {
  readonly once: Code[];
  readonly turn: Code[];
  index: Local | null;
  inside: Local | null;
}

/**
 * A loop as a WebAssembly function; it gives 1 if an index is wrong, else 0.
 *
 * Long rows are taken one by one, four columns at a time, as often as their reductions need: each pass computes what is
 * known by then. What there is one of for each row is in all lanes. The last turn of a row runs up to three elements too
 * far; the next row writes over them, and after the last one there is room.
 *
 * Short rows are taken four at a time in a single pass, their columns one by one: a full value is a register for each
 * column, and a row's reductions are sums of registers. The last turn goes back to the fourth row from the end, and what
 * adds up over rows leaves out those that it has seen.
 *
 * With a split the function takes where to begin and end, and how far off its part's memory is.
 */
export function emitLoop(name: string, loop: Loop, addresses: Addresses, { short, split }: Layout): Func {
  const { items, rows, columns } = loop;
  const checks = items.some(({ kind }) => kind === "pick" || kind === "oneHot");
  return func(name, split === null ? [] : ["i32", "i32", "i32"], checks ? "i32" : null, (params, local) => {
    const [from, to, room] = params as readonly Local[];
    const [row, first, rowAt, start, at] = [0, 1, 2, 3, 4].map(() => local("i32")) as [
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const element = short ? start : i32.add(start, at);
    const none = code("i32", 0);
    const before: Code[] = [];
    const after: Code[] = [];
    const passes = Array.from({ length: short ? 1 : 2 + Math.max(...items.map(({ pass }) => pass)) }, (): Pass => {
      const turn: Code[] = [];
      return { once: short ? turn : [], turn, index: null, inside: null };
    });
    const passAt = (k: number): Pass => passes[short ? 0 : k] as Pass;
    /** Something for each register that a full value takes. */
    const each = <T>(f: (c: number) => T): T[] => Array.from({ length: short ? columns : 1 }, (_, c) => f(c));

    const makers = new Map(items.map((item) => [item.op.out, item]));
    const values = new Map<Value, readonly Local[]>();
    const loaded = new Map<string, readonly Local[]>();
    let taken = addresses.scratch;
    const reserve = (rows: number): number => {
      taken += rows * rowBytes(loop);
      return taken - rows * rowBytes(loop);
    };
    const inRoom = (at: Code): Code => (room === undefined ? at : i32.add(at, room));
    /** Where a row is kept for a later pass, if nobody else needs the value, so that it has no place of its own. */
    const rowOf = new Map<Value, number>();
    if (!short) for (const x of remembered(loop)) if (!addresses.kept.has(x)) rowOf.set(x, reserve(1));

    const set = (into: Code[], x: Code): Local => {
      const made = local("v128");
      into.push(made.set(x));
      return made;
    };
    const loadOnce = (key: string, into: Code[], loads: readonly Code[]): readonly Local[] => {
      const all = loaded.get(key) ?? loads.map((x) => set(into, x));
      loaded.set(key, all);
      return all;
    };
    /** The registers that have an operand in a pass; it is loaded as seldom as its place allows. */
    const operand = ({ value, dtype }: Ref, place: Place, pass: number): readonly Local[] => {
      const own = values.get(value);
      if (own !== undefined && (short || place !== "full" || makers.get(value)?.pass === pass)) return own;
      const [key, keyHere, { turn }] = [`${value.id} ${place}`, `${value.id} ${place} ${pass}`, passAt(pass)];
      const kept = rowOf.get(value);
      if (kept !== undefined) return loadOnce(keyHere, turn, [load("v128.load", inRoom(at), kept)]);
      const address = addresses.of(value);
      switch (place) {
        case "one":
          return loadOnce(key, before, [loadOne(dtype, none, address)]);
        case "column":
          return loadOnce(key, passAt(0).once, [(short ? loadFour : loadOne)(dtype, rowAt, address)]);
        case "row": {
          if (!short) return loadOnce(keyHere, turn, [loadFour(dtype, at, address)]);
          const size = dtype === "bool" ? 1 : 4;
          return loadOnce(
            key,
            before,
            each((c) => loadOne(dtype, none, address + size * c)),
          );
        }
        case "full": {
          if (!short || columns === 1) return loadOnce(keyHere, turn, [loadFour(dtype, element, address)]);
          return loadOnce(
            key,
            turn,
            each((c) => entries(element, address + 4 * c, 4 * columns)),
          );
        }
      }
    };

    /** Which columns the lanes are of. */
    const indexOf = (pass: Pass, c: number): Code => {
      if (short) return code("i32x4", c);
      const first = withScalar("i32x4.splat", i32.shr_u(at, 2));
      pass.index ??= set(pass.turn, i32x4.add(first, integers(0, 1, 2, 3)));
      return pass.index;
    };
    /** Which lanes are not beyond the row's end. */
    const insideOf = (pass: Pass): Local | null => {
      if (short || columns % 4 === 0) return null;
      pass.inside ??= set(pass.turn, i32x4.lt_s(indexOf(pass, 0), columns));
      return pass.inside;
    };
    /** Which rows no turn before had. */
    let fresh: Local | null = null;
    if (short) {
      passAt(0).turn.push(
        first.set(row),
        when(i32.gt_u(first, rows - 4), [first.set(rows - 4)]),
        start.set(i32.mul(first, 4 * columns)),
        rowAt.set(i32.mul(first, 4)),
      );
      const index = i32x4.add(withScalar("i32x4.splat", first), integers(0, 1, 2, 3));
      if (rows % 4 !== 0) fresh = set(passAt(0).turn, i32x4.ge_s(index, withScalar("i32x4.splat", row)));
    }

    for (const item of items) {
      const { op, kind, operands, place, pass } = item;
      const [here, { dtype }] = [passAt(pass), op.out.type];
      const leave = returning(1);
      const input = (i: number): readonly Local[] => operand(op.inputs[i] as Ref, operands[i] as Place, pass);
      const define = (f: (c: number) => Code): void => {
        const full = place === "full";
        const list = (full ? each((c) => c) : [0]).map((c) => set(full ? here.turn : here.once, f(c)));
        values.set(op.out, list);
      };
      switch (kind) {
        case "lanewise": {
          const inputs = op.inputs.map((_, i) => input(i));
          const formula = formulaOf(op) as Formula;
          const operands = (c: number): Local[] => inputs.map((list) => slot(list, c));
          define((c) => formula(operands(c), local));
          break;
        }
        case "oneHot": {
          const [index] = input(0) as [Local];
          here.once.push(check(index, columns, leave));
          const one = code(dtype === "float32" ? "f32x4" : "i32x4", 1);
          define((c) => v128.and(i32x4.eq(indexOf(here, c), index), one));
          break;
        }
        case "pick": {
          const [index] = input(1) as [Local];
          here.once.push(check(index, columns, leave));
          if (short) {
            const x = input(0);
            define(() =>
              x.reduce<Code>(
                (chosen, entry, c) => (c === 0 ? entry : select(i32x4.eq(index, c), entry, chosen)),
                none,
              ));
            break;
          }
          const { value } = op.inputs[0] as Ref;
          const place = i32.shl(lane("i32x4.extract_lane", 0, index), 2);
          const [offset, base] = rowOf.has(value)
            ? [inRoom(place), rowOf.get(value)]
            : [i32.add(start, place), addresses.of(value)];
          define(() => load("v128.load32_splat", offset, base));
          break;
        }
        case "reduceColumns": {
          const [sum, x] = [accumulator(item, local), input(0)];
          here.once.push(...sum.reset);
          here.turn.push(...each((c) => sum.add(slot(x, c), insideOf(here), indexOf(here, c))).flat());
          passAt(pass + 1).once.push(...(short ? [] : sum.fold), ...sum.finish);
          values.set(op.out, [sum.result]);
          break;
        }
        case "reduceAll":
        case "reduceRows": {
          const [x, address] = [input(0), addresses.of(op.out)];
          const apart = kind === "reduceRows";
          if (apart && !short) {
            sumColumns(x[0] as Local, here.turn, address);
            break;
          }
          const sums = apart ? each(() => accumulator(item, local)) : [accumulator(item, local)];
          const full = operands[0] === "full";
          const mask = short ? fresh : full ? insideOf(here) : null;
          for (const [c, entry] of x.entries())
            (full ? here.turn : here.once).push(...(sums[apart ? c : 0] as Accumulator).add(entry, mask, none));
          for (const [c, sum] of sums.entries()) {
            before.push(...sum.reset);
            const fold = short || full ? sum.fold : []; // else one number is in all lanes
            after.push(...fold, ...sum.finish, storeOne(dtype, none, sum.result, address + 4 * c));
          }
        }
      }
      keep(item);
    }

    /** Sums in double precision, in memory: of two floats of each vector, then of the other two. */
    function sumColumns(x: Local, turn: Code[], address: number): void {
      const [sums, twice] = [reserve(2), i32.mul(at, 2)];
      const halves = [f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(shuffle(x, x, 2, 3, 2, 3))];
      const sum = (h: number): Code => load("v128.load", twice, sums + 16 * h);
      const put = (h: number, value: Code): Code => store("v128.store", twice, value, sums + 16 * h);
      const overRow = (body: Code[]): Code[] => [at.set(0), upTo(at, 4 * columns, 16, body)];
      const four = shuffle(f32x4.demote_f64x2_zero(sum(0)), f32x4.demote_f64x2_zero(sum(1)), 0, 1, 4, 5);
      before.push(...overRow([0, 1].map((h) => put(h, code("f64x2", 0)))));
      turn.push(...halves.map((half, h) => put(h, f64x2.add(sum(h), half))));
      after.push(...overRow([store("v128.store", at, four, address)]));
    }

    /** Writes what others, or later passes, need to memory. */
    function keep({ op, kind, place, pass }: Item): void {
      const list = values.get(op.out) ?? [];
      const [x] = list;
      if (x === undefined) return;
      const { turn } = passAt(pass);
      const own = rowOf.get(op.out);
      if (own !== undefined) turn.push(store("v128.store", inRoom(at), x, own));
      if (!addresses.kept.has(op.out)) return;
      const [address, { dtype }] = [addresses.of(op.out), op.out.type];
      if (place !== "full") {
        const known = passAt(kind === "reduceColumns" ? pass + 1 : pass);
        known.once.push((short ? storeFour : storeOne)(dtype, rowAt, x, address));
      } else if (list.length === 1) turn.push(storeFour(dtype, element, x, address));
      else
        for (const [c, y] of list.entries())
          for (let i = 0; i < 4; i++) turn.push(storeLane(element, y, i, address + 4 * (c + i * columns)));
    }

    const [begin, end] = rows === 1 ? [from ?? 0, to ?? 4 * columns] : [0, 4 * columns];
    const oneTurn = short
      ? passAt(0).turn
      : passes.flatMap(({ once, turn }) =>
          turn.length === 0 ? once : [...once, at.set(begin), upTo(at, end, 16, turn)],
        );
    const head = short ? [] : [rowAt.set(i32.mul(row, 4)), start.set(i32.mul(row, 4 * columns))];
    const all =
      rows === 1 ? oneTurn : [row.set(from ?? 0), upTo(row, to ?? rows, short ? 4 : 1, [...head, ...oneTurn])];
    return [...before, ...all, ...after, ...(checks ? [none] : [])];
  });
}

const slot = (list: readonly Local[], c: number): Local => (list.length === 1 ? list[0] : list[c]) as Local;

/** Four numbers, `step` bytes apart. */
function entries(at: Code, base: number, step: number): Code {
  let x = load("v128.load32_splat", at, base);
  for (let i = 1; i < 4; i++) x = loadLane(at, x, i, base + i * step);
  return x;
}
