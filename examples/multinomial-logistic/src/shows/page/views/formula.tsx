/** A formula, set when the page was built. */

import { mathml } from "virtual:mathml";
import type { JSX } from "preact";
import type { FormulaName } from "../build/formulas.ts";

export function Formula({ name }: { name: FormulaName }): JSX.Element {
  // MathML from the page's own build, nothing that anybody typed.
  return <span class="formula" dangerouslySetInnerHTML={{ __html: mathml[name] }} />;
}
