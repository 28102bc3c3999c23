// A loop as WebAssembly functions.
import { code, type Func, func } from "../../backend/wasm/assembler/code.ts";
import type { Layout } from "../schedule/layout.ts";
import type { Loop } from "../schedule/loop.ts";
import { LongRows } from "./long-rows.ts";
import type { Addresses, Range, RowsCode } from "./rows.ts";
import { ShortRows } from "./short-rows.ts";

/** A loop's functions. */
export interface LoopFunctions {
  /**
   * Runs the loop; gives 1 if an index is wrong, else 0, where there are indices. If the loop is cut it takes where a
   * part begins and ends, and how far off that part's memory is.
   */
  readonly run: Func;
  /** Makes one result of the parts' results, where a cut loop adds up over rows. */
  readonly combine: Func | null;
}

export function emitLoop(name: string, loop: Loop, addresses: Addresses, layout: Layout): LoopFunctions {
  const checks = loop.items.some(({ kind }) => kind === "pick" || kind === "oneHot");
  const Rows = layout.short ? ShortRows : LongRows;
  let rows: RowsCode | undefined;
  const params = layout.split === null ? [] : (["i32", "i32", "i32"] as const);
  const run = func(name, params, checks ? "i32" : null, ([from, to, room], local) => {
    const range = from && to && room ? ({ from, to, room } satisfies Range) : undefined;
    rows = new Rows(loop, addresses, layout, local, range);
    return [...rows.write(), ...(checks ? [code("i32", 0)] : [])];
  });
  const combine = func(`${name}Combine`, [], null, (_, local) => rows?.combine(local) ?? []);
  return { run, combine: combine.body.length === 0 ? null : combine };
}
