/**
 * How fast the built page is: `npm run figures` in this folder. A page of its own is opened each time; what it says is of
 * this machine, so nothing is checked here.
 */
import { launch, open } from "./browser.ts";

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const browser = await launch();
console.log(`Chromium ${browser.version()}`);

const ready: number[] = [];
for (let i = 0; i < 7; i++) {
  const { page, close } = await open(browser);
  ready.push(await page.evaluate(() => performance.getEntriesByName("interactive")[0]?.startTime ?? Number.NaN));
  await close();
}
console.log(
  `from the start of the navigation until it can be used: ${median(ready).toFixed(0)} ms (median of ${ready.length})`,
);

// 600 points, trained for ten seconds at the highest speed.
const { page, close } = await open(browser);
await page.evaluate(() => {
  const tasks: number[] = [];
  Object.assign(globalThis, { tasks });
  new PerformanceObserver((list) => {
    tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask" });
});
await page.getByLabel("speed").selectOption("16");
await page.locator("#play").click();
await page.waitForTimeout(10_000);
const steps = await page.locator("#scrub").inputValue();
const tasks = await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks);
console.log(
  `while training 600 points for 10 s, ${steps} steps: ${tasks.length} tasks over 50 ms ${JSON.stringify(tasks)}`,
);
await close();
await browser.close();
