/// <reference types="vite/client" />

/** By build/formulas.ts. */
declare module "virtual:formulas" {
  export const mathml: Readonly<Record<import("./build/formulas.ts").FormulaName, string>>;
}
