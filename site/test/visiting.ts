/** What the tests of the site do again and again. */
import { readdirSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { built } from "../build/contents.ts";
import { type Look, launch, visit } from "./browser.ts";
import { serve } from "./server.ts";

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), serve()]);
});
afterAll(async () => {
  await browser.close();
  server.close();
});

/** Every page of the site, but for the page of the example, which has tests of its own. */
export const pages: readonly string[] = readdirSync(built, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".html") && !file.startsWith("page/") && file !== "404.html")
  .sort();

/** Opens a page of the site, lets `use` use it, and makes sure that nothing was complained of. */
export async function visiting(
  name: string,
  look: Look,
  use: (page: Page, address: string) => Promise<void>,
): Promise<void> {
  const { page, complaints, context } = await visit(browser, server.address, look);
  try {
    await page.goto(`${server.address}${name}`);
    if (look.javaScript !== false)
      await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
    await use(page, server.address);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

/** Puts another program into a snippet's editor. */
export async function write(snippet: Locator, program: string): Promise<void> {
  await snippet.getByRole("button", { name: "Edit" }).click();
  await snippet.locator(".cm-content").fill(program);
}

/** Runs a snippet to its end, and returns what it prints. */
export async function run(snippet: Locator, state = "done"): Promise<string> {
  await snippet.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(() => snippet.getAttribute("data-state"), { timeout: 30_000 }).not.toBe("running");
  expect([await snippet.getAttribute("data-state"), await snippet.locator(".output").textContent()]).toEqual([
    state,
    expect.any(String),
  ]);
  return (await snippet.locator(".output").textContent()) ?? "";
}
