// The compiler's stages one by one, for docs/inside-compile.md, and printers of what each stage gives.
import { Tensor } from "@tendril/tensor";
import type { Code, Func } from "../../packages/tensor/src/backend/wasm/assembler/code.ts";
import { emit } from "../../packages/tensor/src/compile/code/emit.ts";
import { type Graph, type Op, type Ref, resultsOf, type Value } from "../../packages/tensor/src/compile/graph.ts";
import { fuse, type Step } from "../../packages/tensor/src/compile/schedule/fuse.ts";
import { type Layout, layOut } from "../../packages/tensor/src/compile/schedule/layout.ts";
import { type Item, Loop, type Operand } from "../../packages/tensor/src/compile/schedule/loop.ts";
import { type Plan, plan, sizeInBytes, updatesInPlace } from "../../packages/tensor/src/compile/schedule/plan.ts";
import { stridesOf } from "../../packages/tensor/src/compile/schedule/strides.ts";
import { readThrough } from "../../packages/tensor/src/compile/schedule/views.ts";
import { decompose } from "../../packages/tensor/src/compile/trace/decompose.ts";
import type { Guards } from "../../packages/tensor/src/compile/trace/guards.ts";
import { joinParts } from "../../packages/tensor/src/compile/trace/join-parts.ts";
import { simplify } from "../../packages/tensor/src/compile/trace/simplify.ts";
import { trace } from "../../packages/tensor/src/compile/trace/trace.ts";
import * as training from "./step.ts";

export { assemble, toWat } from "../../packages/tensor/src/backend/wasm/assembler/module.ts";
export { build } from "../../packages/tensor/src/compile/run/program.ts";
export { changeSince } from "../../packages/tensor/src/compile/trace/guards.ts";
export * from "./step.ts";

/** What each stage gives. */
export interface Stages {
  readonly traced: Graph;
  readonly guards: Guards;
  readonly decomposed: Graph;
  readonly simplified: Graph;
  readonly steps: readonly Step[];
  readonly layouts: readonly Layout[];
  readonly memory: Plan;
  readonly functions: readonly Func[];
}

/** All stages up to the functions, as run/program.ts does them. */
export function compileInStages(args: readonly Tensor[] = [training.x, training.y], threads = 1): Stages {
  const { graph: traced, guards } = trace((...[x, y]) => [training.step(x as Tensor, y as Tensor)], args, false);
  const decomposed = decompose(traced);
  const simplified = joinParts(simplify(decomposed));
  const read = readThrough(simplified);
  const steps = fuse(read);
  const layouts = steps.map((step) => layOut(step, threads));
  const memory = planMemory(read, steps, layouts);
  const functions = emit(steps, layouts, addressIn(memory), memory.scratch, threads > 1 ? memory.bytes : null);

  for (const graph of [traced, decomposed]) for (const { out } of graph.ops) nameOf(out);
  return { traced, guards, decomposed, simplified, steps, layouts, memory, functions };
}

function planMemory(graph: Graph, steps: readonly Step[], layouts: readonly Layout[]): Plan {
  const results = resultsOf(graph);
  const used = new Set([...graph.inputs, ...steps.flatMap(({ reads }) => reads), ...results]);
  const outside = [...used].filter(({ origin }) => origin.kind !== "op");
  return plan(steps, layouts, outside, results, updatesInPlace(graph, steps, new Set(outside)));
}

const addressIn =
  ({ addresses }: Plan) =>
  (value: Value): number =>
    addresses.get(value) as number;

const names = new Map<Value, string>();

/** A value's name, the same after every stage: as step.ts exports it, a number for a constant, %0, %1, … for results. */
export function nameOf(value: Value): string {
  const { origin } = value;
  if (origin.kind === "constant") return String(origin.storage.elements[0]);
  if (origin.kind === "input") return ["x", "y"][origin.index] as string;
  if (origin.kind === "state") {
    const [name] = Object.entries(training).find(([, x]) => x instanceof Tensor && x.storage === origin.storage) ?? [];
    return name ?? "a tensor";
  }
  const name = names.get(value) ?? `%${names.size}`;
  names.set(value, name);
  return name;
}

const operandOf = ({ value, shape }: Ref): string =>
  nameOf(value) + (value.origin.kind === "op" && String(shape) !== String(value.type.shape) ? `[${shape}]` : "");

/** An op as it is called: its name, its operands, its params. */
function callOf({ primitive, inputs, params }: Op): string {
  const options = Object.entries(params).flatMap(([name, value]) =>
    ["op", "keepdim", "dtype"].includes(name) || value === false ? [] : `${name}: ${JSON.stringify(value)}`,
  );
  return `${primitive.name}(${[...inputs.map(operandOf), ...options].join(", ")})`;
}

/** An op as a line: its result, the op, the type of the result. */
function lineOf(op: Op, call: string = callOf(op)): string {
  const { dtype, shape } = op.out.type;
  return `${`${nameOf(op.out).padEnd(4)}= ${call}`.padEnd(49)} ${dtype} [${shape}]`;
}

export function printGraph({ ops, writes, outputs }: Graph): void {
  for (const op of ops) console.log(lineOf(op));
  const assigned = writes.map(({ target, value }) => `${nameOf(target)} ← ${nameOf(value)}`);
  console.log([...assigned, `return ${outputs.map(operandOf)}`].join(", "));
}

