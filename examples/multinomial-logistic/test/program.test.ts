import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseOptions } from "../src/node/options.ts";
import { bundled } from "./bundled.ts";

const program = bundled();
const folder = mkdtempSync(join(tmpdir(), "program-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the program as a user would, in a folder of its own. */
function demo(args: string, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const words = [program, ...args.split(" ").filter(Boolean)];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: folder, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

function withoutTimes(text: string): string {
  return text.replaceAll(/steps in [\d.]+ s: [\d,]+ steps a second/g, "");
}

const read = (name: string): string => readFileSync(join(folder, name), "utf8");

describe.concurrent("the default run", () => {
  it("tells the whole story, in about a hundred plain lines, and writes the page", async () => {
    const { code, stdout, stderr } = await demo("");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const part of [
      /600 rows, 2 features: x1, x2/,
      /at step 0: 1\.\d{4} {8}ln 3: 1\.0986/,
      /p = softmax\(z\)/,
      /largest relative error \d\.\de-\d+/,
      /epoch 60\/60 {2}loss 0\.\d{4} {2}held-out accuracy \d/,
      /loss 1\.\d{4} █[▁▂▃▄▅▆▇█]+ 0\.\d{4}/,
      /780 steps in [\d.]+ s: [\d,]+ steps a second/,
      /right on 19\d of 200 held-out rows: 9\d\.\d %/,
      /A ·· alder {3}B :: birch {3}C -- cedar/,
      /true ↓ {3}named → {2}alder/,
      /W x1 {2}/,
      /out\/report\.html/,
    ]) {
      expect(stdout).toMatch(part);
    }
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(110);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).not.toContain("\x1b");
    expect(stdout).not.toContain("\r");
    expect(parseHTML(read("out/report.html")).document.querySelectorAll("svg")).toHaveLength(3);

    const again = await demo("");
    expect(withoutTimes(again.stdout)).toBe(withoutTimes(stdout));
  });

  it("suggests commands that it understands", async () => {
    const { stdout } = await demo("--epochs 1 --report r.html");
    const commands = [...stdout.matchAll(/npm start -- (.*?) {2}/g)].map((match) => match[1] ?? "");
    expect(commands.length).toBeGreaterThanOrEqual(5);
    for (const command of commands) expect(() => parseOptions(command.split(" "))).not.toThrow();
  });

  it("takes iris, with either loss", async () => {
    const { code, stdout } = await demo("--data iris --loss mse --l2 0.001 --optimizer adam --report iris.html");
    expect(code).toBe(0);
    expect(stdout).toMatch(/150 rows, 4 features: sepal_length, sepal_width, petal_length, petal_width/);
    expect(stdout).toMatch(/\(C − 1\)\/C² with C = 3: 0\.2222/);
    expect(stdout).toMatch(/WHY NOT THE SQUARED ERROR/);
    expect(stdout).toMatch(/cross-entropy +\d+\.\d % +\d+\.\d %\n +squared error/);
    expect(stdout).toMatch(/1st principal axis/);
    expect(read("iris.html")).toContain("setosa");
  });

  it("takes a table of one's own, with one feature, two classes and the label in front", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i < 20 ? "low" : "high"},${i + (i % 3)}`);
    writeFileSync(join(folder, "own.csv"), `kind,size\n${rows.join("\n")}\n`);
    const { code, stdout } = await demo("--data own.csv --label kind --report own.html");
    expect(code).toBe(0);
    expect(stdout).toMatch(/40 rows, 1 feature: size/);
    expect(stdout).toMatch(/ln 2: 0\.6931/);
  });

  // `script` runs a command in a pseudo-terminal; its options are those of util-linux.
  const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;
  it.skipIf(!hasScript)("uses colour and redraws in a terminal, and neither with NO_COLOR, and fits 40 columns", () => {
    const inTerminal = (env: NodeJS.ProcessEnv, columns = 80, args = ""): string => {
      const words = [process.execPath, program, "--epochs", "3", "--report", "tty.html", args];
      const command = `stty cols ${columns}; ${words.join(" ")}`;
      const settings = {
        cwd: folder,
        env: { ...process.env, TERM: "xterm", NO_COLOR: "", ...env },
        encoding: "utf8",
      } as const;
      return spawnSync("script", ["-qec", command, "/dev/null"], settings).stdout;
    };
    for (const args of [
      "",
      "--data iris --loss mse --l2 0.1 --save a/path/that/is/longer/than/forty/columns.json",
      "--help",
    ]) {
      const lines = stripVTControlCharacters(inTerminal({}, 40, args)).split(/[\r\n]+/);
      expect(lines.length).toBeGreaterThan(40);
      expect(lines.filter((line) => line.length > 40)).toEqual([]);
    }
    const live = inTerminal({});
    expect(live).toContain("\x1b[36m");
    expect(live).toContain("\r\x1b[2K");
    expect(inTerminal({ NO_COLOR: "1" })).not.toContain("\x1b");
  });
});

describe.concurrent("--json", () => {
  it("prints one line per epoch and a summary, the same bytes for the same seed, and no page", async () => {
    const [one, two, other] = await Promise.all([1, 1, 2].map((seed) => demo(`--json --epochs 5 --seed ${seed}`)));
    const lines = one!.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual([...Array(5).fill("epoch"), "summary"]);
    expect(lines.slice(0, 5).map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    for (const line of lines) {
      for (const key of ["loss", "trainAccuracy", "testLoss", "testAccuracy"]) expect(line[key]).toBeTypeOf("number");
    }
    expect(lines[5]).toMatchObject({ classes: ["alder", "birch", "cedar"], lossOfGuessing: Math.log(3) });
    expect(two!.stdout).toBe(one!.stdout);
    expect(other!.stdout).not.toBe(one!.stdout);
    expect(one!.stderr).toBe("");
  });

  it("still writes the page when it is asked for", async () => {
    const { stdout } = await demo("--json --epochs 2 --report asked.html");
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(existsSync(join(folder, "asked.html"))).toBe(true);
  });
});

describe.concurrent("--save and --load", () => {
  it("come back to the same numbers, and go on from there", async () => {
    const saved = await demo("--json --seed 3 --epochs 4 --save deep/er/model.json");
    const summary = JSON.parse(saved.stdout.trimEnd().split("\n").at(-1)!) as Record<string, unknown>;
    const file = JSON.parse(read("deep/er/model.json")) as Record<string, unknown>;
    expect(file).toMatchObject({ features: ["x1", "x2"], weight: summary.weight, bias: summary.bias });

    const [loaded, continued, misfit] = await Promise.all([
      demo("--json --seed 3 --load deep/er/model.json"),
      demo("--json --seed 3 --load deep/er/model.json --epochs 2"),
      demo("--data iris --load deep/er/model.json"),
    ]);
    expect(JSON.parse(loaded!.stdout)).toEqual({
      ...summary,
      startLoss: summary.loss,
      gradientError: expect.any(Number),
    });
    const more = continued!.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { loss: number; type: string });
    expect(more.map(({ type }) => type)).toEqual(["epoch", "epoch", "summary"]);
    expect(more[0]!.loss).toBeLessThan(summary.loss as number);
    expect(misfit!.code).toBe(2);
    expect(misfit!.stderr).toMatch(/^error: .*its features are x1, x2, but the data has sepal_length.*\n$/);
  });
});

describe.concurrent("mistakes", () => {
  beforeAll(() => {
    writeFileSync(join(folder, "ragged.csv"), "a,b,c\n1,2,x\n1,2\n");
    writeFileSync(join(folder, "single.csv"), "a,c\n1,x\n2,x\n3,x\n4,x\n");
    writeFileSync(join(folder, "huge.csv"), `a,c\n${[1, 2, 3, 4, 5, 6].map((i) => `${i}e300,${i % 2}`).join("\n")}\n`);
    writeFileSync(join(folder, "damaged.json"), '{"format":"tendril multinomial-logistic 1","features":["a"]}');
  });

  it.each([
    ["--data nowhere.csv", "cannot read nowhere.csv: no such file"],
    ["--data ragged.csv", "ragged.csv: line 3 has 2 cells, but the header has 3"],
    ["--data single.csv", 'every row has the class "x"'],
    ["--data huge.csv", 'huge.csv: column "a": the numbers are too large'],
    ["--epochs 0", "--epochs must be a whole number, 1 or more"],
    ["--nonsense", "Unknown option '--nonsense'"],
    ["--report .", "cannot write .: it is a directory"],
    ["--save ragged.csv/model.json", "cannot write ragged.csv/model.json:"],
    ["--load damaged.json", "damaged.json: not a file that --save wrote, or a damaged one"],
    ["--lr 1e308", "the loss is no longer a number"],
  ])("%s: one line on stderr, exit code 2", async (args, message) => {
    const { code, stderr } = await demo(`${args} --epochs 1`.replace("--epochs 0 --epochs 1", "--epochs 0"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(message);
  });
});
