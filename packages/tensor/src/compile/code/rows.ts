// The code of a loop, except for how it runs over its rows, which is in long-rows.ts and short-rows.ts.
import { type Code, code, i32, i32x4, type Local, type NewLocal, v128 } from "../../backend/wasm/assembler/code.ts";
import { returning, upTo } from "../../backend/wasm/assembler/control.ts";
import { type Address, beyond, load, store } from "../../backend/wasm/assembler/memory.ts";
import type { Accumulator } from "../../backend/wasm/reducers.ts";
import type { Op, Ref, Value } from "../graph.ts";
import { type Formula, formulaOf, reducerFor } from "../schedule/forms.ts";
import { type Layout, vector } from "../schedule/layout.ts";
import type { Item, Loop, Operand } from "../schedule/loop.ts";
import { check, storeOne } from "./lanes.ts";
import type { Part } from "./threads.ts";

/** Where a loop finds things: values, and the memory that it has for itself. */
export interface Addresses {
  of(value: Value): Address;
  readonly scratch: Address;
  /** The values of this loop that are used outside it. */
  readonly kept: ReadonlySet<Value>;
}

/** The code of a loop, emitted item by item. */
export abstract class RowsCode {
  /** Done once, before the first row and after the last one. */
  protected readonly before: Code[] = [];
  protected readonly after: Code[] = [];
  /** The registers that have each value computed in the loop. */
  protected readonly values: Map<Value, readonly Local[]> = new Map();
  readonly #loaded = new Map<string, readonly Local[]>();
  readonly #combiners: ((local: NewLocal) => Code[])[] = [];
  #taken = 0;

  constructor(
    protected readonly loop: Loop,
    protected readonly addresses: Addresses,
    protected readonly layout: Layout,
    protected readonly local: NewLocal,
    protected readonly part: Part | undefined,
  ) {}

  /** How many registers an element's place takes: columns that are worked on at once. */
  protected abstract readonly width: number;
  /** Code for a pass: once for each row before it, and in each turn, for each four elements. */
  protected abstract once(pass: number): Code[];
  protected abstract turn(pass: number): Code[];
  /** The registers that have an operand in a pass. */
  protected abstract operand(ref: Ref, operand: Operand, pass: number): readonly Local[];
  /** Which column the lanes of a register are of. */
  protected abstract columnOf(pass: number, register: number): Code;
  /** Masks of the lanes that are in the row, and of those that are in the loop; `null` for all. */
  protected abstract inRow(pass: number): Code | null;
  protected abstract inLoop(pass: number, place: Operand["of"]): Code | null;
  /** Whether a register's lanes are four columns of one row, or one column of four rows. */
  protected abstract readonly lanesAlongRow: boolean;
  /** The entry of a row that an index names. */
  protected abstract pick(item: Item, index: Local): Code;
  protected abstract reduceEachColumn(item: Item): void;
  /** Puts elements to where a map says, or adds them there. */
  protected abstract put(item: Item): void;
  /** Writes what others, or later passes, need to memory. */
  protected abstract keep(item: Item, registers: readonly Local[]): void;
  /** All rows, or those of the range. */
  protected abstract rows(): Code[];

  /** The whole: what is done before, the rows, and what is done after. */
  write(): Code[] {
    for (const item of this.loop.items) this.#item(item);
    return [...this.before, ...this.rows(), ...this.after];
  }

  /** Combines the parts' results into one. */
  combine(local: NewLocal): Code[] {
    return this.#combiners.flatMap((combiner) => combiner(local));
  }

