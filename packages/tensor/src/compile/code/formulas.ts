// What compiled loops compute, in registers: the formulas of the SIMD kernels, with an op's params as constants.
import { formulas } from "../../backend/wasm/formulas.ts";
import type { Formula, Numbers } from "../../backend/wasm/vectors.ts";
import { constantOf, type Op } from "../graph.ts";

export type { Formula };

/** The formula of an elementwise op, if loops have one for its dtypes. */
export function formulaOf({ primitive, inputs, params, out }: Op): Formula | undefined {
  // A movement's operand is read from where it lies, which leaves a copy.
  const own = formulas[primitive.map === undefined ? primitive.name : "clone"];
  const formula = own?.formula(inputs, out.type.dtype, inputs.map(constantOf));
  return formula && ((operands, local) => formula(operands, local, params as Numbers));
}
