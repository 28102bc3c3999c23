/** `npm run reference -- OUT`: writes the reference as Markdown into a folder, a page for each theme, and the table of ops. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { section } from "./markdown.ts";
import { type Entity, makeProgram, packageOf, readModel } from "./model.ts";
import { opsPage } from "./ops.ts";
import { type Theme, themeOf, themes } from "./themes.ts";

/** Functions and classes come before types, each by name. */
const rank: Readonly<Record<Entity["kind"], number>> = { class: 0, function: 0, value: 0, interface: 1, type: 1 };

/** The exports of a page, in its order; one that two entries have is there once. */
function exportsOf(theme: Theme, model: readonly Entity[]): Entity[] {
  const own = model.filter((entity) => themeOf(entity) === theme);
  const once = own.filter(({ name }, i) => own.findIndex((other) => other.name === name) === i);
  return once.sort((a, b) => rank[a.kind] - rank[b.kind] || a.name.localeCompare(b.name));
}

/** The pages, by their files' names. */
export function pagesOf(model: readonly Entity[], out: string): Map<string, string> {
  const pages = new Map<string, string>();
  const links: Record<string, string> = { "@tendril/tensor": "", "@tendril/nn": "" };
  for (const theme of themes) {
    const own = exportsOf(theme, model);
    const [first] = own;
    if (first === undefined) throw new Error(`reference: the page ${theme.page} is empty`);
    const { page, title, about } = theme;
    const sections = own.map((entity) => section(entity, model, out));
    pages.set(`${page}.md`, `# ${title}\n\n${about}\n\n${sections.join("\n\n")}\n`);
    const names = own.filter(({ kind }) => rank[kind] === 0).map(({ name }) => `[\`${name}\`](${page}.md#${name})`);
    links[packageOf(first.entry)] += `- [${title}](${page}.md): ${names.join(", ")}\n`;
  }
  pages.set("ops.md", opsPage(model));
  const head =
    "# API reference\n\nEvery export of both packages, from its docstring; [the table of ops](ops.md) has formulas,\nderivatives, and where each is fast. The examples run: the values in their comments are checked.";
  const lists = Object.entries(links).map(([name, list]) => `## ${name}\n\n${list}`);
  pages.set("index.md", `${head}\n\n${lists.join("\n")}`);
  return pages;
}

/** Writes the pages into a folder, which has nothing else then. */
export function writeReference(out: string): number {
  const pages = pagesOf(readModel(makeProgram()), out);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const [file, text] of pages) writeFileSync(join(out, file), text);
  return pages.size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , out] = process.argv;
  if (out === undefined) throw new Error("reference: say where to write it, as in npm run reference -- out/reference");
  console.log(`${writeReference(resolve(out))} pages of the reference are in ${out}`);
}
