/** What the tests of the page do again and again. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { atRest, type Look, launch, type Opened, open } from "./browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Opens the page, lets `visit` use it, and makes sure that nothing was complained of. */
export async function visiting(look: Look, visit: (page: Page, opened: Opened) => Promise<void>): Promise<void> {
  const opened = await open(browser, look);
  try {
    await visit(opened.page, opened);
    expect(opened.complaints).toEqual([]);
  } finally {
    await opened.close();
  }
}

/** A number as it is, not as it is written. */
export const whole = async (page: Page, id: string): Promise<number> =>
  Number(await page.locator(`#${id} .numeral`).getAttribute("title"));
export const stepOf = (page: Page): Promise<string | null> => page.locator("#scrub").getAttribute("aria-valuetext");

/** Goes to a step by the slider, and waits until it is shown. */
export async function goTo(page: Page, step: number): Promise<void> {
  const slider = page.locator("#scrub");
  while ((await stepOf(page)) !== `step ${step}`) {
    // The slider ends where the run has come to so far.
    await slider.fill(String(Math.min(step, Number(await slider.getAttribute("max")))));
  }
  await atRest(page);
}

/** Every number of the plane's, the example's, the run's and the weights' part. */
export const allNumbers = (page: Page): Promise<(string | null)[]> =>
  page.locator(".column .numeral").evaluateAll((all) => all.map((one) => one.getAttribute("title")));
