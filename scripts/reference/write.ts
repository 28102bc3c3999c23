/** `npm run reference -- OUT`: writes the reference as Markdown into a folder, a page for each theme, and the table of ops. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { section } from "./markdown.ts";
import { type Entity, makeProgram, readModel } from "./model.ts";
import { methods, opsPage } from "./ops.ts";
import { themeOf, themes } from "./themes.ts";

/** The pages, by their files' names. */
export function pagesOf(model: readonly Entity[], out: string): Map<string, string> {
  const pages = new Map<string, string>();
  const links: string[] = [];
  const order = { class: 0, function: 0, value: 0, interface: 1, type: 2 };
  for (const theme of themes) {
    const seen = new Set<string>();
    const own = model
      .filter((entity) => themeOf(entity) === theme && !seen.has(entity.name) && seen.add(entity.name))
      .sort((a, b) => order[a.kind] - order[b.kind]);
    if (own.length === 0) continue;
    const { page, title, about } = theme;
    const sections = own.map((entity) => {
      const method = entity.entry === "@tendril/tensor" ? methods.get(entity.name) : undefined;
      return section(entity, method, model, out);
    });
    pages.set(`${page}.md`, `# ${title}\n\n${about}\n\n${sections.join("\n\n")}\n`);
    const names = own.filter(({ kind }) => order[kind] === 0).map(({ name }) => `[\`${name}\`](${page}.md#${name})`);
    links.push(`- [${title}](${page}.md): ${about}\n  ${names.join(", ")}`);
  }
  pages.set("ops.md", opsPage(model));
  const head =
    "# API reference\n\nEvery export of both packages, from its docstring. The examples run: the values in comments are checked.";
  pages.set(
    "index.md",
    `${head}\n\n${links.join("\n")}\n- [Table of ops](ops.md): formula, derivative, and where each is fast.\n`,
  );
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
