/// <reference types="vite/client" />

declare module "virtual:mathml" {
  /** The formulas of build/formulas.ts. */
  export const mathml: Readonly<Record<import("./build/formulas.ts").FormulaName, string>>;
}

declare module "virtual:rules" {
  /** The lines of each op's rules: see build/rules.ts. */
  export const rules: Readonly<Record<string, readonly (readonly (import("./build/rules.ts").RuleLines | null)[])[]>>;
}
