import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readTable } from "../src/lesson/csv.ts";
import { iris, splitData } from "../src/lesson/data.ts";
import { irisCsv } from "../src/lesson/iris.ts";
import { matrix, vector } from "../src/lesson/numbers.ts";
import { UserError } from "../src/lesson/user-error.ts";
import { loadDataset, tableFile } from "../src/node/tables.ts";

const folder = mkdtempSync(join(tmpdir(), "csv-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "table.csv");
  writeFileSync(path, text);
  return path;
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("nothing was thrown");
}

describe("readTable", () => {
  const read = (text: string, label?: string) => readTable(text, { name: "table.csv", label });

  it("takes the last column as the label", () => {
    const table = read("a,b,kind\n1,2.5,x\n-3e2,.5,y\n");
    expect(table).toEqual({
      features: ["a", "b"],
      rows: [
        [1, 2.5],
        [-300, 0.5],
      ],
      labels: ["x", "y"],
    });
  });

  it("takes any column as the label, in any place", () => {
    const table = read("kind,a\nx,1\ny,2\n", "kind");
    expect(table).toEqual({ features: ["a"], rows: [[1], [2]], labels: ["x", "y"] });
  });

  it("reads byte-order marks, Windows line ends, quotes, spaces and blank lines", () => {
    const table = read('\uFEFFa, "b, c" ,kind\r\n\r\n1, 2 ,"x y"\r\n3,4,z\r\n\r\n');
    expect(table).toEqual({
      features: ["a", "b, c"],
      rows: [
        [1, 2],
        [3, 4],
      ],
      labels: ["x y", "z"],
    });
  });

  it("lets no terminal codes or line breaks through in names", () => {
    const table = read('a,"ki\nnd"\n1,\x1b[31mred\n2,blue\n');
    expect(JSON.stringify(table)).not.toMatch(/\\u001b|\\n/);
    expect(table).toMatchObject({ features: ["a"], labels: ["␛[31mred", "blue"] });
    expect(read('"ki\nnd",a\nx,1\ny,2\n', "ki\nnd").labels).toEqual(["x", "y"]);
  });

  it.each([
    ["empty", "", "the file is empty"],
    ["only a header", "a,b,c\n", "there is a header but no row of data"],
    ["a short line", "a,b,c\n1,2,x\n1,2\n", "line 3 has 2 cells, but the header has 3"],
    ["a long line", "a,b,c\n1,2,x,4\n", "line 2 has 4 cells, but the header has 3"],
    ["a word", "a,b,c\n1,2,x\n\n1,two,y\n", 'line 4, column "b": "two" is not a number'],
    ["an infinity", "a,b,c\n1,Infinity,x\n", 'line 2, column "b": "Infinity" is not a number'],
    ["a number out of range", "a,b,c\n1,1e999,x\n", 'line 2, column "b": "1e999" is not a number'],
    ["a hole", "a,b,c\n1,,x\n", 'line 2, column "b": the cell is empty'],
    ["a missing label", "a,b,c\n1,2,\n", 'line 2, column "c": the cell is empty'],
    ["a name twice", "a,a,c\n1,2,x\n", 'the header names column "a" twice'],
    ["no name", "a,,c\n1,2,x\n", "column 2 has no name in the header"],
    ["no header", "5.1,3.5,x\n4,3,y\n", "the first line must name the columns, but it holds the number 5.1"],
    ["semicolons", "a;b\n1;x\n", 'only one column, "a;b": cells are separated by commas, and a label is needed'],
    [
      "an open quote",
      'a,b\n1,"x\n',
      "not a CSV file: Quote Not Closed: the parsing is finished with an opening quote at line 2",
    ],
  ])("names what is wrong: %s", (_, text, problem) => {
    expect(messageOf(() => read(text))).toBe(`table.csv: ${problem}`);
  });

  it("names a label that is not there, and those that are", () => {
    const message = messageOf(() => read("a,b\n1,x\n", "z"));
    expect(message).toContain('--label "z" is not a column; there are "a", "b"');
  });
});

describe("loadDataset", () => {
  const load = (text: string) => loadDataset({ data: file(text), label: undefined, seed: 0 });

  it("names a file that is not there, and a folder", () => {
    const message = (data: string) => messageOf(() => loadDataset({ data, label: undefined, seed: 0 }));
    const hint = "(--data takes blobs, iris or a CSV file)";
    expect(message("no/such.csv")).toBe(`cannot read no/such.csv: no such file ${hint}`);
    expect(message(folder)).toBe(`cannot read ${folder}: it is a directory ${hint}`);
  });

  it("orders classes by value when they are numbers, else by name", () => {
    expect(load("a,y\n1,10\n2,9\n3,10\n4,9\n").classes).toEqual(["9", "10"]);
    const words = load("a,y\n1,b\n2,B\n3,a\n4,b\n5,B\n6,a\n");
    expect(words.classes).toEqual(["B", "a", "b"]);
    expect(vector(words.y)).toEqual([2, 0, 1, 2, 0, 1]);
  });

  it("refuses one class, and too few rows to hold some out", () => {
    expect(messageOf(() => load("a,y\n1,x\n2,x\n3,x\n4,x\n"))).toContain('every row has the class "x"');
    expect(messageOf(() => load("a,y\n1,x\n2,y\n3,x\n"))).toContain("3 rows for 2 classes are too few");
    expect(messageOf(() => load("a,y\n1,2.1\n2,2.2\n3,2.3\n4,2.4\n"))).toContain("4 rows for 4 classes are too few");
  });

  it("ships Fisher's iris: 50 flowers of each species, with the two rows that UCI has wrong", () => {
    const flowers = loadDataset({ data: "iris", label: undefined, seed: 0 });
    expect(flowers.x.shape).toEqual([150, 4]);
    expect(flowers.classes).toEqual(["setosa", "versicolor", "virginica"]);
    for (const k of [0, 1, 2]) expect(vector(flowers.y).filter((y) => y === k)).toHaveLength(50);
    expect(matrix(flowers.x)[34]).toEqual([4.9, 3.1, 1.5, 0.2]);
    expect(matrix(flowers.x)[37]).toEqual([4.9, 3.6, 1.4, 0.1]);
  });

  it("has the same iris where there are no files", async () => {
    const csv = readFileSync(tableFile("iris") ?? "", "utf8");
    const comment =
      "data/iris.csv, for programs that have no files. A test compares the two, and with -u it writes this one.";
    const module = `/** ${comment} */\nexport const irisCsv = \`${csv}\`;\n`;
    await expect(module).toMatchFileSnapshot("../src/lesson/iris.ts");
    expect(irisCsv).toBe(csv);
    const { x, y, ...names } = loadDataset({ data: "iris", label: undefined, seed: 0 });
    expect(iris()).toMatchObject(names);
    expect(matrix(iris().x)).toEqual(matrix(x));
    expect(vector(iris().y)).toEqual(vector(y));
  });

  it("draws the same blobs from the same seed, and others from another", () => {
    const draw = (seed: number) => vector(loadDataset({ data: "blobs", label: undefined, seed }).x);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it("splits every row into exactly one part, with its own class", () => {
    const data = load(`a,y\n${Array.from({ length: 30 }, (_, i) => `${i},${i % 3}`).join("\n")}\n`);
    const { xTrain, yTrain, xTest, yTest } = splitData(data, 1);
    const all = [...vector(xTrain), ...vector(xTest)];
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(vector(xTest)).toHaveLength(10);
    expect([...vector(yTrain), ...vector(yTest)]).toEqual(all.map((value) => value % 3));
  });
});
