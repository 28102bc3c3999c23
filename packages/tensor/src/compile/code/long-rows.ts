// Loops over long rows: one row after the other, four columns at a time.
import type { Code, Local } from "../../backend/wasm/assembler/code.ts";
import {
  code,
  f32x4,
  f64x2,
  i32,
  i32x4,
  integers,
  lane,
  sequence,
  withScalar,
} from "../../backend/wasm/assembler/code.ts";
import { upTo, when } from "../../backend/wasm/assembler/control.ts";
import {
  type Address,
  addressCode,
  beyond,
  fill,
  load,
  loadLane,
  store,
  storeLane,
} from "../../backend/wasm/assembler/memory.ts";
import { demote, promoteHigh, promoteLow } from "../../backend/wasm/vectors.ts";
import { overlaps } from "../../index-map.ts";
import { sizeOf } from "../../shape.ts";
import type { Ref, Value } from "../graph.ts";
import { remembered, rowBytes, vector } from "../schedule/layout.ts";
import type { Item, Operand } from "../schedule/loop.ts";
import { elementBytes } from "../schedule/plan.ts";
import { type Axis, stridesOf } from "../schedule/strides.ts";
import { loadFour, loadOne, storeFour, storeOne } from "./lanes.ts";
import { RowsCode } from "./rows.ts";

/** One pass over a row's columns: what is done once before it, and for each four columns. */
interface Pass {
  readonly once: Code[];
  readonly turn: Code[];
  column?: Local;
  inside?: Local;
}

/**
 * There are as many passes over a row as its reductions need: each pass computes what is known by then. Per-row values are
 * splatted to all lanes. The last iteration of a row runs up to three elements too far; the next row overwrites them, and
 * behind the last row there is unused memory.
 */
