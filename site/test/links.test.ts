/** The check of the built site's links finds what it is there to find. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { built } from "../build/contents.ts";
import { brokenIn } from "../build/links.ts";
import { baseOfBuilt } from "./server.ts";

it("all links of the site lead somewhere", () => {
  const { pages, links, broken } = brokenIn(built, baseOfBuilt());
  expect(broken).toEqual([]);
  expect(pages).toBeGreaterThan(15);
  expect(links).toBeGreaterThan(300);
});

it("finds links to pages and headings that are not there, and beside the base", () => {
  const site = mkdtempSync(join(tmpdir(), "tendril-site-"));
  try {
    const links = ["/base/b.html#here", "b.html#gone", "/b.html", "c.html", "./", "https://example.org", "#self"];
    const html = links.map((link) => `<a class="x" href="${link}">x</a>`).join("");
    writeFileSync(join(site, "a.html"), `<h1 id="self">A</h1>${html}<iframe src="none.html"></iframe>`);
    writeFileSync(join(site, "b.html"), '<h1 id="here">B</h1>');
    expect(brokenIn(site, "/base/").broken).toEqual([
      "a.html: b.html#gone leads to no heading",
      "a.html: /b.html leads to no file",
      "a.html: c.html leads to no file",
      "a.html: ./ leads to no file",
      "a.html: none.html leads to no file",
    ]);
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
});
