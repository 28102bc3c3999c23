// Chooses the kernel of an op: SIMD where it pays, else the reference kernel.
import { TendrilError } from "../errors.ts";
import type { NDArray, Params, Primitive } from "../primitive.ts";
import { kernels } from "./js/index.ts";
import { move } from "./js/layout.ts";
import { accelerated } from "./wasm/index.ts";

/** Which kernels run: SIMD where it pays ("auto"), JavaScript only, or SIMD wherever it has a kernel. */
export type Engine = "auto" | "js" | "wasm";

let engine: Engine = "auto";

/** For tests: sets which kernels run from now on, and returns the setting before. */
export function useEngine(next: Engine): Engine {
  const before = engine;
  engine = next;
  return before;
}

/** Fills `out`, which is zeroed, with the result of a primitive. */
export function execute(primitive: Primitive, out: NDArray, inputs: readonly NDArray[], params: Params): void {
  const { name } = primitive;
  if (primitive.kernel !== undefined) {
    primitive.kernel(out, inputs, params);
    return;
  }
  if (primitive.map !== undefined || primitive.onto !== undefined) {
    move(primitive, out, inputs, params);
    return;
  }
  if (engine !== "js" && accelerated(name, out, inputs, params, engine === "wasm")) return;
  const kernel = kernels[name];
  if (kernel === undefined) throw new TendrilError(`${name}: no backend has a kernel of this name`);
  kernel(out, inputs, params);
}
