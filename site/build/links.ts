/** Follows every link of the built site: to a file of it, and to an element in that file. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** What the links of a page ask for, and the names that links can ask of it. */
interface Page {
  readonly links: readonly string[];
  readonly ids: ReadonlySet<string>;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const decode = (text: string): string => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name] ?? "");

function readPage(file: string): Page {
  const html = readFileSync(file, "utf8").replace(/<script\b[\s\S]*?<\/script>/g, "");
  const all = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, value = ""]) => decode(value));
  return {
    links: all(/<(?:a|img|link|iframe|source)\b[^>]*?\s(?:href|src|srcset)="([^"]*)"/g),
    ids: new Set(all(/\sid="([^"]*)"/g)),
  };
}

/** The file that an address below the base stands for. */
function fileOf(address: string): string {
  const path = decodeURIComponent(address);
  return path === "" || path.endsWith("/") ? `${path}index.html` : path;
}

/** The links of the built site that lead nowhere, one line each. */
export function brokenIn(site: string, base: string): { pages: number; links: number; broken: string[] } {
  const files = readdirSync(site, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    // The page of the example is a program: what it links to, it makes.
    .filter((file) => file.endsWith(".html") && !file.startsWith("page/"));
  const pages = new Map(files.map((file) => [file, readPage(join(site, file))]));
  const broken: string[] = [];
  let count = 0;
  for (const [file, { links }] of pages) {
    for (const link of links) {
      if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link)) continue;
      count++;
      const [path = "", hash] = link.split("#");
      const absolute = path.startsWith("/") ? path : posix.join(base, posix.dirname(file), path);
      const target = path === "" ? file : fileOf(absolute.slice(base.length));
      const at = join(site, target);
      if ((path !== "" && !absolute.startsWith(base)) || !existsSync(at) || statSync(at).isDirectory()) {
        broken.push(`${file}: ${link} leads to no file`);
      } else if (hash !== undefined && hash !== "" && pages.get(target)?.ids.has(decodeURIComponent(hash)) === false) {
        broken.push(`${file}: ${link} leads to no heading`);
      }
    }
  }
  return { pages: pages.size, links: count, broken };
}
