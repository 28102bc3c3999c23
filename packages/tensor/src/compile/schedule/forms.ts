// How loops compute an op, in registers: the SIMD formula of an elementwise op, the reducer of a reduction.
import { formulas } from "../../backend/wasm/formulas.ts";
import { type Reducer, reducers } from "../../backend/wasm/reducers.ts";
import type { Formula, Numbers } from "../../backend/wasm/vectors.ts";
import { constantOf, type Op } from "../graph.ts";

export type { Formula };

/** The formula of an elementwise op, if loops have one for its dtypes. */
export function formulaOf({ primitive, inputs, params, out }: Op): Formula | undefined {
  // The operand of a movement is read through its map, so what is left of the movement is a copy.
  const own = formulas[primitive.map === undefined ? primitive.name : "clone"];
  const formula = own?.formula(inputs, out.type.dtype, inputs.map(constantOf));
  return formula && ((operands, local) => formula(operands, local, params as Numbers));
}

/** How loops do a reduction, if they can. */
export const reducerFor = ({ primitive, inputs }: Op): Reducer | undefined =>
  reducers[primitive.name]?.[inputs[0]?.dtype ?? "float64"];
