// What compiled loops compute, in registers: the formulas of the SIMD kernels, with an op's params as constants.
import { type Code, f32x4 } from "../../backend/wasm/assembler/code.ts";
import { formulas } from "../../backend/wasm/formulas.ts";
import type { Formula, Numbers } from "../../backend/wasm/vectors.ts";
import { isConstant, type Op } from "../graph.ts";

export type { Formula };

/** The formula of an elementwise op, if loops have one for its dtypes. */
export function formulaOf({ primitive, inputs, params, out }: Op): Formula | undefined {
  if (primitive.name === "pow" && inputs[0]?.dtype === "float32" && isConstant(inputs[1], 2)) return squared;
  const formula = formulas[primitive.name]?.formula(inputs, out.type.dtype);
  return formula && ((operands, local) => formula(operands, local, params as Numbers));
}
const squared: Formula = ([x]) => f32x4.mul(x as Code, x as Code);
