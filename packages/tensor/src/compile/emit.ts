import {
  type Code,
  convert,
  type Func,
  func,
  i32,
  type Local,
  load,
  type NewLocal,
  store,
  upTo,
  withScalar,
} from "../backend/wasm/assembler.ts";
import { bytes, type Lanewise, lanewiseFor, mask } from "../backend/wasm/elementwise.ts";
import { sizeOf } from "../shape.ts";
import { operandForm, type Step } from "./fuse.ts";
import type { Op, Ref, Value } from "./trace.ts";

/**
 * A fused step as a WebAssembly function: rows of columns, four elements at a time. The last turn of a row runs up to
 * three elements too far; the next row writes over them, and after the last one there is room.
 */
export function emitLoop(
  name: string,
  { ops, rows, columns, writes }: Step,
  addressOf: (value: Value) => number,
): Func {
  return func(name, [], null, (_, local) => {
    const [row, start, at] = [local("i32"), local("i32"), local("i32")]; // in rows, and in bytes of float32
    const element = i32.add(start, at);
    const results = new Map<Value, Local>();
    const before: Code[] = [];
    const perRow: Code[] = [];
    const turn: Code[] = [];
    const operands = new Map<string, Local>();

    /** The local that holds four elements of an operand; loaded as seldom as its form allows. */
    const operand = (ref: Ref, op: Op): Local => {
      const own = results.get(ref.value);
      if (own !== undefined) return own;
      const form = operandForm(ref, op.out);
      const full = sizeOf(ref.shape) === sizeOf(op.out.type.shape) && ref.dtype !== "float64";
      const kind = full ? "full" : sizeOf(ref.shape) === 1 ? "one" : form?.period ? "row" : "column";
      const key = `${ref.value.id} ${kind}`;
      const known = operands.get(key);
      if (known !== undefined) return known;
      const into = local("v128");
      operands.set(key, into);
      const address = addressOf(ref.value);
      const load4 = into.set(loadAs(kind, ref, address, { row, at, element }));
      (kind === "one" ? before : kind === "column" ? perRow : turn).push(load4);
      return into;
    };

    for (const op of ops) {
      const inputs = op.inputs.map((ref) => operand(ref, op));
      const result = local("v128");
      turn.push(result.set(formula(op, inputs, local)));
      results.set(op.out, result);
    }
    for (const value of writes) {
      const result = results.get(value) as Local;
      const address = addressOf(value);
      const put =
        value.type.dtype === "bool"
          ? store("i32.store", i32.shr_u(element, 2), bytes(result), address)
          : store("v128.store", element, result, address);
      turn.push(put);
    }
    const oneRow = [...perRow, at.set(0), upTo(at, 4 * columns, 16, turn), start.set(i32.add(start, 4 * columns))];
    return [...before, upTo(row, rows, 1, oneRow)];
  });
}

const formula = ({ primitive, inputs }: Op, operands: readonly Local[], local: NewLocal): Code =>
  (lanewiseFor(primitive.name, inputs) as Lanewise).formula(operands, local);

type Kind = "full" | "one" | "row" | "column";

function loadAs(kind: Kind, { dtype }: Ref, address: number, at: { row: Code; at: Code; element: Code }): Code {
  switch (kind) {
    case "full":
      return dtype === "bool"
        ? mask(i32.add(i32.shr_u(at.element, 2), address))
        : load("v128.load", at.element, address);
    case "row":
      return load("v128.load", at.at, address);
    case "column":
      return load("v128.load32_splat", i32.mul(at.row, 4), address);
    case "one":
      return dtype === "float64"
        ? withScalar("f32x4.splat", convert("f32.demote_f64", load("f64.load", 0, address)))
        : load("v128.load32_splat", 0, address);
  }
}
