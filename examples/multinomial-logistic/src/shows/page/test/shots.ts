/**
 * Takes pictures of the page: `npm run shots` in this folder. They land in out/, to be looked at; the small one that
 * README opens with is docs/page.png.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Look, launch, open, root } from "./browser.ts";

const out = join(root, "out/shots");
mkdirSync(out, { recursive: true });
const looks: Record<string, Look> = {
  light: { hash: "step=40&point=10", theme: "light" },
  dark: { hash: "step=40&point=10", theme: "dark" },
  narrow: { hash: "step=40&point=10", width: 390, height: 844 },
  "ring-dark": { hash: "data=ring&squares=on&step=120", theme: "dark" },
  iris: { hash: "data=iris&axes=2,3&step=200&mistake=twice" },
  diverging: { hash: "lr=1000&l2=1&step=100" },
  "nothing-to-learn": { hash: `data=outlier&edits=${Array.from({ length: 61 }, (_, id) => `d${id}`).join(";")}` },
};

const browser = await launch();
for (const [name, look] of Object.entries(looks)) {
  const { page, complaints, close } = await open(browser, look);
  const path = join(out, `${name}.png`);
  // Chapters come when they are on screen.
  for (const chapter of await page.locator(".chapter").all()) {
    await chapter.scrollIntoViewIfNeeded();
    await page.waitForTimeout(1000);
  }
  await page.screenshot({ path, fullPage: true });
  console.log(path, ...complaints);
  await close();
}
const { page, close } = await open(browser, { hash: "step=40&point=10", width: 1180, height: 760 });
await page.screenshot({ path: join(root, "docs/page.png") });
await close();
await browser.close();
