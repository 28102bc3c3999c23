import { confusionMatrix } from "@tendril/nn";
import { tensor } from "@tendril/tensor";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, it } from "vitest";
import { type Dataset, fitStandardizer, splitData, standardizeSplit } from "../src/lesson/data.ts";
import { measure, train } from "../src/lesson/loop.ts";
import { createModel, predict } from "../src/lesson/model.ts";
import { matrix } from "../src/lesson/numbers.ts";
import { drawPicture } from "../src/lesson/picture.ts";
import { pickExample } from "../src/lesson/pipeline.ts";
import { score } from "../src/lesson/run.ts";
import { type Options, parseOptions } from "../src/node/options.ts";
import { loadDataset } from "../src/node/tables.ts";
import { htmlReport } from "../src/shows/report/report.ts";
import { describeEverything, type RunOfProgram } from "../src/shows/terminal/after.ts";
import { widthOf, wrap } from "../src/shows/terminal/columns.ts";
import { createStyle } from "../src/shows/terminal/style.ts";

function runOn(dataset: Dataset, options: Options): RunOfProgram {
  const measured = splitData(dataset, options.seed);
  const standardizer = fitStandardizer(measured);
  const split = standardizeSplit(measured, standardizer);
  const classes = dataset.classes.length;
  const model = createModel({ features: dataset.features.length, classes, seed: options.seed });
  const start = measure(model, split, options);
  const epochs = [...train(model, split, options)];
  const confusion = matrix(confusionMatrix(predict(model, split.xTest).argmax(1), split.yTest, classes));
  return {
    options,
    dataset,
    model,
    start,
    epochs,
    interrupted: false,
    result: measure(model, split, options),
    confusion,
    picture: drawPicture(model, dataset, split, standardizer),
    example: pickExample(measured, split),
    firstGuess: 1 / classes,
  };
}

const options = parseOptions(["--data", "iris", "--epochs", "20"]) as Options;
let run: RunOfProgram;
let html: string;
beforeAll(() => {
  run = runOn(loadDataset(options), options);
  html = htmlReport(run);
});

describe("the HTML report", () => {
  it("is a page with three charts and a table", () => {
    const { document } = parseHTML(html);
    expect(html.startsWith("<!doctype html>")).toBe(true);
    expect(document.querySelectorAll("svg")).toHaveLength(3);
    expect([...document.querySelectorAll("svg")].map((svg) => svg.getAttribute("aria-label"))).toEqual([
      "Line chart of the loss after each epoch",
      "Map of the classes that the model names, with the points",
      "Confusion matrix",
    ]);
    expect(document.querySelectorAll("tbody tr")).toHaveLength(5);
    const { right, total } = score(run.confusion);
    expect(total).toBe(50);
    expect(document.querySelector("h1")?.textContent).toContain(`right on ${right} of 50 held-out rows`);
  });

  it("draws every point, and a region for each class", () => {
    const { document } = parseHTML(html);
    const map = [...document.querySelectorAll("svg")][1]!;
    const wrong = 50 - score(run.confusion).right;
    expect(map.querySelectorAll("[aria-label=dot] > *")).toHaveLength(150 + wrong);
    expect(map.querySelectorAll("[aria-label=line] > path")).toHaveLength(3);
    for (const name of run.dataset.classes) expect(map.textContent).toContain(name);
  });

  it("needs nothing from elsewhere", () => {
    const external = html
      .replaceAll("http://www.w3.org/2000/svg", "")
      .match(/https?:|url\(|@import|<script|<link|src=/g);
    expect(external).toBeNull();
  });

  it("has colours for light and for dark", () => {
    expect(html).toContain("color-scheme: light dark");
    expect(html).toContain("@media (prefers-color-scheme: dark)");
    for (const k of [0, 1, 2]) expect(html.split(`--class${k}: #`)).toHaveLength(3);
  });

  it("is the same for the same run", () => {
    expect(htmlReport(run)).toBe(html);
  });

  it("shows odd names as text", () => {
    const dataset: Dataset = {
      about: "<b>odd</b>",
      features: ["<i>"],
      classes: ['<script>alert("a")</script>', "b&c"],
      x: tensor([[1], [2], [3], [4], [5], [6]], { dtype: "float64" }),
      y: tensor([0, 0, 0, 1, 1, 1], { dtype: "int32" }),
    };
    const odd = htmlReport(runOn(dataset, options));
    const { document } = parseHTML(odd);
    expect(document.querySelectorAll("script, body b, body i")).toHaveLength(0);
    expect(document.querySelectorAll("svg")).toHaveLength(3);
    expect(document.querySelector("p")?.textContent).toContain("<b>odd</b>");
  });
});

describe("a thousand classes", () => {
  const count = 1000;
  const rows = Array.from({ length: 3 * count }, (_, i) => [(i * 37) % 101, (i * 53) % 97]);
  const dataset: Dataset = {
    about: "many",
    features: ["a", "b"],
    classes: Array.from({ length: count }, (_, k) => `class ${k}`),
    x: tensor(rows, { dtype: "float64" }),
    y: tensor(
      rows.map((_, i) => i % count),
      { dtype: "int32" },
    ),
  };

  it("are shown in part, in the page and in the terminal, and both say so", () => {
    const many = runOn(dataset, { ...options, epochs: 1 });
    const page = htmlReport(many);
    expect(page.length).toBeLessThan(500_000);
    expect(page.match(/\(974 more classes are not shown\)/g)).toHaveLength(3);
    const [, map, confusion] = [...parseHTML(page).document.querySelectorAll("svg")];
    expect(map?.querySelectorAll("[aria-label=line] > path").length).toBeLessThanOrEqual(26);
    expect(confusion?.querySelectorAll("[aria-label=cell] > rect")).toHaveLength(26 * 26);

    const lines = describeEverything(many, createStyle({}, {}, { json: false }));
    expect(lines.length).toBeLessThan(60);
    expect(lines).toContain("  (974 more classes are not shown): no points, and blank ground");
    expect(lines.join("\n")).toMatch(/(\d+) more classes are not shown\)\n\nWHAT WAS LEARNED/);
  });

  it("with as many as there are letters, all are shown", () => {
    const classes = dataset.classes.slice(0, 26);
    const few: Dataset = {
      ...dataset,
      classes,
      y: tensor(
        rows.map((_, i) => i % 26),
        { dtype: "int32" },
      ),
    };
    const page = htmlReport(runOn(few, { ...options, epochs: 1 }));
    expect(page).not.toContain("not shown");
    expect(page).toContain("class 25");
  });
});

