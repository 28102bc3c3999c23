import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, describe, expect, it } from "vitest";
import { printable } from "../src/lesson/printable.ts";
import { bundled } from "./bundled.ts";

const program = bundled();
const folder = mkdtempSync(join(tmpdir(), "printable-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8" });
/** Whatever a terminal might obey, in one byte (C1) or more, or hide from the reader. */
const steering = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const bad = "\x1b[31mred\x07\x9b2J\u202e";
const shown = "␛[31mred␇<U+009B>2J<U+202E>";

describe("printable", () => {
  it("shows as text what a terminal would obey, and leaves all else alone", () => {
    expect(printable("a\tb\r\nc\x00\x7f\u2028\ud800")).toBe("a␉b␍␊c␀␡<U+2028><U+D800>");
    expect(printable(bad)).toBe(shown);
    expect(printable("naïve ∂x → 日本 👩‍👩‍👧 <b>")).toBe("naïve ∂x → 日本 👩‍👩‍👧 <b>");
  });
});

describe("the program", () => {
  const table = `a${bad}a,b,kind${bad}k\n${Array.from({ length: 30 }, (_, i) => `${i},${i % 7},${i < 15 ? `x${bad}y` : "z"}`).join("\n")}\n`;

  it("sends nothing to the terminal raw: names of columns, classes and files", () => {
    // A file name can hold anything but "/" and NUL; "<" for the page, which must escape it.
    const [data, weights, page] = [`d${bad}<b>.csv`, `w${bad}.json`, `r${bad}.html`];
    writeFileSync(join(folder, data), table);
    const first = run("--data", data, "--epochs", "1", "--save", weights, "--report", page);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    const { stdout } = run("--data", data, "--load", weights, "--report", page);
    for (const text of [first.stdout, stdout]) expect(text.match(steering)).toBeNull();
    expect(first.stdout).toContain(`w${shown}.json`);
    expect(first.stdout).toContain(`d${shown}<b>.csv`);
    expect(stdout).toContain(`w${shown}.json holds trained weights`);
    const html = readFileSync(join(folder, page), "utf8");
    expect(html.match(steering)).toBeNull();
    expect(parseHTML(html).document.title).toContain(`d${shown}<b>.csv`);
  });

  it("sends nothing to the terminal raw: errors about files and options", () => {
    writeFileSync(join(folder, "t.csv"), table);
    expect(run("--data", "t.csv", "--json", "--epochs", "1", "--save", "w.json").status).toBe(0);
    const weights = JSON.parse(readFileSync(join(folder, "w.json"), "utf8")) as { features: string[] };
    weights.features[0] = `${bad}\nsecond line`;
    writeFileSync(join(folder, "w.json"), JSON.stringify(weights));
    writeFileSync(join(folder, "word.csv"), `a,b\n${bad},x\n`);
    const cases: [args: string[], part: string][] = [
      [["--data", "t.csv", "--load", "w.json"], `its features are ${shown}␊second line, b`],
      [["--data", "word.csv"], `"${shown}" is not a number`],
      [["--data", "t.csv", "--label", `${bad}\n`], "is not a column"],
      [["--data", bad], `cannot read ${shown}: no such file`],
      [["--lr", bad], `not "${shown}"`],
      [["--save", `t.csv/${bad}`], "cannot write"],
      [[`--${bad}`], "Unknown option"],
    ];
    for (const [args, part] of cases) {
      const { status, stderr, stdout } = run(...args);
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toContain(part);
      expect(stderr).toMatch(/^error: [^\n]*\n$/);
      expect((stderr + stdout).match(steering)).toBeNull();
    }
  });
});
