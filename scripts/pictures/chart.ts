/** Charts by Observable Plot, in a document that exists only in memory: the two that the example's report draws with. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type * as PlotModule from "../../examples/multinomial-logistic/node_modules/@observablehq/plot/src/index.js";
import { size } from "./svg.ts";
import { round, type Theme } from "./theme.ts";

const example = createRequire(new URL("../../examples/multinomial-logistic/package.json", import.meta.url));
const { parseHTML } = example("linkedom") as { parseHTML: (html: string) => { document: Document } };

export const Plot: typeof PlotModule = await import(pathToFileURL(example.resolve("@observablehq/plot")).href);

type Document = NonNullable<PlotModule.PlotOptions["document"]>;

/** A chart as an element of a picture, its upper left corner at (x, y). Coordinates are rounded to a tenth. */
export function chart(x: number, y: number, theme: Theme, options: PlotModule.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const drawn = String(Plot.plot({ document, ...options }).outerHTML);
  const look = `font-size="${size.small}" text-anchor="middle" fill="currentColor"`;
  return drawn
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/^<svg [^>]*>/, `<g transform="translate(${x},${y})" ${look}>`)
    .replace(/<\/svg>$/, "</g>")
    .replaceAll("var(--plot-background)", theme.ground)
    .replaceAll(/ (?:d|x|y|x1|x2|y1|y2|cx|cy|transform|width|height)="[^"]*"/g, (attribute) =>
      attribute.replaceAll(/-?\d*\.\d+/g, (digits) => String(round(Number(digits), 1))),
    )
    .replaceAll(/(?<=<\/(?:g|path|text)>|<g[^>]*>)(?=<)/g, "\n")
    .concat("\n");
}
