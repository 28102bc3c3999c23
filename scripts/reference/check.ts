// What the docstrings of the public API still lack.
import type ts from "typescript";
import { type Doc, tagged } from "./docs.ts";
import { allExamples, runExamples, typeErrors } from "./examples.ts";
import { type Entity, type Member, makeProgram, readModel } from "./model.ts";

/** `@tendril/tensor softmax`, as lists of names have it. */
export const labelOf = ({ entry, name }: Entity): string => `${entry} ${name}`;

const textOf = ({ text, tags }: Doc): string =>
  [text, ...tags.filter(({ name }) => name === "param" || name === "returns").map((tag) => tag.text)].join("\n");

const hasSentence = ({ text }: Doc): boolean => /\S/.test(text);
const saysShapes = (doc: Doc): boolean => /\[[^\]]*\]|shape|broadcast|element by element|0-d/i.test(textOf(doc));
const saysErrors = (doc: Doc): boolean => tagged(doc, "throws").length > 0 || /never throws/i.test(doc.text);
const saysDefault = (doc: Doc): boolean => /default/i.test(textOf(doc));
const takesTensors = (signature: string): boolean => /\bTensor(Like)?\b/.test(signature);

function memberProblems(entity: Entity, member: Member): string[] {
  const { name, kind, doc, signature } = member;
  const problems: string[] = [];
  if (!hasSentence(doc)) problems.push(`${name}: no sentence`);
  const isOption = kind === "property" && (entity.kind === "function" || entity.name.endsWith("Options"));
  if (isOption && member.optional && !saysDefault(doc)) problems.push(`${name}: no default`);
  // What a class says of all its methods need not be said at each.
  if (kind === "method") {
    if (takesTensors(signature) && ![doc, entity.doc].some(saysShapes)) problems.push(`${name}: no shapes`);
    if (entity.kind === "class" && ![doc, entity.doc].some(saysErrors)) {
      problems.push(`${name}: neither @throws nor "Never throws"`);
    }
  }
  return problems;
}

function problemsOf(entity: Entity): string[] {
  const { kind, doc, signature, members } = entity;
  const problems = members.flatMap((member) => memberProblems(entity, member));
  if (!hasSentence(doc)) problems.unshift("no sentence");
  if (kind !== "function" && kind !== "class") return problems;
  if (kind === "function" && takesTensors(signature) && !saysShapes(doc)) problems.push("no shapes");
  if (!saysErrors(doc)) problems.push('neither @throws nor "Never throws"');
  if (tagged(doc, "example").length === 0) problems.push("no @example");
  return problems;
}

/** For each exported name with problems: what they are. */
export async function findProblems(program: ts.Program = makeProgram()): Promise<Map<string, string[]>> {
  const model = readModel(program);
  const found = new Map(model.map((entity) => [labelOf(entity), problemsOf(entity)]));
  const examples = allExamples(model);
  for (const failures of [typeErrors(examples, program), await runExamples(examples)]) {
    for (const [i, problems] of failures) {
      const { entity } = examples[i] as (typeof examples)[number];
      for (const problem of problems) found.get(labelOf(entity))?.push(`example: ${problem}`);
    }
  }
  return new Map([...found].filter(([, problems]) => problems.length > 0));
}
