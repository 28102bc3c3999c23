/** Copies the documents into one folder, as pages of the site, with links that are right there. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { collected, contents, type Entry, home, root } from "./contents.ts";

/** Where the repository is shown, from the metadata of the package that is published from it. */
export const repository: string = (() => {
  const { repository } = JSON.parse(readFileSync(join(root, "packages/tensor/package.json"), "utf8"));
  return String(repository.url)
    .replace(/^git\+/, "")
    .replace(/\.git$/, "");
})();

const isExternal = (target: string): boolean => /^[a-z][a-z+.-]*:/i.test(target);

/** Applies `change` to the parts of Markdown that are not blocks of code. */
function outsideCode(markdown: string, change: (text: string) => string): string {
  return markdown
    .split(/^( *```[\s\S]*?^ *```$)/m)
    .map((part, i) => (i % 2 === 1 ? part : change(part)))
    .join("");
}

/** A link of a document, as a link of its page: to another page, or to a file where the repository is shown. */
function relink(target: string, from: Entry, pages: ReadonlyMap<string, string>): string {
  if (isExternal(target) || target.startsWith("#")) return target;
  const [path = "", anchor] = target.split("#");
  const file = posix.normalize(posix.join(posix.dirname(from.source), path)).replace(/\/$/, "");
  const hash = anchor === undefined ? "" : `#${anchor}`;
  const page = pages.get(file);
  if (page !== undefined) {
    const relative = posix.relative(posix.dirname(from.page), page);
    return `${relative.startsWith(".") ? relative : `./${relative}`}${hash}`;
  }
  if (!existsSync(join(root, file))) throw new Error(`${from.source}: ${target} leads to no file`);
  return `${repository}/blob/main/${file}${hash}`;
}

/** `<picture>` follows the system's colours; the site has a switch, so there it is two pictures, of which one is shown. */
function pictures(markdown: string): string {
  return markdown.replace(
    /<picture>\s*<source[^>]*srcset="([^"]+)">\s*<img alt="([^"]*)" src="([^"]+)">\s*<\/picture>/g,
    (_, dark, alt, light) =>
      [
        `<img class="light-only" alt="${alt}" src="./${light}" loading="lazy">`,
        `<img class="dark-only" alt="${alt}" src="./${dark}" loading="lazy">`,
      ].join("\n"),
  );
}

function write(path: string, text: string): void {
  const file = join(collected, path);
  mkdirSync(dirname(file), { recursive: true });
  // What did not change keeps its date, so that a running server shows only what did.
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

/** A document as a page. */
function pageOf(entry: Entry, pages: ReadonlyMap<string, string>): string {
  const markdown = readFileSync(join(root, entry.source), "utf8");
  return outsideCode(markdown, (text) =>
    pictures(text).replace(
      /(!?)(\[(?:[^[\]]|\[[^\]]*\])*\])\(([^()\s]+)\)/g,
      (link, image: string, words: string, target: string) =>
        image === "!" ? link : `${words}(${relink(target, entry, pages)})`,
    ),
  );
}

/** Copies all of it. */
export function collect(): void {
  const entries = [home, ...contents().flatMap((section) => section.entries)];
  const pages = new Map(entries.map(({ source, page }) => [source, page]));
  // The front page of the repository says what that of the site does.
  pages.set("README.md", home.page);
  for (const name of existsSync(collected) ? readdirSync(collected) : []) {
    const stale = name.endsWith(".md") && !entries.some(({ page }) => page === name);
    if (stale) rmSync(join(collected, name));
  }
  for (const entry of entries) write(entry.page, pageOf(entry, pages));
  for (const name of readdirSync(join(root, "docs/pictures"))) {
    mkdirSync(join(collected, "pictures"), { recursive: true });
    copyFileSync(join(root, "docs/pictures", name), join(collected, "pictures", name));
  }
  copyFileSync(join(root, "docs/page.png"), join(collected, "page.png"));
}
