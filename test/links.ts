// Links of Markdown documents: found, and followed as the code host does. For links.test.ts, and for the site.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** The anchor of a heading on the code host: lower case, without punctuation, spaces as hyphens. */
export const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");

const withoutCode = (markdown: string): string => markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, "");

/** All anchors of a document: of its headings, the second of the same name with -1, and those written as HTML. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/ *\{#[^}]+\}$/, "");
    const plain = slug(text);
    let anchor = plain;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${plain}-${i}`;
    anchors.add(anchor);
  }
  for (const [, id = ""] of markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** The targets of all links and pictures of a document, but for those to other hosts. */
export function targetsOf(markdown: string): string[] {
  const text = withoutCode(markdown).replace(/`[^`\n]*`/g, "");
  const targets = [
    ...text.matchAll(/\]\(([^()\s]+)\)/g),
    ...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm),
    ...text.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g),
  ].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** The links of a document that lead nowhere: to a file that is not there, or to a heading that its document lacks. */
export function brokenLinks(root: string, document: string): string[] {
  const markdown = readFileSync(join(root, document), "utf8");
  return targetsOf(markdown).filter((target) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? document : normalize(join(dirname(document), path));
    const absolute = join(root, file);
    if (file.startsWith("..") || !existsSync(absolute)) return true;
    if (anchor === undefined || !file.endsWith(".md") || statSync(absolute).isDirectory()) return false;
    return !anchorsOf(readFileSync(absolute, "utf8")).has(anchor);
  });
}
