/** The playground: snippets are edited, run and ended in the page. */
import { expect, it } from "vitest";
import { violations } from "./axe.ts";
import { run, visiting, write } from "./visiting.ts";

const tensorOf = 'import { tensor } from "@tendril/tensor";\n';

it("runs what was edited, and goes back to what the document has", async () => {
  await visiting("start.html", { theme: "dark", width: 360 }, async (page) => {
    const snippet = page.locator("run-snippet").first();
    await write(snippet, `${tensorOf}const a: number[] = [1, 2, 3];\nconsole.log(tensor(a).pow(2), { a });`);
    expect(await run(snippet)).toBe("tensor([1., 4., 9.]) { a: [ 1, 2, 3 ] }\n");
    expect(await violations(page)).toEqual([]);
    await snippet.getByRole("button", { name: "Reset" }).click();
    expect(await run(snippet)).toContain("float32");
  });
});

it("runs by Ctrl-Enter, from the keyboard alone", async () => {
  await visiting("start.html", {}, async (page) => {
    const snippet = page.locator("run-snippet").first();
    await write(snippet, 'console.log("by keys");');
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => snippet.locator(".output").textContent()).toBe("by keys\n");
  });
});

it.each([
  [
    "an error of Tendril",
    `${tensorOf}const a = tensor([[1, 2]]);\nconsole.log("so far");\na.matmul(a);`,
    /^so far\nsnippet\.ts:4\na\.matmul\(a\);\n\nShapeError: matmul: \[1, 2\] @ \[1, 2\]: .*\n {4}at snippet\.ts:4/,
  ],
  [
    "one that was not awaited",
    "Promise.reject(new TypeError('late'));\nawait new Promise((r) => setTimeout(r, 50));",
    /TypeError: late/,
  ],
  [
    "a name that is not exported",
    'import { tensr } from "@tendril/tensor";\ntensr(1);',
    /SyntaxError: .*does not provide an export named 'tensr'/,
  ],
  [
    "a package that is not there",
    'import { z } from "zod";\nz.string();',
    /Cannot find package 'zod'; here there are @tendril\/tensor/,
  ],
  ["what is no program", "const = 1;", /SyntaxError: .*1:7/],
] as const)("shows %s", async (_, program, printed) => {
  await visiting("start.html", {}, async (page) => {
    const snippet = page.locator("run-snippet").first();
    await write(snippet, program);
    const late = program.startsWith("Promise");
    expect(await run(snippet, late ? "done" : "failed")).toMatch(printed);
  });
});

it.each([
  ["silent", "for (;;) {}"],
  ["that prints", 'for (;;) console.log("again");'],
])("ends an endless loop: %s", async (_, program) => {
  await visiting("start.html", {}, async (page) => {
    const snippet = page.locator("run-snippet").first();
    await write(snippet, program);
    await snippet.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForTimeout(500);
    expect(await snippet.getAttribute("data-state")).toBe("running");
    await snippet.getByRole("button", { name: "Stop" }).click();
    expect(await snippet.getByRole("status").textContent()).toBe("stopped");
    expect(((await snippet.locator(".output").textContent()) ?? "").length).toBeLessThan(100_100);
    await snippet.locator(".cm-content").fill("console.log(6 * 7);");
    expect(await run(snippet)).toBe("42\n");
  });
});

it("offers no button for what needs files", async () => {
  await visiting("digits.html", {}, async (page) => {
    expect(await page.locator("pre", { hasText: "readFileSync" }).count()).toBeGreaterThan(0);
    expect(await page.locator("run-snippet", { hasText: "readFileSync" }).count()).toBe(0);
  });
});
