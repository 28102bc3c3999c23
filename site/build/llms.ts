/** llms.txt: what there is to read, for programs that read; and llms-full.txt: all of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { collected, type Section } from "./contents.ts";

const summary =
  "Tendril is a tiny reverse-mode autodiff tensor engine in TypeScript (`@tendril/tensor`), with a neural-network kit (`@tendril/nn`): PyTorch's names in camelCase and PyTorch's numbers, gradients of any order, garbage-collected tensors, CPU only.";

/** A document without what only the site's generator reads. */
const textOf = (page: string): string =>
  readFileSync(join(collected, page), "utf8").replace(/^---\n[\s\S]*?\n---\n+/, "");

/** The first sentence of a document. */
function firstSentence(markdown: string): string {
  const paragraphs = markdown.replace(/^#.*$/gm, "").split(/\n{2,}/);
  const paragraph =
    paragraphs.map((text) => text.trim().replace(/^- /, "")).find((text) => /^[\p{L}*_`[“"]/u.test(text)) ?? "";
  const plain = paragraph.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\s+/g, " ");
  return /^.*?[.!?:](?=\s|$)/.exec(plain)?.[0].replace(/:$/, ".") ?? plain;
}

/** The files, by name; with the pages' Markdown, to which the list leads. */
export function llms(sections: readonly Section[]): Record<string, string> {
  const filled = sections.filter(({ entries }) => entries.length > 0);
  const list = filled.map(({ title, entries }) => {
    const lines = entries.map((entry) => `- [${entry.title}](${entry.page}): ${firstSentence(textOf(entry.page))}`);
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  const entries = filled.flatMap((section) => section.entries);
  const pages = entries.map(({ page }) => [page, textOf(page)] as const);
  return {
    "llms.txt": `# Tendril\n\n> ${summary}\n\n${list.join("\n")}`,
    "llms-full.txt": pages.map(([page, text]) => `<!-- ${page} -->\n\n${text.trim()}\n`).join("\n"),
    ...Object.fromEntries(pages),
  };
}
