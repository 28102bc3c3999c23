// Each primitive in ONNX, by its name: pages that export nothing do not load these, so they do not stand with the ops.
import { elementwiseRules, type Rule } from "./elementwise.ts";
import { layoutRules } from "./layout.ts";
import { reduceRules } from "./reduce.ts";

export const rules: Readonly<Record<string, Rule>> = { ...elementwiseRules, ...reduceRules, ...layoutRules };
