import {
  type Code,
  code,
  type Func,
  func,
  i32,
  i32x4,
  integers,
  type Local,
  lane,
  load,
  loadLane,
  returning,
  storeLane,
  upTo,
  v128,
  when,
  withScalar,
} from "../backend/wasm/assembler.ts";
import { select } from "../backend/wasm/math.ts";
import { sizeOf } from "../shape.ts";
import { type Formula, formulaOf } from "./formulas.ts";
import { type Accumulator, accumulator, check, loadFour, loadOne, storeFour, storeOne } from "./lanes.ts";
import type { Item, Loop, Place } from "./loop.ts";
import type { Ref, Value } from "./trace.ts";
import type { Addresses } from "./wide.ts";

/** Rows up to this long are worked on four at a time, their columns one by one. */
const most = 8;

/** Whether a loop's rows are so short that lanes are better spent on several of them. */
export const isNarrow = ({ items, rows, columns }: Loop, kept: ReadonlySet<Value>): boolean =>
  rows >= 4 &&
  columns <= most &&
  items.every(({ op, operands, place }) => {
    // Bytes are not moved one by one.
    if (place === "full" && op.out.type.dtype === "bool" && kept.has(op.out)) return false;
    return op.inputs.every(
      (x, k) => x.dtype !== "bool" || operands[k] !== "full" || items.some((i) => i.op.out === x.value),
    );
  });

/**
 * A loop over rows of a few columns, four rows at a time: a full value is a register for each column, so that a row's
 * reductions are sums of registers. The last turn goes back to the fourth row from the end, and what adds up over rows
 * leaves out those that it has seen.
 */
