import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { pictureFiles } from "../scripts/pictures/all.ts";
import { themes } from "../scripts/pictures/theme.ts";

// The lessons' pictures are drawn by `npm run pictures`, and are what it would draw now.
const docs = resolve(import.meta.dirname, "../docs");
const files = pictureFiles();
const markdown = readdirSync(docs)
  .filter((file) => file.endsWith(".md"))
  .map((file) => readFileSync(join(docs, file), "utf8"))
  .join("\n");

test("the folder holds these pictures and no others", () => {
  expect(readdirSync(join(docs, "pictures")).sort()).toEqual(files.map(([name]) => name).sort());
});

describe.each(files)("%s", (name, svg) => {
  test("is what `npm run pictures` draws", () => {
    expect(readFileSync(join(docs, "pictures", name), "utf8") === svg).toBe(true);
  });

  test("is small, needs nothing else, and says what it shows", () => {
    expect(Buffer.byteLength(svg)).toBeLessThan(60_000);
    expect(svg).not.toMatch(/<script|<style|<image|href|url\(|@import|var\(|NaN[",]|undefined/);
    expect(svg).toMatch(/<title id="[a-z-]+">[^<]{20,}<\/title>\n<desc id="[a-z-]+">[^<]{100,}<\/desc>/);
  });

  test("is XML: an image that is not is not shown at all", () => {
    const open: string[] = [];
    for (const [, end, tag, attributes = "", empty] of svg.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>/gi)) {
      const names = [...attributes.matchAll(/([\w:-]+)="[^"<]*"/g)].map(([, name]) => name);
      expect(attributes.replaceAll(/\s[\w:-]+="[^"<]*"/g, "").trim()).toBe("");
      expect(names).toEqual([...new Set(names)]);
      if (end) expect(open.pop()).toBe(tag);
      else if (!empty) open.push(tag as string);
    }
    expect(open).toEqual([]);
  });
});

test.each(files.map(([name]) => name).filter((name) => name.endsWith("-light.svg")))(
  "%s stands in a lesson with words for those who do not see it, and with its dark twin",
  (light) => {
    const dark = light.replace("-light", "-dark");
    const place = markdown.split("<picture>").find((part) => part.includes(`src="pictures/${light}"`)) ?? "";
    const picture = place.slice(0, place.indexOf("</picture>"));
    expect(picture).toContain(`<source media="(prefers-color-scheme: dark)" srcset="pictures/${dark}">`);
    expect(/alt="([^"]*)"/.exec(picture)?.[1]?.length).toBeGreaterThan(60);
  },
);

/** The contrast of two colours as WCAG defines it. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light as number) + 0.05) / ((dark as number) + 0.05);
}

test.each(themes)(
  "on $name, words have a contrast of at least 4.5 and marks of 3",
  ({ ground, ink, faint, classes }) => {
    for (const words of [ink, faint]) expect(contrast(words, ground)).toBeGreaterThan(4.5);
    for (const mark of classes) expect(contrast(mark, ground)).toBeGreaterThan(3);
  },
);