export class LongRows extends RowsCode {
  protected readonly width = 1;
  protected readonly lanesAlongRow = true;
  readonly #at: Local = this.local("i32");
  readonly #row: Local = this.local("i32");
  /** Done first in each row. */
  readonly #head: Code[] = [];
  readonly #offsets = new Map<string, Local>();
  readonly #passes: readonly Pass[] = Array.from(
    { length: 2 + Math.max(...this.loop.items.map(({ pass }) => pass)) },
    () => ({ once: [], turn: [] }),
  );
  readonly #makers = new Map<Value, Item>(this.loop.items.map((item) => [item.op.out, item]));
  /** Where a row is kept for a later pass, if the value is needed only inside the loop and has no place of its own. */
  readonly #kept = new Map<Value, Address>(
    [...remembered(this.loop)]
      .filter((value) => !this.addresses.kept.has(value))
      .map((value) => [value, this.reserve(rowBytes(this.loop))]),
  );

  #pass = (k: number): Pass => this.#passes[k] as Pass;
  protected once(pass: number): Code[] {
    return this.#pass(pass).once;
  }
  protected turn(pass: number): Code[] {
    return this.#pass(pass).turn;
  }

  protected operand(ref: Ref, operand: Operand, pass: number): readonly Local[] {
    const { value, dtype } = ref;
    const own = this.values.get(value);
    const maker = this.#makers.get(value);
    if (own !== undefined && (maker?.place !== "element" || maker.pass === pass)) return own;
    const kept = this.#kept.get(value);
    const turn = this.turn(pass);
    if (own !== undefined) {
      const element = (): Code => loadFour(dtype, this.#element(), this.addresses.of(value));
      const register = (): Code => (kept === undefined ? element() : load("v128.load", this.inRoom(this.#at), kept));
      return this.loadOnce(`${value.id} ${pass}`, turn, () => [register()]);
    }
    const { rows, column, offset } = stridesOf(operand, this.loop);
    const start = beyond(this.addresses.of(value), offset * elementBytes[dtype]);
    const key = `${value.id} ${rows.map(({ size, stride }) => `${size}:${stride}`)} ${column} ${offset}`;
    if (column === 0) {
      const into = rows.length === 0 ? this.before : this.once(0);
      return this.loadOnce(key, into, () => [loadOne(dtype, this.#rowOffset(rows), start)]);
    }
    return this.loadOnce(`${key} ${pass}`, turn, () => [
      column === 1
        ? loadFour(dtype, this.#plus(rows, this.#at), start)
        : this.#entries(this.#plus(rows, i32.mul(this.#at, column)), start, column),
    ]);
  }

  /** Four elements that are `step` apart. */
  #entries(offset: Code, address: Address, step: number): Code {
    const [at, x] = [this.local("i32"), this.local("v128")];
    // A row may end before the fourth element, and the address of that one may lie beyond the end of memory.
    const guarded = (i: number, x: Code): Code =>
      this.loop.columns % 4 === 0 ? x : when(i32.lt_u(i32.add(this.#at, 4 * i), 4 * this.loop.columns), [x]);
    const entry = (i: number): Code =>
      guarded(i, x.set(step > 0 ? loadLane(at, x, i, 4 * i * step) : loadLane(i32.add(at, 4 * i * step), x, i)));
    const first = [at.set(i32.add(offset, addressCode(address))), x.set(load("v128.load32_splat", at))];
    return sequence(...first, entry(1), entry(2), entry(3), x);
  }

  /** How far the row is from the first one, in bytes. */
  #rowOffset(rows: readonly Axis[]): Code {
    if (rows.length === 0) return code("i32", 0);
    const key = rows.map(({ size, stride }) => `${size}:${stride}`).join();
    const known = this.#offsets.get(key) ?? this.local("i32");
    if (!this.#offsets.has(key)) {
      this.#offsets.set(key, known);
      let inner = 1;
      const terms: Code[] = [];
      for (const [i, { size, stride }] of [...rows.entries()].reverse()) {
        const number = inner === 1 ? this.#row : i32.div_u(this.#row, inner);
        const index = i === 0 ? number : i32.rem_u(number, size);
        if (stride !== 0) terms.push(i32.mul(stride < 0 ? i32.sub(size - 1, index) : index, 4 * Math.abs(stride)));
        inner *= size;
      }
      this.#head.push(known.set(terms.reduce((sum, term) => i32.add(sum, term))));
    }
    return known;
  }
  #plus = (rows: readonly Axis[], offset: Code): Code =>
    rows.length === 0 ? offset : i32.add(this.#rowOffset(rows), offset);
  /** Where the loop's own values are: elements, and values per row. */
  #element = (offset: Code = this.#at): Code => this.#plus(this.#natural(this.loop.columns), offset);
  #natural = (stride: number): Axis[] => (this.loop.rows === 1 ? [] : [{ size: this.loop.rows, stride }]);

  protected columnOf(pass: number): Code {
    const here = this.#pass(pass);
    const first = withScalar("i32x4.splat", i32.shr_u(this.#at, 2));
    here.column ??= this.set(here.turn, i32x4.add(first, integers(0, 1, 2, 3)));
    return here.column;
  }
  protected inRow(pass: number): Code | null {
    if (this.loop.columns % 4 === 0) return null;
    const here = this.#pass(pass);
    here.inside ??= this.set(here.turn, i32x4.lt_s(this.columnOf(pass), this.loop.columns));
    return here.inside;
  }
  protected inLoop(pass: number, of: Operand["of"]): Code | null {
    return of === "element" ? this.inRow(pass) : null;
  }

  protected pick({ op }: Item, index: Local): Code {
    const { value } = op.inputs[0] as Ref;
    const entry = i32.shl(lane("i32x4.extract_lane", 0, index), 2);
    const kept = this.#kept.get(value);
    return kept === undefined
      ? load("v128.load32_splat", this.#element(entry), this.addresses.of(value))
      : load("v128.load32_splat", this.inRoom(entry), kept);
  }

  /** In double precision, in memory: two floats of each vector, then the other two. */
  protected reduceEachColumn({ op, operands, pass }: Item): void {
    const { columns } = this.loop;
    const [x] = this.operand(op.inputs[0] as Ref, operands[0] as Operand, pass) as [Local];
    const [sums, address] = [this.reserve(2 * rowBytes(this.loop)), this.addresses.of(op.out)];
    const overRow = (at: Local, body: readonly Code[]): Code[] => [at.set(0), upTo(at, 4 * columns, vector, body)];
    const halves = [0, vector];
    const sumAt = (at: Code, half: number): Code => load("v128.load", at, beyond(sums, half));
    const put = (at: Code, half: number, value: Code): Code => store("v128.store", at, value, beyond(sums, half));
    const own = this.inRoom(i32.mul(this.#at, 2));
    const floats = [promoteLow(x), promoteHigh(x)];
    this.before.push(
      ...overRow(
        this.#at,
        halves.map((half) => put(own, half, code("f64x2", 0))),
      ),
    );
    this.turn(pass).push(...halves.map((half, i) => put(own, half, f64x2.add(sumAt(own, half), floats[i] as Code))));
    const finish = (at: Local): Code[] => {
      const [low, high] = halves.map((half) => sumAt(i32.mul(at, 2), half)) as [Code, Code];
      return overRow(at, [store("v128.store", at, demote(low, high), address)]);
    };
    if (this.part === undefined) {
      this.after.push(...finish(this.#at));
      return;
    }
    this.combineParts((local, room) => {
      // The sums of the other parts are added to the first part's.
      const at = local("i32");
      const [first, other] = [i32.mul(at, 2), i32.add(room, i32.mul(at, 2))];
      const add = halves.map((half) => put(first, half, f64x2.add(sumAt(first, half), sumAt(other, half))));
      return [[], [when(room, overRow(at, add))], finish(at)];
    });
  }

  protected put({ op, operands, targets = [], pass }: Item): void {
    const { shape, dtype } = op.out.type;
    const all = this.addresses.of(op.out);
    const adds = targets.some(({ map }) => overlaps(map));
    const isFilled = !adds && targets.length * this.loop.size === sizeOf(shape);
    if (!isFilled) this.before.push(fill(addressCode(all), 0, 4 * sizeOf(shape)));
    const [at, there] = [this.local("i32"), this.local("v128")];
    const rest = this.loop.columns % 4;
    const isWhole = i32.lt_u(i32.add(this.#at, vector - 1), 4 * this.loop.columns);
    for (const [k, target] of targets.entries()) {
      const [x] = this.operand(op.inputs[k] as Ref, operands[k] as Operand, pass) as [Local];
      const { rows, column, offset } = stridesOf(target, this.loop);
      const sum = (y: Code): Code => (dtype === "float32" ? f32x4 : i32x4).add(y, x);
      // One by one: elements that are not adjacent, and those of a row's last iteration, if fewer than four are left.
      const one = (i: number): Code => {
        const place = i32.add(at, 4 * i * column);
        const here = sequence(there.set(load("v128.load32_splat", place)), sum(there));
        return storeLane(place, adds ? here : x, i);
      };
      const ones = (count: number): Code[] => Array.from({ length: count }, (_, i) => one(i));
      const four = column === 1 ? [store("v128.store", at, adds ? sum(load("v128.load", at)) : x)] : ones(4);
      const first = addressCode(beyond(all, 4 * offset));
      this.turn(pass).push(
        at.set(i32.add(this.#plus(rows, i32.mul(this.#at, column)), first)),
        ...(rest === 0 ? four : [when(isWhole, four, ones(rest))]),
      );
    }
  }

  protected keep({ op, kind, place, pass }: Item, [x]: readonly Local[]): void {
    const kept = this.#kept.get(op.out);
    if (kept !== undefined) this.turn(pass).push(store("v128.store", this.inRoom(this.#at), x as Local, kept));
    if (!this.addresses.kept.has(op.out)) return;
    const [address, { dtype }] = [this.addresses.of(op.out), op.out.type];
    if (place === "element") {
      this.turn(pass).push(storeFour(dtype, this.#element(), x as Local, address));
    } else {
      const known = kind === "reduceEachRow" ? pass + 1 : pass;
      this.once(known).push(storeOne(dtype, this.#rowOffset(this.#natural(1)), x as Local, address));
    }
  }

  protected rows(): Code[] {
    const { rows, columns } = this.loop;
    const { from = 0, to } = this.part ?? {};
    const [begin, end] = rows === 1 ? [from, to ?? 4 * columns] : [0, 4 * columns];
    const oneRow = this.#passes.flatMap(({ once, turn }) =>
      turn.length === 0 ? once : [...once, this.#at.set(begin), upTo(this.#at, end, vector, turn)],
    );
    return rows === 1 ? oneRow : [this.#row.set(from), upTo(this.#row, to ?? rows, 1, [...this.#head, ...oneRow])];
  }
}
