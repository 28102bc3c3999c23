// The SIMD kernels. Each copies an op's inputs into scratch memory and its result back, so it runs only where that
// pays. It returns whether it ran the op; otherwise the reference kernel does.
import type { NDArray, Params } from "../../primitive.ts";
import { elementwise } from "./elementwise.ts";
import { matmul } from "./matmul-op.ts";
import { reduce, reductions } from "./reduce.ts";
import { trimScratch, Unavailable } from "./scratch.ts";

/** False once WebAssembly SIMD turned out to be missing, or forbidden by the page's policy. */
let available = true;

/** With fewer elements in the output and in the first operand it never pays: in small programs that is most ops. */
const smallest = 64;

/**
 * Computes `out` and returns true, or returns false and leaves it untouched. `always`: also where it does not pay.
 */
export function accelerated(
  name: string,
  out: NDArray,
  inputs: readonly NDArray[],
  params: Params,
  always: boolean,
): boolean {
  const first = inputs[0];
  if (!available || first === undefined) return false;
  if (!always && out.data.length < smallest && first.data.length < smallest) return false;
  try {
    if (name === "matmul") return matmul(out, inputs, params, always);
    if (reductions[name] !== undefined) return reduce(name, out, inputs, params);
    return elementwise(name, out, inputs, params, always);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    available = !error.forever;
    return false;
  } finally {
    trimScratch();
  }
}
