/** What somebody does with the page, done to the built page in a real browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { blobs, fitStandardizer, splitData, standardizeSplit } from "../../../lesson/data.ts";
import { train } from "../../../lesson/loop.ts";
import { createModel } from "../../../lesson/model.ts";
import { defaults } from "../../../lesson/settings.ts";
import { violations } from "./axe.ts";
import { atRest, built } from "./browser.ts";
import { allNumbers, goTo, stepOf, visiting, whole } from "./visit.ts";

it("loads without a complaint, from a folder, in at most 150 kB", async () => {
  expect(gzipSync(readFileSync(join(built, "index.html"))).length).toBeLessThanOrEqual(150_000);
  await visiting({}, async (page) => {
    expect(await page.locator("h1").textContent()).toContain("softmax");
  });
});

describe("the run", () => {
  it("is the lesson's own: after 15 epochs the same loss, digit for digit, and 95 % of the held-out points", async () => {
    const settings = { ...defaults, lr: defaults.lr.sgd, epochs: 16, eager: false, load: undefined };
    const measured = splitData(blobs(0), 0);
    const split = standardizeSplit(measured, fitStandardizer(measured));
    const model = createModel({ features: 2, classes: 3, seed: 0 });
    const epochs = [...train(model, split, settings)];
    await visiting({ hash: `step=${epochs[14]?.steps}` }, async (page) => {
      expect(await whole(page, "train-loss")).toBe(epochs[14]?.loss);
      expect(await whole(page, "test-loss")).toBe(epochs[14]?.testLoss);
      await goTo(page, 200);
      expect(await whole(page, "accuracy")).toBeGreaterThanOrEqual(0.95);
    });
  });

  it("plays, pauses, and is the same on the way back and forth", async () => {
    await visiting({}, async (page) => {
      const atStart = await allNumbers(page);
      await page.locator("#play").click();
      await page.waitForFunction(() => Number(document.querySelector<HTMLInputElement>("#scrub")?.value) > 40);
      await page.locator("#play").click();
      await page.locator("#step").click();
      await page.locator("#back").click();
      await page.locator("#ten").click();
      await goTo(page, 30);
      const at30 = await allNumbers(page);
      expect(at30).not.toEqual(atStart);
      await goTo(page, 70);
      await goTo(page, 30);
      expect(await allNumbers(page)).toEqual(at30);
      await page.locator("#reset").click();
      expect(await allNumbers(page)).toEqual(atStart);
    });
  });

  it("with another seed is another one", async () => {
    await visiting({ hash: "step=20" }, async (page) => {
      const before = await whole(page, "train-loss");
      await page.locator("#new-seed").click();
      await goTo(page, 20);
      expect(await whole(page, "train-loss")).not.toBe(before);
      expect(await page.locator("#seed").inputValue()).toBe("1");
    });
  });

  it("can be kept in grey beside the next", async () => {
    await visiting({ hash: "step=50" }, async (page) => {
      const lines = page.locator('[aria-label^="Loss by step"] [aria-label="line"] path');
      const before = await lines.count();
      await page.locator("#keep").click();
      await expect.poll(() => lines.count()).toBeGreaterThan(before);
    });
  });

  it("says so in words when the rate is too high, and when there is no number any more", async () => {
    await visiting({ hash: "lr=10000&step=100" }, async (page) => {
      expect(await page.locator("#verdict").textContent()).toMatch(/longer than the valley is wide.*Halve the rate/);
    });
    await visiting({ hash: "lr=1000&l2=1&step=100" }, async (page) => {
      expect(await page.locator("#verdict").textContent()).toMatch(/not a number any more.*Halve the rate/);
      await page.locator("#reset").click();
      await expect.poll(() => page.locator("#verdict").textContent()).toBe("");
    });
  });

  it.each([
    ["rate", "lr"],
    ["optimizer", "optimizer"],
    ["loss", "loss"],
    ["batch", "batch"],
    ["l2", "l2"],
    ["smoothing", "smoothing"],
    ["seed", "seed"],
  ])("follows the setting %s, and the address holds it", async (id, key) => {
    await visiting({ hash: "step=40" }, async (page) => {
      const before = await allNumbers(page);
      const control = page.locator(`select#${id}, input#${id}`);
      const tag = await control.evaluate((element) => `${element.tagName}:${element.getAttribute("type")}`);
      if (tag.startsWith("SELECT")) await control.selectOption({ index: 1 });
      else if (tag.endsWith("range")) await control.press("ArrowRight");
      else await control.fill({ l2: "0.1", smoothing: "0.2" }[id] ?? "7");
      await expect.poll(() => allNumbers(page)).not.toEqual(before);
      await expect.poll(() => page.evaluate(() => location.hash)).toContain(`${key}=`);
    });
  });
});

describe("a field", () => {
  it.each([
    ["batch", "0", "32"],
    ["batch", "0.5", "32"],
    ["smoothing", "1", "0"],
    ["l2", "-1", "0"],
    ["seed", "x", "0"],
  ])("%s says what is wrong with %s, and keeps what counted", async (id, text, kept) => {
    await visiting({ hash: "step=20" }, async (page) => {
      const before = await allNumbers(page);
      const field = page.locator(`#${id}`);
      await field.focus();
      await field.press("ControlOrMeta+a");
      await page.keyboard.type(text);
      await page.locator(".wrong").waitFor();
      await field.press("Tab");
      expect(await field.inputValue()).toBe(kept);
      expect(await page.locator(".wrong").count()).toBe(0);
      expect(await allNumbers(page)).toEqual(before);
    });
  });
});

describe("break it", () => {
  const cases: [name: string, expected: (page: Page) => Promise<void>][] = [
    [
      "twice",
      async (page) => expect(await whole(page, "train-loss")).toBeGreaterThan(-Math.log(Math.E / (Math.E + 2))),
    ],
    [
      "unshifted",
      async (page) => expect(await page.locator("#verdict").textContent()).toMatch(/not a number from the very start/),
    ],
    ["kept", async (page) => expect(await whole(page, "train-loss")).toBeGreaterThan(0.1)],
    ["apart", async (page) => expect(await whole(page, "train-loss")).toBeLessThan(0.1)],
    [
      "units",
      async (page) => expect(await page.locator("#verdict").textContent()).toMatch(/above where it began.*mistake/),
    ],
    ["saturated", async (page) => expect(await whole(page, "accuracy")).toBeLessThan(0.2)],
  ];

  it.each(cases)("%s", async (name, expected) => {
    await visiting({ hash: "step=200" }, async (page) => {
      await page.locator(`input[name="mistake"][value="${name}"]`).check();
      if (name !== "unshifted") await goTo(page, 200);
      else await expect.poll(() => whole(page, "train-loss")).toBeNaN();
      await expected(page);
      await page.locator("summary", { hasText: "Why" }).click();
      await page.locator('input[name="mistake"][value="none"]').check();
      await goTo(page, 200);
      expect(await whole(page, "train-loss")).toBeLessThan(0.07);
    });
  });

  it("from a sure and wrong start cross-entropy finds back", async () => {
    await visiting({ hash: "mistake=saturated&loss=mse&step=200" }, async (page) => {
      expect(await whole(page, "accuracy")).toBeLessThan(0.2);
      await page.locator("#loss").selectOption("ce");
      await expect.poll(() => whole(page, "accuracy")).toBeGreaterThan(0.9);
    });
  });
});

describe("the address", () => {
  it("restores everything", async () => {
    let hash = "";
    let numbers: (string | null)[] = [];
    await visiting({ hash: "data=overlapping&lr=1&optimizer=adam&l2=0.01&smoothing=0.1&step=25" }, async (page) => {
      await page.locator("#plane").focus();
      for (const key of ["ArrowRight", "Shift+ArrowUp", "Enter", "ArrowLeft", "Delete"]) await page.keyboard.press(key);
      await expect.poll(() => page.evaluate(() => location.hash)).toMatch(/edits=.*;d\d+/);
      await atRest(page);
      hash = await page.evaluate(() => location.hash.slice(1));
      numbers = await allNumbers(page);
    });
    await visiting({ hash }, async (page) => {
      await expect.poll(() => allNumbers(page)).toEqual(numbers);
    });
  });

  it("that is not understood is left out, and the page says which part", async () => {
    await visiting({ hash: "lr=fast&step=3&colour=red" }, async (page) => {
      expect(await page.locator("#notice").textContent()).toMatch(/left out: lr=fast, colour=red/);
      expect(await stepOf(page)).toBe("step 3");
    });
  });
});

describe("a weight changed by hand", () => {
  it("changes the loss about as the gradient predicts, as long as the change is small", async () => {
    await visiting({ hash: "step=20" }, async (page) => {
      const slider = page.locator("#nudge");
      await slider.fill("0.05");
      const [predicted, measured] = [await whole(page, "predicted"), await whole(page, "measured")];
      expect(predicted).not.toBe(0);
      expect(measured / predicted).toBeGreaterThan(0.8);
      expect(measured / predicted).toBeLessThan(1.25);
      await page.getByText("put it back").click();
      expect(await whole(page, "measured")).toBe(0);
    });
  });
});

describe("usable by everybody", () => {
  it("by keyboard alone: play, step, points, settings", async () => {
    await visiting({}, async (page) => {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("play");
      await page.keyboard.press("Space");
      await page.waitForFunction(() => Number(document.querySelector<HTMLInputElement>("#scrub")?.value) > 10);
      await page.keyboard.press("Space");
      const reached = new Set<string>();
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        reached.add(await page.evaluate(() => document.activeElement?.id ?? ""));
      }
      for (const id of ["step", "scrub", "data", "plane", "rate", "optimizer", "nudge", "seed"]) {
        expect(reached, id).toContain(id);
      }
      await page.locator("#plane").focus();
      const ring = page.locator(".ring");
      const before = await ring.getAttribute("cx");
      await page.keyboard.press("ArrowRight");
      expect(Number(await ring.getAttribute("cx"))).toBeGreaterThan(Number(before));
    });
  });

  it.each([
    { theme: "light", width: 1400 },
    { theme: "dark", width: 1400 },
    { theme: "light", width: 360 },
    { theme: "dark", width: 360 },
  ] as const)("an accessibility checker finds nothing: $theme, $width px", async (look) => {
    await visiting({ ...look, hash: "step=60&mistake=twice" }, async (page) => {
      expect(await violations(page)).toEqual([]);
    });
  });

  it.each([360, 700, 1100])("nothing sticks out at %d px", async (width) => {
    await visiting({ width, hash: "step=60&data=iris&axes=2,3&squares=on" }, async (page) => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  });

  it("with reduced motion, nothing moves by itself", async () => {
    await visiting({ reducedMotion: true, hash: "step=60" }, async (page) => {
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    });
  });
});