export function narrow(name: string, loop: Loop, addresses: Addresses): Func {
  const { items, rows, columns } = loop;
  const checks = items.some(({ kind }) => kind === "pick" || kind === "lookup" || kind === "oneHot");
  const each = <T>(f: (c: number) => T): T[] => Array.from({ length: columns }, (_, c) => f(c));
  return func(name, [], checks ? "i32" : null, (_, local) => {
    const [row, first, element, rowAt] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const before: Code[] = [];
    const turn: Code[] = [
      first.set(row),
      ...(rows % 4 === 0 ? [] : [when(i32.gt_u(first, rows - 4), [first.set(rows - 4)])]),
      element.set(i32.mul(first, 4 * columns)),
      rowAt.set(i32.mul(first, 4)),
    ];
    const after: Code[] = [];
    let fresh: Local | null = null;
    if (rows % 4 !== 0) {
      // The rows that no turn before had.
      fresh = local("v128");
      const index = i32x4.add(withScalar("i32x4.splat", first), integers(0, 1, 2, 3));
      turn.push(fresh.set(i32x4.ge_s(index, withScalar("i32x4.splat", row))));
    }

    const values = new Map<Value, readonly Local[]>();
    const loaded = new Map<string, readonly Local[]>();
    const loadOnce = (key: string, into: Code[], loads: readonly Code[]): readonly Local[] => {
      const known = loaded.get(key);
      if (known !== undefined) return known;
      const made = loads.map((x) => {
        const four = local("v128");
        into.push(four.set(x));
        return four;
      });
      loaded.set(key, made);
      return made;
    };
    /** The local that has an operand's entries in a column of four rows. */
    const operand = ({ value, dtype }: Ref, place: Place): ((c: number) => Local) => {
      const address = (): number => addresses.of(value);
      const key = `${value.id} ${place}`;
      let all = values.get(value) ?? loaded.get(key);
      if (all === undefined) {
        const none = code("i32", 0);
        if (place === "one") all = loadOnce(key, before, [loadOne(dtype, none, address())]);
        else if (place === "column") all = loadOnce(key, turn, [loadFour(dtype, rowAt, address())]);
        else if (place === "row")
          all = loadOnce(
            key,
            before,
            each((c) => loadOne(dtype, none, address() + (dtype === "bool" ? c : 4 * c))),
          );
        else
          all = loadOnce(
            key,
            turn,
            each((c) => column(element, c, columns, address())),
          );
      }
      const list = all;
      return (c) => (list.length === 1 ? list[0] : list[c]) as Local;
    };
    const define = (item: Item, f: (c: number) => Code): void => {
      const list = (item.place === "full" ? each((c) => c) : [0]).map((c) => {
        const made = local("v128");
        turn.push(made.set(f(c)));
        return made;
      });
      values.set(item.op.out, list);
    };

    for (const [k, item] of items.entries()) {
      const { op, kind, operands, place } = item;
      const { dtype } = op.out.type;
      const inputs = op.inputs.map((ref, i) => operand(ref, operands[i] as Place));
      const at = (i: number, c = 0): Local => (inputs[i] as (c: number) => Local)(c);
      const leave = returning(k + 1);
      switch (kind) {
        case "lanewise":
          define(item, (c) =>
            (formulaOf(op) as Formula)(
              inputs.map((input) => input(c)),
              local,
            ),
          );
          break;
        case "oneHot":
          turn.push(check(at(0), columns, leave));
          define(item, (c) => v128.and(i32x4.eq(at(0), c), dtype === "float32" ? code("f32x4", 1) : code("i32x4", 1)));
          break;
        case "pick": {
          turn.push(check(at(1), columns, leave));
          let chosen: Code = at(0);
          for (let c = 1; c < columns; c++) chosen = select(i32x4.eq(at(1), c), at(0, c), chosen);
          define(item, () => chosen);
          break;
        }
        case "lookup": {
          const list = op.inputs[0] as Ref;
          for (const c of place === "full" ? each((c) => c) : [0])
            turn.push(check(at(1, c), sizeOf(list.shape), leave));
          define(item, (c) => {
            const entry = (i: number): Code => i32.shl(lane("i32x4.extract_lane", i, at(1, c)), 2);
            let x = load("v128.load32_splat", entry(0), addresses.of(list.value));
            for (let i = 1; i < 4; i++) x = loadLane(entry(i), x, i, addresses.of(list.value));
            return x;
          });
          break;
        }
        case "reduceColumns": {
          const sum = accumulator(item, local);
          turn.push(...sum.reset, ...each((c) => sum.add(at(0, c), null, code("i32x4", c))).flat(), ...sum.finish);
          values.set(op.out, [sum.result]);
          break;
        }
        case "reduceRows":
        case "reduceAll": {
          const apart = kind === "reduceRows";
          const sums = apart ? each(() => accumulator(item, local)) : [accumulator(item, local)];
          const from = operands[0] === "full" ? each((c) => c) : [0];
          for (const c of from) {
            const sum = sums[apart ? c : 0] as Accumulator;
            turn.push(...sum.add(at(0, c), fresh, code("i32x4", 0)));
          }
          for (const [c, sum] of sums.entries()) {
            before.push(...sum.reset);
            const to = addresses.of(op.out) + 4 * c;
            after.push(...sum.fold, ...sum.finish, storeOne(dtype, code("i32", 0), sum.result, to));
          }
        }
      }
      const results = values.get(op.out);
      if (results === undefined || !addresses.kept.has(op.out)) continue;
      const address = addresses.of(op.out);
      if (place !== "full" || columns === 1) turn.push(storeFour(dtype, rowAt, results[0] as Local, address));
      else
        for (const [c, x] of results.entries())
          for (let i = 0; i < 4; i++) turn.push(storeLane(element, x, i, address + 4 * (c + i * columns)));
    }
    return [...before, upTo(row, rows, 4, turn), ...after, ...(checks ? [code("i32", 0)] : [])];
  });
}

/** Entry `c` of four rows. */
function column(element: Code, c: number, columns: number, address: number): Code {
  if (columns === 1) return load("v128.load", element, address);
  let x = load("v128.load32_splat", element, address + 4 * c);
  for (let i = 1; i < 4; i++) x = loadLane(element, x, i, address + 4 * (c + i * columns));
  return x;
}
