/** Which values a step's program knows by name, what each is made from, and what it leads to. */
import type { OpLine, Program, WriteLine } from "./parse.ts";

/** The new W, and the gradients of W and of b, count as sources themselves: what they are made from does not. */
export type Source = "x" | "y" | "W" | "b" | "new W" | "gradient of W" | "gradient of b" | "kept" | "optimizer";

export interface Dataflow {
  x: string;
  /** The names of W and b. */
  weight: string;
  bias: string;
  opOf(name: string): OpLine | undefined;
  /** It does not change from step to step: a number, or a tensor of constants. */
  isConstant(operand: string): boolean;
  /** A gradient from the step before. */
  isKept(operand: string): boolean;
  /** What a value is made from, all told. */
  sources(name: string): ReadonlySet<Source>;
  isWeightGradient(name: string): boolean;
  isBiasGradient(name: string): boolean;
  /** Whether a value leads to: the loss, one of both gradients, the optimizer's own state, the new W, the new b. */
  inLoss(name: string): boolean;
  inGradient(name: string): boolean;
  inBookkeeping(name: string): boolean;
  inNewWeight(name: string): boolean;
  inNewBias(name: string): boolean;
}

/** `undefined` for a program that is not of this model: no product of x and a W to which b is added. */
export function dataflowOf({ lines, inputs, state }: Program): Dataflow | undefined {
  const ops = lines.filter((line) => line.kind === "op");
  const writes = lines.filter((line) => line.kind === "write");
  const byName = new Map(ops.map((op) => [op.name, op]));
  const [x = "", y = ""] = inputs;

  const product = ops.find(({ op, operands: [left, right = ""] }) => op === "matmul" && left === x && state.has(right));
  const sum = ops.find(
    ({ op, operands: [left, right = ""] }) => op === "add" && left === product?.name && state.has(right),
  );
  const [weight, bias] = [product?.operands[1], sum?.operands[1]];
  if (weight === undefined || bias === undefined) return undefined;
  const newWeight = writtenTo(writes, weight);
  const newBias = writtenTo(writes, bias);

  const isWeightGradient = (name: string): boolean => {
    const op = byName.get(name);
    return op?.op === "matmul" && op.options.get("transposeA") === "true" && op.operands[1] === x;
  };
  /** All ops on the way to a value, itself included; those behind the new W are not. */
  const leadingTo = (ends: readonly string[]): Set<string> => {
    const found = new Set<string>();
    const visit = (name: string): void => {
      const op = byName.get(name);
      if (op === undefined || found.has(name)) return;
      found.add(name);
      for (const operand of op.operands) if (operand !== newWeight) visit(operand);
    };
    for (const end of ends) visit(end);
    return found;
  };

  const loss = leadingTo(lines.flatMap((line) => (line.kind === "return" ? [line.value] : [])));
  const toNewBias = leadingTo([newBias]);
  // Of the sums over rows on the way to b, the one of b's size that is made from x; the loss' own are of size 1.
  const size = sizeOf(state.get(bias) ?? []);
  const isBiasGradient = (name: string): boolean => {
    const op = byName.get(name);
    const overRows = op?.op === "sum" && op.options.get("dims") === "[0]";
    return overRows && sizeOf(op.shape) === size && toNewBias.has(name) && !loss.has(name);
  };

  const sourceOf = (operand: string): Source | undefined => {
    if (operand === x) return "x";
    if (operand === y) return "y";
    if (operand === weight) return "W";
    if (operand === bias) return "b";
    if (operand === newWeight) return "new W";
    if (isWeightGradient(operand)) return "gradient of W";
    if (isBiasGradient(operand)) return "gradient of b";
    if (isKept(operand)) return "kept";
    return state.has(operand) ? "optimizer" : undefined;
  };
  const sources = sourcesBy(byName, sourceOf);

  const gradients = ops.filter(({ name }) => isWeightGradient(name) || isBiasGradient(name));
  const gradient = leadingTo(gradients.flatMap(({ operands }) => operands));
  const own = writes.filter(({ target, gradient }) => !gradient && target !== weight && target !== bias);
  const bookkeeping = leadingTo(own.map(({ value }) => value));
  const toNewWeight = leadingTo([newWeight]);
  return {
    x,
    weight,
    bias,
    opOf: (name) => byName.get(name),
    isConstant: (operand) => !byName.has(operand) && !state.has(operand) && !inputs.includes(operand),
    isKept,
    sources,
    isWeightGradient,
    isBiasGradient,
    inLoss: (name) => loss.has(name),
    inGradient: (name) => gradient.has(name),
    inBookkeeping: (name) => bookkeeping.has(name),
    inNewWeight: (name) => toNewWeight.has(name),
    inNewBias: (name) => toNewBias.has(name),
  };
}

/** The sources of all that a value is made from; each value is looked at once. */
function sourcesBy(
  byName: ReadonlyMap<string, OpLine>,
  sourceOf: (operand: string) => Source | undefined,
): (name: string) => ReadonlySet<Source> {
  const known = new Map<string, ReadonlySet<Source>>();
  const sources = (name: string): ReadonlySet<Source> => {
    let found = known.get(name);
    if (found === undefined) {
      const operands = byName.get(name)?.operands ?? [];
      found = new Set(operands.flatMap((operand) => sourceOf(operand) ?? [...sources(operand)]));
      known.set(name, found);
    }
    return found;
  };
  return sources;
}

const isKept = (operand: string): boolean => /^g\d+$/.test(operand);

const writtenTo = (writes: readonly WriteLine[], name: string): string =>
  writes.find(({ target, gradient }) => target === name && !gradient)?.value ?? "";

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);
