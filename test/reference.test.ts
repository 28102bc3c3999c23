import { expect, test } from "vitest";
import { findProblems } from "../scripts/reference/check.ts";
import { parseDoc } from "../scripts/reference/docs.ts";
import { allExamples, runExamples, typeErrors } from "../scripts/reference/examples.ts";
import { type Entity, makeProgram, readModel } from "../scripts/reference/model.ts";
import { owed } from "../scripts/reference/owed.ts";
import { pagesOf } from "../scripts/reference/write.ts";

const program = makeProgram();
const model = readModel(program);

// Every exported name has a sentence, shapes, errors and an example that runs; what is owed is on a list that shrinks.
test("every exported name explains itself", async () => {
  const problems = await findProblems(program);
  const list = owed();
  const missing = [...problems].filter(([label]) => !list.includes(label));
  expect(missing.map(([label, lacks]) => `${label}: ${lacks.join("; ")}`)).toEqual([]);
  expect(
    list.filter((label) => !problems.has(label)),
    "these have all they need: take them off the list",
  ).toEqual([]);
});

test("examples are run: a wrong comment, an error and a wrong type are found", async () => {
  const code = ["relu([1, -1]); // tensor([1., 0.])", "relu(1).matmul(2); // ShapeError: matmul: []"];
  const right = [...code, "const shape = tensor([[1, 2]]).shape; // [1, 2]", "exp(0)", "  .add(1); // tensor(2.)"];
  code[1] += " @ []: takes vectors and matrices, not a number; use mul";
  right[1] = code[1] as string;
  const made = [right, ["relu(-1); // tensor(-1.)"], ["relu(1).matmul(2);"], ['relu("x" as never); relu("y");']];
  const entity = model.find(({ name }) => name === "relu") as Entity;
  const examples = made.flatMap((lines) => {
    const doc = parseDoc(["/** x", "@example", ...lines, "*/"].join("\n"));
    return allExamples([
      { ...entity, doc, members: [] },
      ...model.map((other) => ({ ...other, doc: parseDoc("/***/"), members: [] })),
    ]);
  });
  expect(examples[0]?.imports).toBe('import { exp, relu, tensor } from "@tendril/tensor";\n');
  const failures = await runExamples(examples);
  expect([...failures.keys()]).toEqual([1, 2, 3]);
  expect(failures.get(1)).toEqual(["gives tensor(0.), not tensor(-1.)"]);
  expect([...typeErrors(examples, program).keys()]).toEqual([3]);
});

test("the pages of the reference have every export, links that lead somewhere, and nothing that is read as HTML", () => {
  const pages = pagesOf(model, "/out");
  const idsOf = (page: string): string[] => [...page.matchAll(/\{#([\w.]+)\}$/gm)].map(([, id = ""]) => id);
  const ids = new Map([...pages].map(([file, page]) => [file, idsOf(page)]));
  const all = [...ids.values()].flat();
  expect(model.filter(({ name }) => !all.includes(name)).map(({ name }) => name)).toEqual([]);
  for (const [file, page] of pages) {
    for (const [link, to = "", id] of page.matchAll(/\]\(([\w-]+\.md)(?:#([\w.]+))?\)/g)) {
      if (!pages.has(to) || (id !== undefined && !ids.get(to)?.includes(id)))
        expect.fail(`${file}: ${link} leads nowhere`);
    }
    const text = page.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`]*`/g, "");
    expect(/<|\{\{/.exec(text)?.[0], file).toBeUndefined();
  }
  const rows =
    pages
      .get("ops.md")
      ?.split("\n")
      .filter((line) => line.startsWith("| [")) ?? [];
  expect(rows.length).toBeGreaterThan(100);
  const without = rows.filter((row) => row.split(/(?<!\\)\|/)[3]?.trim() === "");
  expect(without, "every op of the table has its @formula").toEqual([]);
});
