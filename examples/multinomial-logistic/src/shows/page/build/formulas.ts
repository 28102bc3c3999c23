/** Formulas, set when the page is built: the page itself gets MathML, and brings no typesetting of its own. */
import temml from "temml";

/** In TeX. A view shows one by its name: `<Formula name="softmax" />`. */
export const formulas = {
  model: String.raw`\mathrm{softmax}(Wx + b)`,
  softmax: String.raw`p_k = \frac{e^{z_k - m}}{\sum_j e^{z_j - m}}, \quad m = \max_j z_j`,
  loss: String.raw`L = -\ln p_y`,
  difference: String.raw`\frac{\partial L}{\partial z_k} = p_k - y_k`,
  weight: String.raw`\frac{\partial L}{\partial W_{kj}} = (p_k - y_k)\, x_j`,
  step: String.raw`W \leftarrow W - \eta\, \frac{\partial L}{\partial W}`,
} as const;

export type FormulaName = keyof typeof formulas;

/** Each formula as MathML. */
export function mathml(): Record<string, string> {
  const set = Object.entries(formulas).map(([name, tex]) => [name, temml.renderToString(`\\displaystyle ${tex}`)]);
  return Object.fromEntries(set) as Record<FormulaName, string>;
}
