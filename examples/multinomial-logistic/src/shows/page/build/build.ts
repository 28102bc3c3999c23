/**
 * Builds the page: `index.html`, which holds its one script and its styles; `libraries.js`, which it loads after the first
 * look; and `exports.js`, which it loads when a download is asked for. All are classic scripts, since a page that is opened from a folder may not load modules; the worker is
 * started from the text of the first.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";

const page = join(import.meta.dirname, "..");
const out = join(page, "../../../../../out/page");

/** One classic script, and the styles that it imports. */
async function bundle(entry: string, name: string): Promise<{ script: string; styles: string }> {
  const built = await build({
    configFile: join(page, "vite.config.ts"),
    logLevel: "warn",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      target: "es2022",
      cssCodeSplit: false,
      lib: { entry: join(page, entry), formats: ["iife"], name },
    },
  });
  const [{ output }] = (Array.isArray(built) ? built : [built]) as [Rollup.RollupOutput];
  const styles = output.find((part) => part.fileName.endsWith(".css"));
  return {
    script: output.map((part) => (part.type === "chunk" ? part.code : "")).join(""),
    styles: styles?.type === "asset" ? String(styles.source) : "",
  };
}

/** A script ends at the first `</script` in it, wherever that stands; in JavaScript that can only be within text. */
const inline = (script: string): string => script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");

const { script, styles } = await bundle("main.tsx", "tendrilPage");
const libraries = await bundle("libraries.ts", "tendrilLibraries");
const exports = await bundle("exports.ts", "tendrilExports");
const html = readFileSync(join(page, "index.html"), "utf8")
  .replace("</head>", () => `<style>${styles}</style>\n</head>`)
  .replace(/<script type="module".*<\/script>/, () => `<script id="program">${inline(script)}</script>`);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const files = { "index.html": html, "libraries.js": libraries.script, "exports.js": exports.script };
for (const [file, text] of Object.entries(files)) {
  writeFileSync(join(out, file), text);
  console.log(
    `${relative(process.cwd(), join(out, file))}: ${(gzipSync(text, { level: 9 }).length / 1000).toFixed(1)} kB gzip`,
  );
}
