/** How VitePress makes the site of the documents that build/collect.ts has copied. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type DefaultTheme, defineConfig } from "vitepress";
import { slug } from "../../test/links.ts";
import { repository } from "../build/collect.ts";
import { addressOf, built, collected, contents, root } from "../build/contents.ts";
import { type Markdown, math } from "../build/math.ts";
import { alias, packagesModule } from "../build/packages.ts";
import { type MarkdownCore, snippets } from "../build/snippets.ts";

const sections = contents();
const sidebar: DefaultTheme.SidebarItem[] = sections
  .filter(({ entries }) => entries.length > 0)
  .map(({ title, entries }) => ({
    text: title,
    collapsed: entries.length > 12 ? true : undefined,
    items: entries.map((entry) => ({ text: entry.title, link: `/${addressOf(entry)}` })),
  }));

/** A link at the top, to the first page of a section. */
const first = (title: string, text = title): DefaultTheme.NavItem[] =>
  sections
    .filter((section) => section.title === title)
    .flatMap(({ entries }) => entries.slice(0, 1))
    .map((entry) => ({ text, link: `/${addressOf(entry)}` }));

/** A tendril. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M6 30C6 14 12 5 20 5a6 6 0 0 1 0 12 3.2 3.2 0 0 1 0-6.4" fill="none" stroke="#2a9356" stroke-width="3.6" stroke-linecap="round"/></svg>';

const wide = new Set(["benchmarks.md", "names.md", "reference/ops.md"]);

export default defineConfig({
  title: "Tendril",
  description:
    "Neural networks in TypeScript, small enough to read: a tensor engine with reverse-mode autodiff, and layers over it",
  lang: "en",
  srcDir: ".generated",
  srcExclude: ["public/**"],
  outDir: built,
  base: process.env.SITE_BASE ?? "/",
  head: [
    ["meta", { name: "color-scheme", content: "light dark" }],
    ["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }],
  ],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    // Titles get no anchor: in the reference an export may have the name of its page.
    anchor: { slugify: slug, level: 2 },
    config(markdown) {
      math(markdown as unknown as Markdown);
      snippets(markdown as unknown as MarkdownCore);
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      ...first("Start"),
      ...first("Cookbook"),
      ...first("API reference", "Reference"),
      { text: "The page", link: "/the-page.html" },
    ],
    sidebar,
    socialLinks: [{ icon: "github", link: repository, ariaLabel: "The repository" }],
  },
  // Where there is no outline, or where tables are wide, the text gets its room.
  transformPageData({ relativePath, frontmatter }) {
    const text = readFileSync(join(collected, relativePath), "utf8");
    if (relativePath.startsWith("reference/")) frontmatter.pageClass = "reference";
    if (wide.has(relativePath) || !/^## /m.test(text)) frontmatter.aside = false;
  },
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === "run-snippet" } } },
  vite: {
    resolve: { alias },
    plugins: [packagesModule()],
    // Errors and models say the names of their classes.
    esbuild: { keepNames: true },
    worker: { format: "es", plugins: () => [packagesModule()] },
    server: { fs: { allow: [root] } },
    build: { chunkSizeWarningLimit: 1000 },
    cacheDir: relative(process.cwd(), `${root}/site/node_modules/.vite`),
  },
});
