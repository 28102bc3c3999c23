/** The pages: they load, fit, and can be searched and read, with and without JavaScript. */
import { expect, it } from "vitest";
import { violations } from "./axe.ts";
import { pages, run, visiting } from "./visiting.ts";

/** Half of the pages in the dark. */
const all = pages.map((name, i) => [name, i % 2 === 0 ? "light" : "dark"] as const);
it.each(all)(
  "%s: nothing to complain of, no wider than a telephone, programs print what it says (%s)",
  async (name, theme) => {
    await visiting(name, { width: 360, height: 780, theme }, async (page) => {
      expect(await page.locator("h1").count()).toBe(1);
      const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(width).toBeLessThanOrEqual(room ?? 0);
      // Of the reference, where each export has an example that other tests run, the first of a page.
      const example = page.locator("run-snippet[values]").first();
      if (name.startsWith("reference/") && (await example.count()) > 0) {
        const code = (await example.locator("pre code").first().textContent()) ?? "";
        const wanted = [...code.matchAll(/^[^\s/].*\s\/\/ (.+)$/gm)].map(([, value = ""]) => value);
        expect((await run(example)).replace(/\s+/g, " ").trim()).toBe(wanted.join(" ").replace(/\s+/g, " ").trim());
      }
      for (const snippet of await page.locator("run-snippet:has(.language-text)").all()) {
        const recorded = (await snippet.locator(".language-text code").textContent()) ?? "";
        expect((await run(snippet)).trimEnd()).toBe(recorded.trimEnd());
      }
    });
  },
);

const looks = [
  ["index.html", "light", 1280],
  ["start.html", "dark", 1280],
  ["cross-entropy.html", "dark", 360],
  ["benchmarks.html", "light", 1280],
] as const;
it.each(looks)("an accessibility checker finds nothing: %s, %s, %d px", async (name, theme, width) => {
  await visiting(name, { theme, width }, async (page) => {
    expect(await page.evaluate(() => document.documentElement.classList.contains("dark"))).toBe(theme === "dark");
    expect(await violations(page)).toEqual([]);
  });
});

it("the search finds a heading, and leads to it", async () => {
  await visiting("index.html", {}, async (page, address) => {
    await page.keyboard.press("Control+k");
    await page.locator("#localsearch-input").fill("gradients often confused");
    await page.locator(".VPLocalSearchBox .result").first().click();
    await expect.poll(() => page.url()).toBe(`${address}cross-entropy.html#two-gradients-that-are-often-confused`);
  });
});

it("a link leads to another page", async () => {
  await visiting("index.html", {}, async (page, address) => {
    await page.getByRole("link", { name: "Get started" }).click();
    await expect.poll(() => page.url()).toBe(`${address}start.html`);
    // The address changes before the page is there.
    await expect.poll(() => page.locator("h1").textContent()).toContain("Getting started");
  });
});

it("shows the picture for the dark, or for the light", async () => {
  for (const theme of ["light", "dark"] as const) {
    await visiting("cross-entropy.html", { theme }, async (page) => {
      const shown = await page
        .locator(".vp-doc img")
        .evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => one.getAttribute("src") ?? ""));
      expect(shown.length).toBeGreaterThan(3);
      expect(shown.every((source) => source.includes(`-${theme}`))).toBe(true);
    });
  }
});

it("sets formulas", async () => {
  await visiting("cross-entropy.html", {}, async (page) => {
    expect(await page.locator("math").count()).toBeGreaterThan(20);
    const text = await page.locator(".vp-doc p").allTextContents();
    expect(text.filter((words) => /\\(?:sum|ln|mathrm)|\$/.test(words))).toEqual([]);
  });
});

it("has the page of the example in it", async () => {
  await visiting("the-page.html", {}, async (page) => {
    await page.frameLocator("iframe").locator('main[aria-busy="false"]').waitFor();
  });
});

it("shows plain code, with what it prints, to a reader without JavaScript", async () => {
  await visiting("start.html", { javaScript: false }, async (page) => {
    expect(await page.getByRole("button", { name: "Run" }).count()).toBe(0);
    const snippet = page.locator("run-snippet").first();
    expect(await snippet.locator("pre").first().isVisible()).toBe(true);
    expect(await snippet.locator("pre").allTextContents()).toEqual([
      expect.stringContaining("import {"),
      expect.stringContaining("tensor("),
    ]);
  });
});

it("tells programs that read what there is, and gives them the documents", async () => {
  await visiting("index.html", {}, async (page, address) => {
    const text = async (name: string): Promise<string> => (await page.request.get(`${address}${name}`)).text();
    const list = await text("llms.txt");
    expect(list).toMatch(/^# Tendril\n\n> /);
    const links = [...list.matchAll(/^- \[.+\]\((.+\.md)\): \S/gm)].map(([, link = ""]) => link);
    expect(links).toHaveLength(pages.length - 1);
    for (const link of links) expect(await text(link)).toMatch(/^# /m);
    expect(await text("llms-full.txt")).toContain("## Two gradients that are often confused");
  });
});
