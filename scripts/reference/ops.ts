// The table of ops: formula and derivative from the docstrings, the rest from what the engine does with each of them.

import { TendrilError, type Tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { formulas } from "../../packages/tensor/src/backend/wasm/formulas.ts";
import { reductions } from "../../packages/tensor/src/backend/wasm/reduce.ts";
import type { Op } from "../../packages/tensor/src/compile/graph.ts";
import { trace } from "../../packages/tensor/src/compile/trace/trace.ts";
import { cases, inputsOf } from "../../packages/tensor/test/fixture.ts";
import { type Row, table } from "../../packages/tensor/test/table.ts";
import { tagged } from "./docs.ts";
import { methods, plainText } from "./markdown.ts";
import type { Entity } from "./model.ts";
import { themeOf, themes } from "./themes.ts";

/** The op as a step of its tensors alone, and those, of each of its first cases in float32. */
function stepsOf({ name, run }: Row): { step: (...xs: Tensor[]) => Tensor; tensors: Tensor[] }[] {
  const own = (cases.get(name) ?? []).slice(0, 8);
  if (own.length === 0) throw new Error(`reference: ${name} has no case`);
  return own.map((one) => {
    const given = inputsOf(one, "float32");
    const tensors = given.filter((x): x is Tensor => typeof x !== "number");
    const step = (...standIns: Tensor[]): Tensor => {
      let next = 0;
      return run(
        given.map((x) => (typeof x === "number" ? x : (standIns[next++] as Tensor))),
        one.args,
      );
    };
    return { step, tensors };
  });
}

/** What `find` finds in all of an op's cases that can be traced. */
function inAllCases(row: Row, find: (step: (...xs: Tensor[]) => Tensor, tensors: Tensor[]) => string): string[] {
  const found = stepsOf(row).flatMap(({ step, tensors }) => {
    try {
      return find(step, tensors);
    } catch (error) {
      if (error instanceof TendrilError) return []; // its shape depends on values, or such a case is an error
      throw error;
    }
  });
  return [...new Set(found)];
}

function hasKernel({ primitive: { name }, inputs, out: { type } }: Op): boolean {
  if (name === "matmul") return type.dtype === "float32";
  return (
    formulas[name]?.formula(inputs, type.dtype) !== undefined ||
    reductions[name]?.[inputs[0]?.dtype ?? "bool"] !== undefined
  );
}

/** What computes an op in eager mode, from some hundred float32 elements on. */
function eagerly(row: Row): string {
  const found = inAllCases(row, (step, tensors) => {
    const { ops } = trace((...xs) => [step(...xs)], tensors, false).graph;
    const kernels = ops.map(hasKernel);
    return ops.length === 0
      ? "no work"
      : kernels.every(Boolean)
        ? "SIMD"
        : kernels.some(Boolean)
          ? "SIMD in part"
          : "JavaScript";
  });
  const order = ["SIMD", "SIMD in part", "JavaScript", "no work"];
  return order.find((one) => found.includes(one)) ?? "JavaScript";
}

/** What computes it in a compiled step, as its programs say: single elements and other dtypes may go by the kernel. */
function compiled(row: Row): string {
  const found = inAllCases(row, (step, tensors) => {
    const program = compile(step).program(...tensors);
    const ops = program.split("\n").filter((line) => /^ +%\d+ *= /.test(line));
    const kernels = ops.filter((line) => line.endsWith("by the kernel of eager mode"));
    if (ops.length === 0) return "no work";
    return kernels.length === 0 ? "loops" : kernels.length === ops.length ? "kernel" : "loops and kernel";
  });
  if (found.length === 0) return "no: its shape depends on values";
  const order = ["loops", "loops and kernel", "kernel", "no work"];
  return order.find((one) => found.includes(one)) ?? "kernel";
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

Derivatives are made of ops themselves, so each has a derivative in its turn: there are gradients of any order. In the
column of derivatives, \`ct\` is the gradient by the result. "By its parts" stands at an op that is made of other ops: it has
their derivatives.

The last two columns say what computes the op. They hold for float32 tensors of some hundred elements; single numbers and
other dtypes may be computed otherwise.

- **Eager**: "SIMD" is a kernel in WebAssembly. "SIMD in part": one for some of the ops that it is made of. "JavaScript": a
  loop in JavaScript. "No work": the result shares the storage.
- **Compiled**: "loops" are WebAssembly made for the step, where neighbouring ops share a loop. "Kernel": the kernel of eager
  mode. "Loops and kernel": each computes a part of the op.

${parts.join("\n\n")}
`;
}
