// Loads and stores of four elements, or of one, for loops over long rows and over short rows.
// `at` is always the byte offset for 32-bit elements; a bool, which is one byte, is at a quarter of it.
import { type Code, convert, i32, i32x4, lane, v128, withScalar } from "../../backend/wasm/assembler/code.ts";
import { when } from "../../backend/wasm/assembler/control.ts";
import { type Address, addressCode, load, store } from "../../backend/wasm/assembler/memory.ts";
import { bytes, mask } from "../../backend/wasm/vectors.ts";
import type { DType } from "../../dtype.ts";

const quarter = (at: Code): Code => i32.shr_u(at, 2);

/** The four elements from `at` on of a value at `base`. */
export const loadFour = (dtype: DType, at: Code, base: Address): Code =>
  dtype === "bool" ? mask(i32.add(quarter(at), addressCode(base))) : load("v128.load", at, base);

/** The element at `at`, in all lanes. */
export function loadOne(dtype: DType, at: Code, base: Address): Code {
  if (dtype === "bool") return i32x4.ne(withScalar("i32x4.splat", load("i32.load8_u", quarter(at), base)), 0);
  if (dtype !== "float64") return load("v128.load32_splat", at, base);
  return withScalar("f32x4.splat", convert("f32.demote_f64", load("f64.load", at, base)));
}

export const storeFour = (dtype: DType, at: Code, x: Code, base: Address): Code =>
  dtype === "bool" ? store("i32.store", quarter(at), bytes(x), base) : store("v128.store", at, x, base);

/** Stores the first lane only. */
export function storeOne(dtype: DType, at: Code, x: Code, base: Address): Code {
  const first = lane("i32x4.extract_lane", 0, x);
  return dtype === "bool"
    ? store("i32.store8", quarter(at), i32.and(first, 1), base)
    : store("i32.store", at, first, base);
}

/** Runs `leave` if an index is not below `limit`; compared as unsigned, a negative index is very large. */
export const check = (index: Code, limit: number, leave: Code): Code =>
  when(v128.any_true(i32x4.ge_u(index, limit)), [leave]);
