/** What the page draws with. Built, this is the file libraries.js. */
import { contour, dot, frame, identity, line, plot, ruleX, ruleY, text } from "@observablehq/plot";

/** Of the plotting library only what is used here, so that the rest is left out. */
const Plot = { contour, dot, frame, identity, line, plot, ruleX, ruleY, text };

export { graphlib, layout } from "@dagrejs/dagre";
export { Plot };
