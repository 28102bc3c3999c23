/** The points of the page, and tables of one's own, in a real browser. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { atRest } from "./browser.ts";
import { allNumbers, goTo, visiting, whole } from "./visit.ts";

describe("the points", () => {
  /** Where a point of the plane is on the screen. */
  async function placeOf(page: Page, nth: number): Promise<[number, number]> {
    const box = await page.locator("#plane .dot").nth(nth).boundingBox();
    if (box === null) throw new Error("no such point");
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  it("can be dragged, and the loss changes; undo brings all of it back", async () => {
    await visiting({ hash: "step=60" }, async (page) => {
      const before = await allNumbers(page);
      const loss = await whole(page, "train-loss");
      const [x, y] = await placeOf(page, 0);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + 60, y - 80, { steps: 5 });
      await page.mouse.up();
      await expect.poll(() => whole(page, "train-loss")).not.toBe(loss);
      const changed = await allNumbers(page);
      expect(changed).not.toEqual(before);
      await page.locator("#put-back").click();
      await expect.poll(() => allNumbers(page)).toEqual(before);
    });
  });

  it("can be added, also of a new class, and deleted", async () => {
    await visiting({ hash: "step=60" }, async (page) => {
      const dots = page.locator("#plane .dot");
      const count = await dots.count();
      await page.getByLabel("a new class").check();
      const frame = await page.locator("#plane").boundingBox();
      await page.mouse.click((frame?.x ?? 0) + 30, (frame?.y ?? 0) + 60);
      await expect.poll(() => dots.count()).toBe(count + 1);
      await expect.poll(() => page.locator("#stages tbody tr").count()).toBe(4);
      await page.locator("#delete").click();
      await expect.poll(() => dots.count()).toBe(count);
      await expect.poll(() => page.locator("#stages tbody tr").count()).toBe(4 - 1);
    });
  });

  it("may all go: the page says what is missing, and undo brings them back", async () => {
    const list = ["a,b,kind", "1,2,oak", "2,1,oak", "3,3,elm", "4,5,elm"].join("\n");
    await visiting({}, async (page) => {
      await page.locator("summary", { hasText: "Your own" }).click();
      await page.locator("#paste").fill(list);
      await page.locator("#take-paste").click();
      await expect.poll(() => page.locator("#plane .dot").count()).toBe(4);
      for (let left = 3; left >= 0; left--) {
        await page.locator("#delete").click();
        await expect.poll(() => page.locator("#plane .dot").count()).toBe(left);
      }
      expect(await page.locator("#problem").textContent()).toMatch(/There are no points/);
      await page.locator("#put-back").click();
      await expect.poll(() => page.locator("#problem").textContent()).toBe("");
    });
  });

  it("that were moved stay where they are with another seed", async () => {
    await visiting({}, async (page) => {
      const described = page.locator(".example-part [aria-live]");
      await page.locator("#point-u").fill("20");
      await page.locator("#point-u").press("Tab");
      await expect.poll(() => described.textContent()).toMatch(/alder.*x1 20/);
      const moved = async (): Promise<string | undefined> =>
        /m(\d+):/.exec(await page.evaluate(() => location.hash))?.[1];
      await expect.poll(moved).toBeDefined();
      const id = await moved();
      await page.locator("#new-seed").click();
      await atRest(page);
      await expect.poll(() => page.evaluate(() => location.hash)).toContain("seed=1");
      await page.evaluate((point) => {
        location.hash += `&point=${point}`;
      }, id);
      await expect.poll(() => described.textContent()).toMatch(/alder.*x1 20/);
    });
  });

  it.each(["blobs", "overlapping", "iris", "ring", "outlier"])("%s can be chosen and learned", async (name) => {
    await visiting({}, async (page) => {
      await page.locator("#data").selectOption(name);
      await goTo(page, 30);
      expect(await whole(page, "train-loss")).toBeGreaterThan(0);
    });
  });

  it("a ring needs the squares of the features", async () => {
    await visiting({ hash: "data=ring&step=150" }, async (page) => {
      expect(await whole(page, "accuracy")).toBeLessThan(0.8);
      await page.locator("#squares").check();
      await expect.poll(() => whole(page, "accuracy")).toBe(1);
    });
  });

  it("of iris can be seen in any two features", async () => {
    await visiting({ hash: "data=iris&axes=2,3&step=100" }, async (page) => {
      const petals = await whole(page, "accuracy");
      await page.locator("#axis-u").selectOption("0");
      await page.locator("#axis-v").selectOption("1");
      await expect.poll(() => whole(page, "accuracy")).toBeLessThan(petals);
    });
  });
});

describe("a table of one's own", () => {
  const rows = (names: string[]): string =>
    Array.from({ length: 30 }, (_, i) => `${i % 7},${(i * i) % 11},${5 - (i % 2) * 9},${names[i % 2]}`).join("\n");

  async function paste(page: Page, text: string): Promise<void> {
    if (!(await page.locator("#paste").isVisible())) await page.locator("summary", { hasText: "Your own" }).click();
    await page.locator("#paste").fill(text);
    await page.locator("#take-paste").click();
  }

  it("is read, and the two columns that tell most are the axes", async () => {
    await visiting({}, async (page) => {
      await paste(page, `noise,chance,told,kind\n${rows(["oak", "elm"])}`);
      await expect.poll(() => page.locator("#axis-v").inputValue()).toBe("2");
      await goTo(page, 40);
      expect(await whole(page, "accuracy")).toBe(1);
    });
  });

  it("that is broken is told by line and column, and nothing is lost", async () => {
    await visiting({ hash: "step=20" }, async (page) => {
      const before = await allNumbers(page);
      await paste(page, "a,b,kind\n1,2,oak\n1,two,elm\n");
      expect(await page.locator("#notice").textContent()).toBe(
        'the pasted table: line 3, column "b": "two" is not a number',
      );
      expect(await allNumbers(page)).toEqual(before);
      await paste(page, "");
      expect(await page.locator("#notice").textContent()).toBe("the pasted table: the file is empty");
    });
  });

  it("whose names are markup is shown as text, and nothing in it runs", async () => {
    const names = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>"];
    await visiting({}, async (page) => {
      await paste(page, `<b>a</b>,"<svg onload=alert(3)>",c,kind\n${rows(names)}`);
      await expect.poll(() => page.locator("#stages").textContent()).toContain(names[0]);
      await goTo(page, 10);
      expect(await page.locator("main img, main script, main b:not(.bar b)").count()).toBe(0);
    });
  });

  it("cannot be in an address, which says so", async () => {
    await visiting({ hash: "data=csv&step=5" }, async (page) => {
      expect(await page.locator("#notice").textContent()).toMatch(/table of one's own/);
    });
  });
});
