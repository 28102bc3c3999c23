// The reference as Markdown: an export as a section of a page.
import { relative } from "node:path";
import { table } from "../../packages/tensor/test/table.ts";
import { type Doc, examplesOf, tagged } from "./docs.ts";
import { importsOf } from "./examples.ts";
import { type Entity, type Member, root, showParameter } from "./model.ts";

/** For each op that is a method, what the method is called. */
export const methods: ReadonlyMap<string, string> = new Map(
  table.flatMap(({ name, runMethod }) =>
    runMethod === null ? [] : [[name, name === "variance" ? "var" : name === "cast" ? "to" : name]],
  ),
);

/** `x.softmax(dim?: number)`, if the op is a method. */
function methodOf({ entry, name, parameters }: Entity): string | undefined {
  const method = entry === "@tendril/tensor" ? methods.get(name) : undefined;
  return method && `x.${method}(${parameters.slice(1).map(showParameter).join(", ")})`;
}

/** Text that VitePress shows as it is: nothing in it is HTML or a template, but in code. */
export const plainText = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;")))
    .join("");

/** Lines that belong together in one; empty lines stay. */
const joined = (text: string): string => text.replace(/([^\n])\n(?!\n|- ) */g, "$1 ");

const paragraph = (text: string): string => plainText(joined(text));

/** Where a file of the repository is, seen from the folder of the pages. */
const linkTo = (out: string, file: string, line: number): string =>
  `${relative(out, root).replaceAll("\\", "/")}/${file}#L${line}`;

/** `{ShapeError} when …` as an item of a list. */
function thrown(text: string): string {
  const [, name, rest = ""] = /^\{(\w+)\}\s*([\s\S]*)$/.exec(text) ?? [];
  return name === undefined ? `- ${paragraph(text)}` : `- \`${name}\` ${paragraph(rest)}`;
}

/** The name and the text of `@param x text`. */
const parameter = (text: string): [name: string, text: string] => {
  const [, name = "", rest = ""] = /^(\S+)\s*(?:- )?([\s\S]*)$/.exec(text) ?? [];
  return [name, rest];
};

function docLines(doc: Doc): string[] {
  const facts = [...tagged(doc, "formula").map((text) => `Formula: ${code(text)}.`)];
  facts.push(...tagged(doc, "derivative").map((text) => `Derivative: ${code(text)}.`));
  const errors = tagged(doc, "throws");
  return [
    paragraph(doc.text),
    ...(facts.length > 0 ? [facts.join(" ")] : []),
    ...tagged(doc, "param").map((text) => {
      const [name, rest] = parameter(text);
      return `- \`${name}\`: ${paragraph(rest)}`;
    }),
    ...tagged(doc, "returns").map((text) => `Returns ${paragraph(text)}.`),
    ...(errors.length > 0 ? [`Throws\n${errors.map(thrown).join("\n")}`] : []),
  ];
}

const code = (text: string): string => `\`${joined(text)}\``;

function memberText(member: Member): string {
  const { signature, doc, kind } = member;
  const errors = tagged(doc, "throws").map((text) => thrown(text).slice(2));
  const words = [paragraph(doc.text), ...(errors.length > 0 ? [`Throws ${errors.join("; ")}.`] : [])].join(" ");
  return `- \`${kind === "method" ? `.${signature}` : signature}\`: ${words}`.replaceAll("\n\n", " ");
}

/** How long a line of code may be before its parameters get lines of their own. */
const width = 100;

/** A signature with each parameter in a line, where one line is too long. */
export function broken(signature: string): string {
  const [, head, inner, tail] = /^([^(]*\()(.*)(\)(?:: .*)?)$/s.exec(signature) ?? [];
  if (signature.length <= width || head === undefined || inner === undefined) return signature;
  const parts: string[] = [""];
  let depth = 0;
  for (const character of inner) {
    if ("([{<".includes(character)) depth++;
    if (")]}".includes(character) || (character === ">" && !parts.at(-1)?.endsWith("="))) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + character);
  }
  return `${head}\n${parts.map((part) => `  ${part.trim()},\n`).join("")}${tail}`;
}

/** An export: signature, docs, options or members, examples with their imports, the way to the source. */
export function section(entity: Entity, model: readonly Entity[], out: string): string {
  const method = methodOf(entity);
  const { name, kind, doc, signature, members, file, line, entry } = entity;
  const examples = [doc, ...members.map((member) => member.doc)].flatMap(examplesOf);
  const sources = tagged(doc, "see").map((url) => `[See also](${url})`);
  const shown = kind === "interface" ? `interface ${name}` : broken(signature);
  return [
    `## ${name} {#${name}}`,
    `\`\`\`typescript\n${shown}\n\`\`\``,
    ...(method === undefined ? [] : [`As a method: \`${method}\`.`]),
    ...docLines(doc),
    ...(members.length > 0 ? [members.map(memberText).join("\n")] : []),
    ...examples.map((example) => `\`\`\`ts\n${importsOf(example, entity, model)}${example}\n\`\`\``),
    [`From \`${entry}\``, `[source](${linkTo(out, file, line)})`, ...sources].join(" · "),
  ].join("\n\n");
}
