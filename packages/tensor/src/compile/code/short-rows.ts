// Loops over short rows: four rows at a time, column by column.
import { type Code, code, i32, i32x4, integers, type Local, withScalar } from "../../backend/wasm/assembler/code.ts";
import { upTo, when } from "../../backend/wasm/assembler/control.ts";
import { type Address, beyond, load, loadLane, storeLane } from "../../backend/wasm/assembler/memory.ts";
import { select } from "../../backend/wasm/vectors.ts";
import { TendrilError } from "../../errors.ts";
import type { Ref } from "../graph.ts";
import type { Item, Operand } from "../schedule/loop.ts";
import { elementBytes } from "../schedule/plan.ts";
import { stridesOf } from "../schedule/strides.ts";
import { loadFour, loadOne, storeFour } from "./lanes.ts";
import { RowsCode } from "./rows.ts";

/**
 * There is one pass: a full value has a register for each column, and a row's reductions are sums of registers. The last
 * iteration starts at the fourth row from the end; sums over rows leave out the rows that were already counted.
 */
export class ShortRows extends RowsCode {
  protected readonly width: number = this.loop.columns;
  protected readonly lanesAlongRow = false;
  readonly #row: Local = this.local("i32");
  /** The first of the four rows, and where it begins, in bytes. */
  readonly #first: Local = this.local("i32");
  readonly #start: Local = this.local("i32");
  readonly #rowAt: Local = this.local("i32");
  readonly #turn: Code[] = [
    this.#first.set(this.#row),
    when(i32.gt_u(this.#first, this.loop.rows - 4), [this.#first.set(this.loop.rows - 4)]),
    this.#start.set(i32.mul(this.#first, 4 * this.width)),
    this.#rowAt.set(i32.mul(this.#first, 4)),
  ];
  /** A mask of the rows that no earlier iteration has counted. */
  readonly #fresh: Local | null = this.loop.rows % 4 === 0 ? null : this.set(this.#turn, this.#isFresh());

  #isFresh(): Code {
    const rows = i32x4.add(withScalar("i32x4.splat", this.#first), integers(0, 1, 2, 3));
    return i32x4.ge_s(rows, withScalar("i32x4.splat", this.#row));
  }
  protected once(): Code[] {
    return this.#turn;
  }
  protected turn(): Code[] {
    return this.#turn;
  }

  protected operand({ value, dtype }: Ref, operand: Operand): readonly Local[] {
    const own = this.values.get(value);
    if (own !== undefined) return own;
    const { rows, column, offset } = stridesOf(operand, this.loop);
    const row = rows[0]?.stride ?? 0;
    const bytes = elementBytes[dtype];
    const address = beyond(this.addresses.of(value), bytes * offset);
    const at = (c: number): Address => beyond(address, bytes * c * column);
    const count = column === 0 ? 1 : this.width;
    return this.loadOnce(`${value.id} ${row} ${column} ${offset}`, row === 0 ? this.before : this.#turn, () =>
      this.each((c) => {
        if (row === 0) return loadOne(dtype, code("i32", 0), at(c));
        return row === 1 ? loadFour(dtype, this.#rowAt, at(c)) : entries(i32.mul(this.#rowAt, row), at(c), 4 * row);
      }, count),
    );
  }

  protected columnOf(_: number, register: number): Code {
    return code("i32x4", register);
  }
  protected inRow(): Code | null {
    return null;
  }
  protected inLoop(): Code | null {
    return this.#fresh;
  }

  protected pick({ op, operands }: Item, index: Local): Code {
    const entries = this.operand(op.inputs[0] as Ref, operands[0] as Operand);
    return entries.reduce<Code>(
      (chosen, entry, c) => (c === 0 ? entry : select(i32x4.eq(index, c), entry, chosen)),
      index,
    );
  }

  protected reduceEachColumn({ op, operands }: Item): void {
    const address = this.addresses.of(op.out);
    for (const [c, x] of this.operand(op.inputs[0] as Ref, operands[0] as Operand).entries()) {
      const sum = this.accumulator(op);
      this.#turn.push(...sum.add(x, this.#fresh, code("i32", 0)));
      this.reduce(op, sum, beyond(address, 4 * c));
    }
  }

  protected put({ op }: Item): void {
    throw new TendrilError(`compile: ${op.primitive.name} is in a loop over short rows, which layOut does not do`);
  }

  protected keep({ op, place }: Item, registers: readonly Local[]): void {
    if (!this.addresses.kept.has(op.out)) return;
    const [address, { dtype }] = [this.addresses.of(op.out), op.out.type];
    const [x] = registers as readonly [Local];
    if (place !== "element") this.#turn.push(storeFour(dtype, this.#rowAt, x, address));
    else if (this.width === 1) this.#turn.push(storeFour(dtype, this.#start, x, address));
    else {
      for (const [c, x] of registers.entries())
        for (let i = 0; i < 4; i++)
          this.#turn.push(storeLane(this.#start, x, i, beyond(address, 4 * (c + i * this.width))));
    }
  }

  protected rows(): Code[] {
    const { from = 0, to = this.loop.rows } = this.part ?? {};
    return [this.#row.set(from), upTo(this.#row, to, 4, this.#turn)];
  }
}

/** Four numbers, `step` bytes apart. */
function entries(at: Code, base: Address, step: number): Code {
  let x = load("v128.load32_splat", at, base);
  for (let i = 1; i < 4; i++) x = loadLane(at, x, i, beyond(base, i * step));
  return x;
}
