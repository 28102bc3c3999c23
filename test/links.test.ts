import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { brokenLinks } from "./links.ts";

// Links of every document, as the code host follows them: to files of the repository, and to headings in them.
const root = resolve(import.meta.dirname, "..");
const listed = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" });
// (The pages that only the site has are checked there.)
const documents = listed.split("\n").filter((file) => file !== "" && !file.startsWith("site/pages/"));

test("there are documents", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]));
});

test.each(documents)("%s: every link leads to a file, or a heading, that is there", (document) => {
  expect(brokenLinks(root, document)).toEqual([]);
});

test("links to what is not there are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "tendril-links-"));
  try {
    const links = "[a](b.md) [b](#one) [c](a.md#two-2) [d](a.md#two-3) [e](none.md) [f](#None) [g](https://x.org/y)";
    writeFileSync(join(folder, "a.md"), `# One\n\n## \`two\`, 2\n\n${links}\n\n\`\`\`md\n[h](none)\n\`\`\`\n`);
    writeFileSync(join(folder, "b.md"), "# B\n");
    expect(brokenLinks(folder, "a.md")).toEqual(["a.md#two-3", "none.md", "#None"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
