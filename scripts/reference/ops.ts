// The table of ops: formula and derivative from the docstrings, the rest from what the engine does with each of them.

import type { Tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { formulas } from "../../packages/tensor/src/backend/wasm/formulas.ts";
import { reductions } from "../../packages/tensor/src/backend/wasm/reduce.ts";
import { cases, inputsOf } from "../../packages/tensor/test/fixture.ts";
import { type Row, table } from "../../packages/tensor/test/table.ts";
import { tagged } from "./docs.ts";
import { plainText } from "./markdown.ts";
import type { Entity } from "./model.ts";
import { themeOf, themes } from "./themes.ts";

/** For each op that is a method, what the method is called. */
export const methods: ReadonlyMap<string, string> = new Map(
  table.flatMap(({ name, runMethod }) =>
    runMethod === null ? [] : [[name, name === "variance" ? "var" : name === "cast" ? "to" : name]],
  ),
);

const simd = new Set([...Object.keys(formulas), ...Object.keys(reductions), "matmul"]);
/** Primitives that move nothing. */
const views = new Set(["reshape"]);

/** What computes an op in eager mode, from some hundred float32 elements on. */
function eagerly({ primitives }: Row): string {
  const working = primitives.filter((name) => !views.has(name));
  if (working.length === 0) return "no work";
  const fast = working.filter((name) => simd.has(name));
  return fast.length === working.length ? "SIMD" : fast.length > 0 ? "SIMD in part" : "JavaScript";
}

/** What computes it in a compiled step, which the program of its first case with float32 tensors says. */
function compiled({ name, run }: Row): string {
  const [first] = cases.get(name) ?? [];
  if (first === undefined) throw new Error(`reference: ${name} has no case`);
  const given = inputsOf(first, "float32");
  const tensors = given.filter((x): x is Tensor => typeof x !== "number");
  const step = (...standIns: Tensor[]): Tensor => {
    let next = 0;
    return run(
      given.map((x) => (typeof x === "number" ? x : (standIns[next++] as Tensor))),
      first.args,
    );
  };
  let program: string;
  try {
    program = compile(step).program(...tensors);
  } catch {
    return "no: its shape depends on values";
  }
  const ops = program.split("\n").filter((line) => /^ +%\d+ *= /.test(line));
  if (ops.length === 0) return "no work";
  const kernels = ops.filter((line) => line.endsWith("by the kernel of eager mode"));
  if (kernels.length === 0) return "loops";
  const names = new Set(kernels.map((line) => /= (\w+)\(/.exec(line)?.[1] ?? ""));
  return kernels.length === ops.length ? "kernel" : `loops, kernel of ${[...names].join(", ")}`;
}

const cell = (text: string): string => plainText(text.replace(/\s*\n\s*/g, " ")).replaceAll("|", "\\|");

function rowOf(row: Row, entity: Entity): string {
  const { page } = themeOf(entity);
  const method = methods.get(row.name);
  const of = (tag: string): string => cell(tagged(entity.doc, tag).join("; "));
  return `| ${[
    `[\`${row.name}\`](${page}.md#${row.name})`,
    method === undefined ? "" : `\`x.${method}\``,
    of("formula"),
    row.differentiable ? of("derivative") || "by its parts" : "",
    row.differentiable ? "yes" : "no",
    eagerly(row),
    compiled(row),
  ].join(" | ")} |`;
}

/** The table as Markdown, a part for each page that the ops are on. */
export function opsPage(model: readonly Entity[]): string {
  const rows = table.flatMap((row) => {
    const entity = model.find(({ name, entry }) => name === row.name && entry === "@tendril/tensor");
    return entity === undefined ? [] : [{ page: themeOf(entity).page, text: rowOf(row, entity) }];
  });
  const head = "| function | method | formula | derivative | differentiable | eager | compiled |\n".concat(
    "| --- | --- | --- | --- | --- | --- | --- |",
  );
  const parts = themes.flatMap(({ page, title }) => {
    const own = rows.filter((row) => row.page === page).map(({ text }) => text);
    return own.length === 0 ? [] : [`## ${title}\n\n${head}\n${own.join("\n")}`];
  });
  return `# Table of ops

Every op that has a derivative has it to any order: rules are written with ops. \`ct\` is the gradient by the result.
"By its parts" is the derivative of what is made of other ops, whose rules it has.

- **Eager**: what computes it for float32, from some hundred elements on. "SIMD": a kernel in WebAssembly; "JavaScript":
  a loop in JavaScript, as for float64 and for smaller tensors; "no work": it shares the storage.
- **Compiled**: what computes it in a compiled step, for float32. "Loops": it runs in WebAssembly, in loops that it shares
  with the ops beside it; "kernel": by the kernel of eager mode.

${parts.join("\n\n")}
`;
}
