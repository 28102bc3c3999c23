/** Reads what `program()` prints: which op makes which value, from what, of which type. */

export interface OpLine {
  kind: "op";
  text: string;
  /** Names without the shape that they are read in: `%7`, not `%7[1]`. Numbers stand as they are printed. */
  name: string;
  op: string;
  operands: readonly string[];
  options: ReadonlyMap<string, string>;
  dtype: string;
  shape: readonly number[];
  flop: number;
  /** It stands beneath a loop. */
  inLoop: boolean;
}

/** `w0 ← %31`, or, of a gradient that stays, `w0.grad ← %31`. */
export interface WriteLine {
  kind: "write";
  text: string;
  target: string;
  gradient: boolean;
  value: string;
}

export interface ReturnLine {
  kind: "return";
  text: string;
  value: string;
}

/** What computes nothing itself: the head, the names of the state, the head of a loop, the summary. */
export interface OtherLine {
  kind: "head" | "state" | "loop" | "summary" | "unknown";
  text: string;
}

export type Line = OpLine | WriteLine | ReturnLine | OtherLine;

export interface Program {
  lines: Line[];
  /** The arguments' names, in order. */
  inputs: string[];
  /** The shapes of the tensors from outside, by name: `w0` and so on, and gradients that they keep, `g0`. */
  state: ReadonlyMap<string, readonly number[]>;
}

export function parseProgram(text: string): Program {
  const lines = text.split("\n").map(parseLine);
  const textOf = (kind: Line["kind"]): string => lines.find((line) => line.kind === kind)?.text ?? "";
  const named = (line: string, pattern: RegExp): RegExpExecArray[] => [...line.matchAll(pattern)];
  return {
    lines,
    inputs: named(textOf("head"), /(\w+): /g).map(([, name = ""]) => name),
    state: new Map(
      named(textOf("state"), /(\w+) \[([\d, ]*)\]/g).map(([, name = "", sizes = ""]) => [name, numbersIn(sizes)]),
    ),
  };
}

function parseLine(text: string): Line {
  const op = /^( +)(%\d+) *= (\w+)\((.*)\) +(\w+) \[([\d, ]*)\] +(\d+) flop/.exec(text);
  if (op !== null) {
    const [, indent = "", name = "", called = "", list = "", dtype = "", sizes = "", flop = ""] = op;
    const parts = list.split(/, (?![^[]*\])/);
    const named = parts.filter(isOption).map((part) => part.split(": ") as [string, string]);
    return {
      kind: "op",
      text,
      name,
      op: called,
      operands: parts.filter((part) => !isOption(part)).map(withoutShape),
      options: new Map(named),
      dtype,
      shape: numbersIn(sizes),
      flop: Number(flop),
      inLoop: indent.length > 2,
    };
  }
  const write = /^ +(\S.*?)(\.grad)? ← (\S+)$/.exec(text);
  if (write !== null) {
    const [, target = "", gradient, value = ""] = write;
    return { kind: "write", text, target, gradient: gradient !== undefined, value: withoutShape(value) };
  }
  const returned = /^ +return (.*)$/.exec(text);
  if (returned !== null) return { kind: "return", text, value: withoutShape(returned[1] ?? "") };
  const others = { head: /^program\(/, state: /^ +state: /, loop: /^ +loop over /, summary: /^\d+ ops in / } as const;
  for (const [kind, pattern] of Object.entries(others)) {
    if (pattern.test(text)) return { kind: kind as OtherLine["kind"], text };
  }
  return { kind: "unknown", text };
}

const isOption = (part: string): boolean => /^\w+: /.test(part);
const withoutShape = (operand: string): string => operand.replace(/\[.*\]$/, "");
const numbersIn = (sizes: string): number[] => sizes.split(", ").filter(Boolean).map(Number);

export interface Summary {
  ops: number;
  steps: number;
  flop: number;
  bytes: number;
}

export function summaryOf({ lines }: Program): Summary | undefined {
  const text = lines.find(({ kind }) => kind === "summary")?.text ?? "";
  const found = /^(\d+) ops in (\d+) steps, (\d+) flop, (\d+) bytes moved/.exec(text);
  if (found === null) return undefined;
  const [ops = 0, steps = 0, flop = 0, bytes = 0] = found.slice(1).map(Number);
  return { ops, steps, flop, bytes };
}
