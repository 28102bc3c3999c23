import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";

const example = fileURLToPath(new URL("..", import.meta.url));

/**
 * The path of the program in one file, which Node starts in a sixth of the time that tsx takes for its two hundred. (As its
 * users run it, it runs in interrupt.test.ts and in .ci/run.)
 */
export function bundled(): string {
  // As deep as in src/node/, so that it finds the example's data.
  mkdirSync(join(example, "out"), { recursive: true });
  const folder = mkdtempSync(join(example, "out", "program-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const outfile = join(folder, "main.mjs");
  const require = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
  buildSync({
    entryPoints: [join(example, "src/main.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    banner: { js: require }, // for packages written for CommonJS
    logLevel: "silent",
  });
  return outfile;
}
