/** Charts by Observable Plot, in a document that exists only in memory: the two that the example's report draws with. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { size } from "./svg.ts";
import { round, type Theme } from "./theme.ts";

/** A chart as an element of a picture, its upper left corner at (x, y). Coordinates are rounded to a tenth. */
export function chart(x: number, y: number, theme: Theme, options: Plot.PlotOptions): string {
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
