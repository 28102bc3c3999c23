/** Takes pictures of the built site: `npm run shots` in this folder. They land in out/shots, to be looked at. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { built, root } from "../build/contents.ts";
import { launch, visit } from "./browser.ts";
import { serve } from "./server.ts";

const out = join(root, "out/shots");
mkdirSync(out, { recursive: true });
const pages = [
  "index",
  "start",
  "cookbook/index",
  "cookbook/batches",
  "names",
  "reference/index",
  "reference/ops",
  "benchmarks",
  "cross-entropy",
];
const wanted = process.argv.slice(2);

const { address, close } = await serve();
const browser = await launch();
for (const name of wanted.length > 0 ? wanted : pages) {
  if (!existsSync(join(built, `${name}.html`))) continue;
  for (const [look, options] of Object.entries({
    wide: {},
    narrow: { width: 360, height: 780 },
    dark: { theme: "dark" as const },
  })) {
    const { page, context, complaints } = await visit(browser, address, options);
    await page.goto(`${address}${name}.html`);
    await page.waitForTimeout(400);
    const run = page.locator("run-snippet").first();
    if ((await run.count()) > 0) {
      if (look !== "wide") await run.getByRole("button", { name: "Edit" }).click();
      await run.getByRole("button", { name: "Run" }).click();
      await run.and(page.locator("[data-state=done]")).waitFor();
      await page.waitForTimeout(300);
    }
    const path = join(out, `site-${name.replace("/", "-")}-${look}.png`);
    await page.screenshot({ path });
    console.log(path, ...complaints);
    await context.close();
  }
}
await browser.close();
close();
