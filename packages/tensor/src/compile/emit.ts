import { type Code, code, type Func, func, type Local, load, store, upTo } from "../backend/wasm/assembler.ts";
import { type Formula, formulaOf } from "./formulas.ts";
import type { Step } from "./fuse.ts";
import { Loop } from "./loop.ts";
import { isNarrow, narrow } from "./narrow.ts";
import { scratchFor } from "./product.ts";
import type { Value } from "./trace.ts";
import { type Addresses, wide, wideScratch } from "./wide.ts";

/** Bytes of memory that a step needs while it runs. */
export function scratchOf({ code, writes }: Step): number {
  if (code === null) return 0;
  if (!(code instanceof Loop)) return scratchFor(code);
  const kept = new Set(writes);
  return code.isDouble || isNarrow(code, kept) ? 0 : wideScratch(code, kept);
}

/** A loop as a WebAssembly function, in the shape that suits it. It gives the number of an item whose index is wrong, or 0. */
export function emitLoop(name: string, loop: Loop, addresses: Addresses): Func {
  if (loop.isDouble) return pairs(name, loop, addresses);
  return (isNarrow(loop, addresses.kept) ? narrow : wide)(name, loop, addresses);
}

/** A loop over float64, two at a time. */
function pairs(name: string, { items, size }: Loop, { of, kept }: Addresses): Func {
  return func(name, [], null, (_, local) => {
    const at = local("i32");
    const before: Code[] = [];
    const turn: Code[] = [];
    const values = new Map<Value, Local>();
    for (const { op, operands } of items) {
      const inputs = op.inputs.map(({ value }, k) => {
        const known = values.get(value);
        if (known !== undefined) return known;
        const x = local("v128");
        values.set(value, x);
        if (operands[k] === "one") before.push(x.set(load("v128.load64_splat", code("i32", 0), of(value))));
        else turn.push(x.set(load("v128.load", at, of(value))));
        return x;
      });
      const result = local("v128");
      turn.push(result.set((formulaOf(op) as Formula)(inputs, local)));
      values.set(op.out, result);
      if (kept.has(op.out)) turn.push(store("v128.store", at, result, of(op.out)));
    }
    return [...before, upTo(at, 8 * size, 16, turn)];
  });
}
