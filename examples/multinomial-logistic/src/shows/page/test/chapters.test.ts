/** The chapters beneath the lesson: the losses drawn, backward node by node, the program that runs. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { blobs } from "../../../lesson/data.ts";
import { defaults } from "../../../lesson/settings.ts";
import { pointsOf } from "../data/points.ts";
import { stepProgram } from "../run/program.ts";
import { violations } from "./axe.ts";
import { atRest } from "./browser.ts";
import { visiting } from "./visit.ts";

const chapter = (page: Page, name: string) => page.locator(`section[aria-labelledby="h-${name}"]`);

/** The text of a cell as a number, with its real minus sign. */
const asNumber = (text: string | null): number => Number((text ?? "").replace("−", "-"));

describe("backward, node by node", () => {
  /** What the table of the leaves says at the end: gradients by backprop, and by a difference of two losses. */
  async function leaves(page: Page): Promise<{ gradient: number; difference: number }[]> {
    const rows = await page.locator("#leaves tbody tr").all();
    const cells = await Promise.all(rows.map((row) => row.locator("td").allTextContents()));
    return cells
      .filter(([, gradient]) => gradient !== "constant")
      .map(([, gradient = "", difference = ""]) => ({
        gradient: asNumber(gradient),
        difference: asNumber(difference),
      }));
  }

  it.each(["this model", "a neuron", "x · x", "a shared subgraph"])(
    "%s: gradients agree with differences",
    async (name) => {
      await visiting({ hash: "step=10" }, async (page) => {
        const graph = chapter(page, "graph");
        await graph.scrollIntoViewIfNeeded();
        await graph.getByLabel(name, { exact: true }).check();
        await page.locator("#graph-next").click();
        expect(await page.locator("#turn").textContent()).toMatch(/ct = 1/);
        // Of one op, the first turn is the last.
        if (await page.locator("#graph-end").isEnabled()) await page.locator("#graph-end").click();
        const all = await leaves(page);
        expect(all.length).toBeGreaterThan(0);
        expect(all.some(({ gradient }) => gradient !== 0)).toBe(true);
        for (const { gradient, difference } of all) {
          expect(Math.abs(gradient - difference)).toBeLessThanOrEqual(0.002 * Math.abs(gradient) + 1e-6);
        }
      });
    },
  );

  it("shows the sum being made where a second path arrives: x · x gets its gradient twice", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "graph").scrollIntoViewIfNeeded();
      await page.getByLabel("x · x", { exact: true }).check();
      await page.locator("#graph-end").click();
      expect(await page.locator("#turn .meets").last().textContent()).toMatch(/\+/);
      const [before] = await leaves(page);
      const value = page.locator("#leaves input").first();
      await value.fill("5");
      await value.press("Tab");
      await expect.poll(async () => (await leaves(page))[0]?.gradient).toBe(10);
      expect(before?.gradient).not.toBe(10);
    });
  });

  it("names the file and line of the rule", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "graph").scrollIntoViewIfNeeded();
      await page.getByLabel("a neuron", { exact: true }).check();
      await page.locator("#graph-next").click();
      await expect
        .poll(() => page.locator("#turn .rule").first().textContent())
        .toMatch(/packages\/tensor\/src\/ops\/\w+\.ts:\d+/);
    });
  });
});

describe("the losses drawn", () => {
  it("both curves of yes or no: the slope by a has no bound, the slope by z is a − y", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "losses").scrollIntoViewIfNeeded();
      const table = page.locator("#binary-gradients tbody tr");
      await page.locator("#logit").fill("-5");
      const byA = asNumber(await table.nth(1).locator("td").first().textContent());
      const byZ = asNumber(await table.nth(2).locator("td").first().textContent());
      expect(byA).toBeLessThan(-100);
      expect(byZ).toBeCloseTo(1 / (1 + Math.exp(5)) - 1, 3);
    });
  });

  it("the surfaces of both losses, with the loss of this step on them", async () => {
    await visiting({ hash: "step=60" }, async (page) => {
      await chapter(page, "losses").scrollIntoViewIfNeeded();
      await page.locator("#map-loss-ce").waitFor();
      const shown = asNumber(await page.locator("#train-loss").textContent());
      expect(asNumber(await page.locator("#map-loss-ce").textContent())).toBeCloseTo(shown, 3);
      expect(await chapter(page, "losses").locator(".chart svg path").count()).toBeGreaterThan(20);
    });
  });
});

describe("the program that runs", () => {
  const points = pointsOf(blobs(0), [0, 1], 0);

  it("is the one that compile prints for exactly these settings", async () => {
    const settings = { ...defaults, lr: 0.02, optimizer: "adam", l2: 0.1, eager: false, load: undefined } as const;
    const printed = stepProgram({ points, squares: false, settings });
    await visiting({ hash: "optimizer=adam&lr=0.02&l2=0.1" }, async (page) => {
      await chapter(page, "program").scrollIntoViewIfNeeded();
      await page.locator("#program-lines .line").first().waitFor();
      const lines = await page
        .locator("#program-lines .line")
        .evaluateAll((all) => all.map((line) => line.firstChild?.textContent?.trim()));
      const own = printed.split("\n").map((line) => line.trim());
      expect(own).toEqual(expect.arrayContaining(lines as string[]));
      expect(lines.filter((line) => line?.startsWith("%"))).toEqual(own.filter((line) => line.startsWith("%")));
    });
  });

  it("is joined to the page: a line lights the part that it computes", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "program").scrollIntoViewIfNeeded();
      await page.locator("#program-lines .line").first().waitFor();
      const line = page.locator("#program-lines .line", { hasText: "= exp(" });
      const column = page.locator('#stages th[data-part="exp"]');
      const before = await column.getAttribute("class");
      await line.hover();
      await expect.poll(() => column.getAttribute("class")).not.toBe(before);
    });
  });
});

it.each(["light", "dark"] as const)("an accessibility checker finds nothing in the chapters: %s", async (theme) => {
  await visiting({ theme, hash: "step=60" }, async (page) => {
    for (const name of ["losses", "graph", "mistakes", "program"]) {
      await chapter(page, name).scrollIntoViewIfNeeded();
      await page.waitForTimeout(500);
    }
    await page.locator("#graph-next").click();
    await page.locator("#program-lines .line").first().waitFor();
    await atRest(page);
    expect(await violations(page)).toEqual([]);
  });
});
