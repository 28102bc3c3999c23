/** Joins each line of a program to the part of the lesson that it computes, by what it is made from and where it goes. */
import { type Dataflow, dataflowOf, type Source } from "./dataflow.ts";
import type { Line, OpLine, Program } from "./parse.ts";
import type { Part } from "./parts.ts";

export interface JoinedLine {
  line: Line;
  /** `undefined` for lines that compute nothing: the head, a loop's, the summary. */
  part: Part | undefined;
}

export function joinParts(program: Program): JoinedLine[] {
  const flow = dataflowOf(program);
  if (flow === undefined) return program.lines.map((line) => ({ line, part: line.kind === "op" ? "none" : undefined }));
  const known = new Map<string, Part>();
  // An op stands after those that it reads, so one pass is enough.
  return program.lines.map((line) => {
    const part = partOfLine(line, flow, known);
    if (line.kind === "op" && part !== undefined) known.set(line.name, part);
    return { line, part };
  });
}

function partOfLine(line: Line, flow: Dataflow, known: ReadonlyMap<string, Part>): Part | undefined {
  if (line.kind === "return") return "loss";
  if (line.kind === "write") {
    if (line.gradient) return "mistake";
    return line.target === flow.weight || line.target === flow.bias ? "written" : "optimizer";
  }
  if (line.kind !== "op") return undefined;
  const reads = line.operands.map((operand) => known.get(operand));
  return rules.find(([, holds]) => holds(line, reads, flow))?.[0] ?? "none";
}

type Reads = readonly (Part | undefined)[];
type Rule = (op: OpLine, reads: Reads, flow: Dataflow) => boolean;

/** Whether the op is of that name, and reads exactly these parts, in this order. */
const is =
  (name: string, ...of: Part[]) =>
  ({ op }: OpLine, reads: Reads): boolean =>
    op === name && reads.length === of.length && of.every((part, i) => reads[i] === part);

/** Whether all that it is made from is of one source. */
const onlyFrom =
  (source: Source): Rule =>
  ({ name }, _, { sources }) =>
    sources(name).size === 1 && sources(name).has(source);

/** In this order: the first that holds decides. */
const rules: readonly (readonly [Part, Rule])[] = [
  ["optimizer", onlyFrom("optimizer")],
  ["truth", (op) => op.op === "oneHot"],
  // Smoothed, or weighted by its class.
  [
    "truth",
    ({ op, operands: [, by = ""] }, [read], { isConstant }) => {
      return (op === "mul" || op === "add") && read === "truth" && isConstant(by);
    },
  ],
  ["rows", (op, reads, flow) => onlyFrom("y")(op, reads, flow) && !reads.includes("truth")],
  ["penalty", onlyFrom("W")],
  ["scores", ({ op, operands: [left, right] }, _, { x, weight }) => op === "matmul" && left === x && right === weight],
  ["scores", ({ op, operands }, [read], { bias }) => op === "add" && read === "scores" && operands[1] === bias],
  ["weight-gradient", ({ name }, _, { isWeightGradient }) => isWeightGradient(name)],
  ["bias-gradient", ({ name }, _, { isBiasGradient }) => isBiasGradient(name)],
  ["shift", is("amax", "scores")],
  ["shift", is("sub", "scores", "shift")],
  ["exp", is("exp", "shift")],
  // Without a shift, in the mistake of logits of 1000.
  ["mistake", isRaised],
  [
    "exp",
    ({ op, operands: [of = ""] }, [read], { opOf }) => op === "exp" && read === "mistake" && opOf(of)?.op === "add",
  ],
  ["softmax", is("sum", "exp")],
  ["softmax", is("div", "exp", "softmax")],
  // In the mistake of a softmax of the softmax, the second.
  ["mistake", ({ op }, reads) => ofSoftmax.has(op) && reads.every((part) => part === "softmax" || part === "mistake")],
  ["difference", is("sub", "softmax", "truth")],
  // Where the truth does not sum to 1, being weighted: p times its sum, less the truth.
  ["difference", (op, reads, { inLoss }) => is("sum", "truth")(op, reads) && !inLoss(op.name)],
  ["difference", is("mul", "softmax", "difference")],
  ["difference", is("sub", "difference", "truth")],
  ["loss", ({ name }, _, { inLoss }) => inLoss(name)],
  ["weight-gradient", is("add", "penalty", "weight-gradient")],
  // In the mistake of gradients that are kept, those of the step before.
  ["mistake", ({ operands }, _, { isKept }) => operands.some(isKept)],
  // In the mistake of two updates, the pass with the new W.
  ["mistake", ({ name }, _, { sources }) => sources(name).has("new W")],
  ["logit-gradient", ({ name }, _, { inGradient }) => inGradient(name)],
  ["optimizer", ({ name }, _, { inBookkeeping }) => inBookkeeping(name)],
  ["weight-update", ({ name }, _, { inNewWeight }) => inNewWeight(name)],
  ["bias-update", ({ name }, _, { inNewBias }) => inNewBias(name)],
];

/** The ops that softmax is made of. */
const ofSoftmax = new Set(["amax", "sub", "exp", "sum", "div"]);

function isRaised({ op, operands: [, by = ""] }: OpLine, [read]: Reads, { isConstant }: Dataflow): boolean {
  return op === "add" && read === "scores" && isConstant(by);
}
