/** What the site consists of, in its order: which document of the repository becomes which page. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");
/** The Markdown that the site is built of: copies of the documents, with links that are right there. */
export const collected: string = join(root, "site/.generated");
/** The built site. */
export const built: string = join(root, "out/site");
/** Where `npm run reference` writes the reference for the site. */
export const referenceFolder = "out/reference";

export interface Entry {
  /** The document, from the root of the repository. */
  readonly source: string;
  /** The page's file in the site. */
  readonly page: string;
  /** What the list of pages calls it. */
  readonly title: string;
}

export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

const read = (source: string): string => readFileSync(join(root, source), "utf8");

/** The first heading of a document. */
export function headingOf(markdown: string, source: string): string {
  const heading = /^# (.+)$/m.exec(markdown)?.[1];
  if (heading === undefined) throw new Error(`${source}: there is no heading; begin with # and a title`);
  return heading.replaceAll("`", "");
}

const doc = (name: string, title: string): Entry => ({ source: `docs/${name}.md`, page: `${name}.md`, title });

/** The documents of a folder: its index first, the others by the order of the links in the index, then by name. */
function folder(source: string, page: string, last: readonly string[] = []): Entry[] {
  if (!existsSync(join(root, source))) return [];
  const names = readdirSync(join(root, source)).filter((name) => name.endsWith(".md"));
  const index = names.find((name) => name === "index.md" || name === "README.md");
  const links = index === undefined ? [] : [...read(`${source}/${index}`).matchAll(/\]\((?:\.\/)?([\w-]+\.md)\)/g)];
  const order = [index, ...links.map(([, name]) => name)];
  const place = (name: string): number => {
    const at = order.indexOf(name);
    return last.includes(name) ? Number.POSITIVE_INFINITY : at === -1 ? order.length : at;
  };
  return names
    .sort((a, b) => place(a) - place(b) || a.localeCompare(b))
    .map((name) => ({
      source: `${source}/${name}`,
      page: `${page}/${name === index ? "index.md" : name}`,
      title: headingOf(read(`${source}/${name}`), name),
    }));
}

/** All of the site but its front page. Folders are read anew at each call. */
export function contents(): Section[] {
  const sections: Section[] = [
    { title: "Start", entries: [doc("start", "Getting started"), doc("install", "Installing")] },
    { title: "Cookbook", entries: folder("docs/cookbook", "cookbook") },
    { title: "API reference", entries: folder(referenceFolder, "reference", ["ops.md"]) },
    { title: "From elsewhere", entries: [doc("names", "Names"), doc("from-micrograd", "From micrograd")] },
    {
      title: "Lessons",
      entries: [
        doc("in-100-lines", "The engine in 100 lines"),
        doc("cross-entropy", "Cross-entropy"),
        doc("example", "The example"),
        { source: "site/pages/the-page.md", page: "the-page.md", title: "The page" },
      ],
    },
    {
      title: "Inside",
      entries: [
        doc("compile", "Compile"),
        doc("inside-compile", "Inside compile"),
        doc("moving-on", "When and how to move on"),
        doc("onnx", "ONNX Runtime"),
        doc("pytorch", "On to PyTorch"),
        doc("numerics", "Numerics"),
        doc("differences", "Differences from PyTorch"),
        doc("benchmarks", "Benchmarks"),
        doc("growth", "Growth"),
      ],
    },
    {
      title: "Examples",
      entries: [
        doc("digits", "Digits"),
        doc("characters", "Characters"),
        doc("recurrent", "Recurrent"),
        doc("newton", "Newton's method"),
        doc("checkpoint", "Checkpoints"),
        doc("pytorch-weights", "PyTorch's weights"),
      ],
    },
    {
      title: "Changes",
      entries: ["tensor", "nn"].map((name) => ({
        source: `packages/${name}/CHANGELOG.md`,
        page: `changelog-${name}.md`,
        title: `Changelog of ${name}`,
      })),
    },
  ];
  complete(sections);
  return sections;
}

/** Every document is in the site, and what is in the site is there. */
function complete(sections: readonly Section[]): void {
  const entries = sections.flatMap((section) => section.entries);
  const listed = new Set(entries.map(({ source }) => source));
  const documents = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const left = documents.map((name) => `docs/${name}`).find((source) => !listed.has(source));
  if (left !== undefined) throw new Error(`${left} is in no section of the site; name it in site/build/contents.ts`);
  const lost = entries.map(({ source }) => source).find((source) => !existsSync(join(root, source)));
  if (lost !== undefined) throw new Error(`${lost} is not there; take it out of site/build/contents.ts`);
}

/** The site's own front page. */
export const home: Entry = { source: "site/pages/index.md", page: "index.md", title: "Tendril" };

/** A page's address in the site, without the base. */
export const addressOf = ({ page }: Entry): string =>
  basename(page) === "index.md" ? page.slice(0, -"index.md".length) : page.replace(/\.md$/, ".html");
