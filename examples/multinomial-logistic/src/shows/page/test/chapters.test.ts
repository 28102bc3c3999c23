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
        expect(await page.locator("#turn").textContent()).toMatch(/What arrived \(ct\) at \w+ is 1\.000/);
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

  it("writes rules in the graph's own names, and says which letters of the engine they stand for", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "graph").scrollIntoViewIfNeeded();
      await page.getByLabel("a shared subgraph", { exact: true }).check();
      await page.locator("#graph-next").click();
      const sends = page.locator("#turn .send");
      expect(await sends.locator("h4").allTextContents()).toEqual(["To h", "To s"]);
      expect(await sends.locator(".letters").allTextContents()).toEqual(["ct · s = ", "ct · h = "]);
      expect(await sends.first().locator("figcaption").textContent()).toMatch(/where a is h and b is s$/);
    });
  });

  it("says why it does not take a value that is too large", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "graph").scrollIntoViewIfNeeded();
      await page.getByLabel("x · x", { exact: true }).check();
      const value = page.locator("#leaves input").first();
      for (const [text, kept, said] of [
        ["1e38", "3", /x stays 3: a value is a number from −1000 to 1000/],
        ["7", "7", /^$/],
      ] as const) {
        await value.fill(text);
        await value.press("Tab");
        expect(await value.inputValue()).toBe(kept);
        await expect.poll(() => page.locator('.leaves [role="status"]').textContent()).toMatch(said);
      }
    });
  });

  it("shows the whole graph of the model on a wide screen", async () => {
    await visiting({ hash: "step=10" }, async (page) => {
      await chapter(page, "graph").scrollIntoViewIfNeeded();
      const drawing = page.locator(".graph-drawing");
      await drawing.locator(".node").first().waitFor();
      const [all, room] = await drawing.evaluate((box) => [box.scrollWidth, box.clientWidth]);
      expect(all).toBe(room);
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

  it("begins sure and wrong on the squared error, as the mistake of that name does, and goes back", async () => {
    await visiting({}, async (page) => {
      await chapter(page, "losses").scrollIntoViewIfNeeded();
      const button = page.locator("#map-wrong");
      const mistake = page.getByLabel("squared error, sure and wrong");
      const address = () => page.evaluate(() => location.hash);
      await button.click();
      await expect.poll(address, { timeout: 5000 }).toBe("#loss=mse&mistake=saturated");
      expect(await mistake.isChecked()).toBe(true);
      await button.click();
      await expect.poll(address, { timeout: 5000 }).not.toMatch(/loss|mistake/);
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