/** The ops that a stage has taken away (-), added (+) and changed (before → after). */
export function printChanges(before: Graph, after: Graph): void {
  const left = new Set(after.ops.map(({ out }) => out));
  const old = [...before.ops];
  for (const op of after.ops) {
    const last = old.findIndex(({ out }) => out === op.out);
    if (last < 0) console.log(`+ ${lineOf(op)}`);
    for (const was of old.splice(0, last + 1)) {
      if (was.out === op.out && callOf(was) !== callOf(op)) {
        console.log(`  ${lineOf(op, `${callOf(was)} → ${callOf(op)}`)}`);
      } else if (!left.has(was.out)) console.log(`- ${lineOf(was)}`);
    }
  }
  for (const was of old) console.log(`- ${lineOf(was)}`);
}

const formOf = ({ form }: Step): string =>
  form === null ? "kernel" : form instanceof Loop ? `loop over ${form.rows} × ${form.columns}` : "product";

/** The groups of ops: what each is, its results (or how many), what it reads from memory, what it writes to it. */
export function printSteps(steps: readonly Step[]): void {
  const list = (values: readonly Value[]): string => values.map(nameOf).join(" ");
  for (const [i, step] of steps.entries()) {
    const results = step.ops.length < 4 ? list(step.ops.map(({ out }) => out)) : `${step.ops.length} ops`;
    const ends = `reads ${list(step.reads).padEnd(12)} writes ${list(step.writes)}`;
    console.log(`${i}  ${formOf(step).padEnd(16)} ${results.padEnd(9)} ${ends}`);
  }
}

/** How the largest group is laid out. */
export function printLargest({ steps, layouts }: Stages): void {
  const most = Math.max(...steps.map(({ ops }) => ops.length));
  console.log(JSON.stringify(layouts[steps.findIndex(({ ops }) => ops.length === most)]));
}

/** Where element (r, c) of an operand lies, counted in elements. */
function indexOf(operand: Operand, loop: Loop): string {
  const { rows, column, offset } = stridesOf(operand, loop);
  const terms = [
    ...rows.map(({ stride }) => [stride, "r"] as const),
    ...(operand.of === "element" ? [[column, "c"] as const] : []),
  ].flatMap(([stride, index]) => (stride === 0 ? [] : stride === 1 ? index : `${stride}${index}`));
  return [...terms, ...(offset === 0 && terms.length > 0 ? [] : [offset])].join(" + ");
}

/** The largest loop, item by item: `Item` in schedule/loop.ts says what these are. */
export function printLargestLoop(steps: readonly Step[]): void {
  const loops = steps.flatMap(({ form }) => (form instanceof Loop ? [form] : []));
  const loop = loops.reduce((a, b) => (b.items.length > a.items.length ? b : a));
  const own = new Set(loop.items.map(({ op }) => op.out));
  const line = ({ op, kind, place, pass, operands }: Item): string => {
    const reads = op.inputs.map(({ value }, k) =>
      own.has(value) ? nameOf(value) : `${nameOf(value)}@(${indexOf(operands[k] as Operand, loop)})`,
    );
    const call = `${nameOf(op.out).padEnd(4)}= ${op.primitive.name}(${reads.join(", ")})`;
    return `${call.padEnd(30)}${kind.padEnd(18)}${place.padEnd(11)}${pass}`;
  };
  console.log(`\n${"".padEnd(30)}${"kind".padEnd(18)}${"place".padEnd(11)}pass`);
  for (const item of loop.items) console.log(line(item));
}

/** The memory without constants: a value's bytes, and the groups that write it (w), read it (r), or leave it there (-). */
export function printMemory({ steps, memory, simplified }: Stages): void {
  const results = new Set(resultsOf(simplified));
  const rows = [...memory.addresses].flatMap(([value, address]) => {
    if (value.origin.kind === "constant") return [];
    const uses = steps.map(({ reads, writes }) => (writes.includes(value) ? "w" : reads.includes(value) ? "r" : " "));
    const isLive = (i: number): boolean =>
      value.origin.kind !== "op" ||
      (uses.slice(0, i).includes("w") && (results.has(value) || uses.slice(i).includes("r")));
    const life = uses
      .map((use, i) => (use === " " && isLive(i) ? "-" : use))
      .join(" ")
      .trimEnd();
    return {
      address,
      text: `${`${address}–${address + sizeInBytes(value) - 1}`.padEnd(12)}${nameOf(value).padEnd(8)}${life}`,
    };
  });
  console.log(`${"bytes".padEnd(12)}${"value".padEnd(8)}${steps.map((_, i) => i).join(" ")}`);
  for (const { text } of rows.sort((a, b) => a.address - b.address)) console.log(text);
  console.log(`arena of ${memory.arenaBytes} bytes, ${memory.bytes} in all`);
}

/** How many lines of text each function has, with those inside a loop in brackets, and which functions it calls. */
export function printFunctions(functions: readonly Func[]): void {
  for (const { name, body } of functions) {
    const calls = callsIn(body).map((callee) => ` ${callee}`);
    console.log(`${name.padEnd(10)}${outlineOf(body)}${calls.length > 0 ? `, calls${calls.join("")}` : ""}`);
  }
}

function outlineOf(body: readonly Code[]): string {
  let count = 0;
  const flush = (): string[] => {
    const before = count === 0 ? [] : [String(count)];
    count = 0;
    return before;
  };
  const visit = (all: readonly Code[]): string[] =>
    all.flatMap(({ name, rest }): string[] => {
      if (rest?.kind === "block") {
        if (name !== "loop") return visit(rest.body);
        return [...flush(), `[${[...visit(rest.body), ...flush()].join(" ")}]`];
      }
      count++;
      return [];
    });
  return [...visit(body), ...flush()].join(" ");
}

const callsIn = (all: readonly Code[]): string[] =>
  all.flatMap(({ operands, rest }) => [
    ...callsIn(operands),
    ...(rest?.kind === "call" ? [rest.callee.name] : []),
    ...(rest?.kind === "block" ? callsIn(rest.body) : []),
  ]);