describe("many points, epochs and features", () => {
  const table = (rowCount: number, featureCount: number): Dataset => {
    const rows = Array.from({ length: rowCount }, (_, i) =>
      Array.from({ length: featureCount }, (_, j) => (i * (j + 3)) % 17),
    );
    const y = tensor(
      rows.map((_, i) => i % 2),
      { dtype: "int32" },
    );
    const features = Array.from({ length: featureCount }, (_, j) => `f${j}`);
    return { about: "large", features, classes: ["a", "b"], x: tensor(rows, { dtype: "float64" }), y };
  };

  it("are shown in part, and the page says so", () => {
    const long = runOn(table(12_000, 2), { ...options, epochs: 1, batchSize: 1000 });
    const epochs = Array.from({ length: 20_000 }, (_, i) => ({ ...long.epochs[0]!, epoch: i + 1 }));
    const page = htmlReport({ ...long, epochs });
    expect(page).toContain("One in 3 rows is drawn.");
    expect(page).toContain("One in 5 epochs is drawn.");
    expect(page.length).toBeLessThan(1_500_000);
    expect(htmlReport(runOn(table(30, 120), options))).toContain("(20 more features are not shown)");
  });
});

describe("the terminal", () => {
  it("stays within 100 columns, with many features and classes of long names too", () => {
    const classes = Array.from({ length: 30 }, (_, k) => `a rather long name of a class ${k}`);
    const rows = Array.from({ length: 120 }, (_, i) =>
      Array.from({ length: 15 }, (_, j) => ((i * 7 + j * j * 3) % 11) + (i % 30)),
    );
    const dataset: Dataset = {
      about: "wide",
      features: Array.from({ length: 15 }, (_, j) => `a rather long name of a feature ${j}`),
      classes,
      x: tensor(rows, { dtype: "float64" }),
      y: tensor(
        rows.map((_, i) => i % 30),
        { dtype: "int32" },
      ),
    };
    const wide = runOn(dataset, options);
    const lines = describeEverything(wide, createStyle({}, {}, { json: false }));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.join("\n")).toContain("not shown");

    const narrow = describeEverything(wide, createStyle({ isTTY: true, columns: 40 }, {}, { json: false }));
    const printed = narrow.flatMap((line) => wrap(line, 40));
    expect(Math.max(...printed.map(widthOf))).toBeLessThanOrEqual(40);
    // Tables and the map are made narrower, not broken.
    expect(printed.filter((line) => line.includes("│"))).toHaveLength(18);
    expect(printed.filter((line) => /W a rathe/.test(line))).toHaveLength(3 * 10);
  });

  it("has room for what it shows: a window says how much, a file takes 100 columns", () => {
    const widthIn = (stream: object) => createStyle(stream, {}, { json: false }).width;
    const windows = [{ columns: 57 }, { columns: 300 }, { columns: 12 }, { columns: 0 }, {}];
    expect(windows.map((window) => widthIn({ isTTY: true, ...window }))).toEqual([57, 100, 40, 80, 80]);
    expect(widthIn({})).toBe(100);
  });
});
