import { stripVTControlCharacters } from "node:util";
import { tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import type { Picture } from "../src/lesson/picture.ts";
import { clip, columns, oneLine, widthOf, wrap } from "../src/shows/terminal/columns.ts";
import { drawMap } from "../src/shows/terminal/map.ts";
import { createProgress, progressLine } from "../src/shows/terminal/progress.ts";
import { sparkline } from "../src/shows/terminal/sparkline.ts";
import { createStyle } from "../src/shows/terminal/style.ts";

const plain = createStyle({}, {}, { json: false });
const live = createStyle({ isTTY: true }, {}, { json: false });
const colourCode = "\x1b[";

describe("style", () => {
  it("is live only in a terminal, without NO_COLOR, --json or a dumb terminal", () => {
    expect(live.live).toBe(true);
    expect(plain.live).toBe(false);
    expect(createStyle({ isTTY: true }, { NO_COLOR: "1" }, { json: false }).live).toBe(false);
    expect(createStyle({ isTTY: true }, { NO_COLOR: "" }, { json: false }).live).toBe(true);
    expect(createStyle({ isTTY: true }, { TERM: "dumb" }, { json: false }).live).toBe(false);
    expect(createStyle({ isTTY: true }, {}, { json: true }).live).toBe(false);
  });

  it("leaves text alone when it is not", () => {
    expect(plain.bold("a") + plain.dim("b") + plain.classColour(7, "c")).toBe("abc");
    expect(live.classColour(7, "c")).toContain(colourCode);
  });
});

describe("columns", () => {
  it("puts numbers under numbers", () => {
    expect(
      columns([
        ["", "a", "bcd"],
        ["row", "-1.50", "2"],
      ]),
    ).toEqual(["           a  bcd", "  row  -1.50    2"]);
  });

  it("puts what has no room beneath, under the same names", () => {
    const rows = [
      ["", "a", "bcd", "e"],
      ["row", "1", "2", "3"],
    ];
    expect(columns(rows, { width: 12 })).toEqual([
      "       a",
      "  row  1",
      "",
      "       bcd",
      "  row    2",
      "",
      "       e",
      "  row  3",
    ]);
    expect(columns(rows, { width: 14 })).toEqual(["       a  bcd", "  row  1    2", "", "       e", "  row  3"]);
  });

  it("counts what a terminal shows: two columns for wide characters, none for accents and colour codes", () => {
    expect(["", "abc", "日本", "e\u0301", "👍", "\x1b[31mred\x1b[39m", "█─∂→"].map(widthOf)).toEqual([
      0, 3, 4, 1, 2, 3, 4,
    ]);
    expect(clip("日本語の名前", 5)).toBe("日本…");
    expect(clip("👍👍👍", 4)).toBe("👍…");
    expect(
      columns([
        ["日本", "1"],
        ["abcd", "22"],
      ]),
    ).toEqual(["  日本   1", "  abcd  22"]);
  });

  it("fits on one line, and says what does not", () => {
    expect(oneLine(["aa", "bb", "cc"])).toBe("aa, bb, cc");
    expect(oneLine(["aa", "bb", "cc"], { width: 8 })).toBe("aa, bb, … and 1 more");
    expect(oneLine(["a long name", "b"], { width: 3 })).toBe("a long name, … and 1 more");
  });
});

describe("wrap", () => {
  it("goes on in the next line, between words, and only there where it can", () => {
    expect(wrap("  as it is", 10)).toEqual(["  as it is"]);
    expect(wrap("  one two  three four", 10)).toEqual(["  one two", "  three", "  four"]);
    expect(wrap("  a longlonglongword b", 8)).toEqual(["  a", "  longlo", "  nglong", "  word b"]);
    expect(wrap("日本語の名前", 5)).toEqual(["日本", "語の", "名前"]);
    expect(wrap("", 5)).toEqual([""]);
  });

  it("leaves colour codes whole", () => {
    expect(wrap("a \x1b[31mred word\x1b[39m", 5)).toEqual(["a \x1b[31mred", "word\x1b[39m"]);
    expect(wrap("\x1b[31mredredred\x1b[39m", 5)).toEqual(["redre", "dred"]);
  });
});

describe("sparkline", () => {
  it("goes from the highest bar to the lowest", () => {
    expect(sparkline([7, 6, 5, 4, 3, 2, 1, 0])).toBe("█▇▆▅▄▃▂▁");
    expect(sparkline([3, 3])).toBe("▁▁");
  });

  it("averages what does not fit", () => {
    expect(
      sparkline(
        Array.from({ length: 1000 }, (_, i) => (i < 500 ? 1 : 0)),
        { width: 4 },
      ),
    ).toBe("██▁▁");
  });
});

describe("progress", () => {
  const epoch = (n: number) => ({
    epoch: n,
    loss: 0.5,
    testAccuracy: 0.9,
    testLoss: 0,
    trainAccuracy: 0,
    steps: 0,
    seconds: 0,
  });
  const watch = (style: typeof plain, epochs: number, width?: number): string[] => {
    const written: string[] = [];
    const output = { columns: width, write: (text: string) => written.push(text) };
    const show = createProgress(output as { columns: number; write(text: string): number }, style, epochs);
    for (let n = 1; n <= epochs; n++) show(epoch(n));
    return written;
  };

  it("writes a few plain lines without a terminal", () => {
    const lines = watch(plain, 1000);
    expect(lines.length).toBeLessThan(8);
    expect(lines[0]).toBe("  epoch    1/1000  loss 0.5000  held-out accuracy 90.0 %\n");
    expect(lines.at(-1)).toContain("epoch 1000/1000");
    expect(lines.join("")).not.toContain("\r");
    expect(lines.join("")).not.toContain("\x1b");
    expect(watch(plain, 1)).toHaveLength(1);
  });

  it("redraws one line in a terminal, never wider than the window", () => {
    const written = watch(live, 50, 40);
    for (const text of written) expect(text.startsWith("\r\x1b[2K  epoch")).toBe(true);
    expect(written.slice(0, -1).join("")).not.toContain("\n");
    expect(written.at(-1)).toMatch(/\n$/);
    expect(written.at(-1)).toContain("epoch 50/50  loss 0.5000  90.0 %");
    for (const text of written) expect(text.trimEnd().length - "\r\x1b[2K".length).toBeLessThan(40);
  });

  it("fills the bar from the left", () => {
    expect(progressLine(epoch(1), 2, { bar: true })).toContain(`${"█".repeat(12)}${"░".repeat(12)}`);
    expect(progressLine(epoch(2), 2, { bar: true })).toContain("█".repeat(24));
  });
});

describe("drawMap", () => {
  const picture: Picture = {
    plane: { axes: ["width", "height"], share: 1, project: () => tensor([]), lift: () => tensor([]) },
    box: { left: 0, right: 4, bottom: 0, top: 2 },
    spots: [
      { at: [0.5, 1.5], class: 0, named: 0, heldOut: false },
      { at: [3.5, 0.5], class: 1, named: 1, heldOut: true },
      { at: [3.6, 0.6], class: 0, named: 1, heldOut: false },
    ],
    grid: (across, down) =>
      Array.from({ length: down }, () => Array.from({ length: across }, (_, c) => (c < across / 2 ? 0 : 1))),
    polygons: () => [],
  };

  it("draws regions, letters (held out on top) and both ranges", () => {
    expect(drawMap(picture, plain, { columns: 16, rows: 2 })).toEqual([
      "       ↑ height",
      "  2.0 │··a·····::::::::",
      "  0.0 │········::::::B:",
      "      └────────────────",
      "       0.0 width →  4.0",
    ]);
  });

  it("says the same in colour", () => {
    const coloured = drawMap(picture, live, { columns: 16, rows: 2 }).join("\n");
    expect(coloured).toContain(colourCode);
    expect(stripVTControlCharacters(coloured)).toBe(drawMap(picture, plain, { columns: 16, rows: 2 }).join("\n"));
  });
});