  #item(item: Item): void {
    const { op, kind, operands, place, pass } = item;
    const input = (k: number): readonly Local[] => this.operand(op.inputs[k] as Ref, operands[k] as Operand, pass);
    const define = (f: (register: number) => Code): void => {
      const into = place === "element" ? this.turn(pass) : this.once(pass);
      const count = place === "element" ? this.width : 1;
      this.values.set(
        op.out,
        this.each((c) => this.set(into, f(c)), count),
      );
    };
    switch (kind) {
      case "elementwise": {
        const inputs = op.inputs.map((_, k) => input(k));
        const formula = formulaOf(op) as Formula;
        define((c) =>
          formula(
            inputs.map((list) => slot(list, c)),
            this.local,
          ));
        break;
      }
      case "oneHot": {
        const index = this.#checked(input(0), pass);
        const one = code(op.out.type.dtype === "float32" ? "f32x4" : "i32x4", 1);
        define((c) => v128.and(i32x4.eq(this.columnOf(pass, c), index), one));
        break;
      }
      case "pick": {
        const index = this.#checked(input(1), pass);
        define(() => this.pick(item, index));
        break;
      }
      case "reduceEachRow": {
        const [sum, x] = [this.accumulator(op), input(0)];
        this.once(pass).push(...sum.reset);
        for (let c = 0; c < this.width; c++)
          this.turn(pass).push(...sum.add(slot(x, c), this.inRow(pass), this.columnOf(pass, c)));
        this.once(pass + 1).push(...(this.lanesAlongRow ? sum.fold : []), ...sum.finish);
        this.values.set(op.out, [sum.result]);
        break;
      }
      case "reduceEachColumn":
        this.reduceEachColumn(item);
        break;
      case "put":
        this.put(item);
        break;
      case "reduceAll": {
        const [sum, { of }] = [this.accumulator(op), operands[0] as Operand];
        const into = of === "element" ? this.turn(pass) : this.once(pass);
        for (const x of input(0)) into.push(...sum.add(x, this.inLoop(pass, of), code("i32", 0)));
        // In loops over long rows, per-row values are splatted to all lanes.
        const fold = of === "element" || !this.lanesAlongRow ? sum.fold : [];
        this.reduce(op, sum, this.addresses.of(op.out), fold);
      }
    }
    const registers = this.values.get(op.out);
    if (registers !== undefined) this.keep(item, registers);
  }

  /** A row's index, which must be one of a column. */
  #checked([index]: readonly Local[], pass: number): Local {
    this.once(pass).push(check(index as Local, this.loop.columns, returning(1)));
    return index as Local;
  }

  protected accumulator(op: Op, local: NewLocal = this.local): Accumulator {
    return (reducerFor(op) as NonNullable<ReturnType<typeof reducerFor>>).make(local);
  }

  /** Makes a reduction over rows one number at `address`; where the loop is cut, of all parts' numbers, in their order. */
  protected reduce(op: Op, sum: Accumulator, address: Address, fold: readonly Code[] = sum.fold): void {
    const none = code("i32", 0);
    const end = ({ finish, result }: Accumulator): Code[] => [
      ...finish,
      storeOne(op.out.type.dtype, none, result, address),
    ];
    this.before.push(...sum.reset);
    this.after.push(...fold);
    if (this.part === undefined) {
      this.after.push(...end(sum));
      return;
    }
    const saved = this.reserve(vector * sum.state.length);
    const at = this.inRoom(none);
    this.after.push(...sum.state.map((x, i) => store("v128.store", at, x, beyond(saved, vector * i))));
    this.combineParts((local, room) => {
      const total = this.accumulator(op, local);
      const merged = total.merge?.((i) => load("v128.load", room, beyond(saved, vector * i)));
      return [total.reset, merged ?? [], end(total)];
    });
  }

  /** Adds code that runs when all parts are done: before them, for each part's room, and after them. */
  protected combineParts(
    parts: (local: NewLocal, room: Local) => [readonly Code[], readonly Code[], readonly Code[]],
  ): void {
    this.#combiners.push((local) => {
      const room = local("i32");
      const [before, each, after] = parts(local, room);
      const { scratch, parts: count } = this.layout;
      return [...before, room.set(0), upTo(room, scratch * count, scratch, each), ...after];
    });
  }

  protected each<T>(f: (register: number) => T, count: number = this.width): T[] {
    return Array.from({ length: count }, (_, c) => f(c));
  }
  /** A new register with this. */
  protected set(into: Code[], x: Code): Local {
    const made = this.local("v128");
    into.push(made.set(x));
    return made;
  }
  protected loadOnce(key: string, into: Code[], loads: () => readonly Code[]): readonly Local[] {
    const all = this.#loaded.get(key) ?? loads().map((x) => this.set(into, x));
    this.#loaded.set(key, all);
    return all;
  }
  /** Memory of the loop's own, in each part. */
  protected reserve(bytes: number): Address {
    this.#taken += bytes;
    return beyond(this.addresses.scratch, this.#taken - bytes);
  }
  /** An offset into memory of the loop's own, in this part. */
  protected inRoom(offset: Code): Code {
    return this.part === undefined ? offset : i32.add(offset, this.part.room);
  }
}

/** A value that is the same for all columns has one register. */
const slot = (list: readonly Local[], c: number): Local => (list.length === 1 ? list[0] : list[c]) as Local;
