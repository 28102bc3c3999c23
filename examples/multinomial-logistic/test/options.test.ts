import { describe, expect, it } from "vitest";
import { UserError } from "../src/lesson/user-error.ts";
import { help, parseOptions } from "../src/node/options.ts";

describe("parseOptions", () => {
  it("has defaults for everything", () => {
    expect(parseOptions([])).toEqual({
      data: "blobs",
      label: undefined,
      epochs: 60,
      lr: 0.3,
      batchSize: 32,
      optimizer: "sgd",
      loss: "ce",
      l2: 0,
      seed: 0,
      eager: false,
      json: false,
      report: "out/report.html",
      save: undefined,
      exportOnnx: undefined,
      exportTorch: undefined,
      load: undefined,
    });
  });

  it("reads every option", () => {
    const line = "--data f.csv --label y --epochs 7 --lr 1e-2 --batch-size 5 --optimizer adamw --loss mse --l2 .5";
    const more =
      "--seed 9 --eager --json --report r.html --save s.json --load l.json --export-onnx m.onnx --export-torch t";
    expect(parseOptions(`${line} ${more}`.split(" "))).toEqual({
      data: "f.csv",
      label: "y",
      epochs: 7,
      lr: 0.01,
      batchSize: 5,
      optimizer: "adamw",
      loss: "mse",
      l2: 0.5,
      seed: 9,
      eager: true,
      json: true,
      report: "r.html",
      save: "s.json",
      exportOnnx: "m.onnx",
      exportTorch: "t",
      load: "l.json",
    });
  });

  it("suits defaults to other options", () => {
    expect(parseOptions(["--json"])?.report).toBeUndefined();
    expect(parseOptions(["--load", "w.json"])?.epochs).toBe(0);
    expect(parseOptions(["--optimizer", "adam"])?.lr).toBe(0.02);
  });

  it.each([
    [["--epochs", "0"], '--epochs must be a whole number, 1 or more, not "0"'],
    [["--epochs", "2.5"], '--epochs must be a whole number, 1 or more, not "2.5"'],
    [["--epochs", "many"], '--epochs must be a whole number, 1 or more, not "many"'],
    [["--epochs", ""], '--epochs must be a whole number, 1 or more, not ""'],
    [["--lr", "-0.1"], '--lr must be a number greater than 0, not "-0.1"'],
    [["--lr=0"], '--lr must be a number greater than 0, not "0"'],
    [["--lr", "NaN"], '--lr must be a number greater than 0, not "NaN"'],
    [["--batch-size", "0"], '--batch-size must be a whole number, 1 or more, not "0"'],
    [["--l2", "-1"], '--l2 must be 0 or a positive number, not "-1"'],
    [["--seed", "x"], '--seed must be a whole number, 0 or more, not "x"'],
    [["--optimizer", "rmsprop"], '--optimizer must be one of sgd, adam, adamw, not "rmsprop"'],
    [["--loss", "hinge"], '--loss must be one of ce, mse, not "hinge"'],
    [["--report", " "], "--report needs a file name"],
    [
      ["--save", "w.safetensors"],
      "--save writes JSON, which w.safetensors would not be; give it another name, such as weights.json",
    ],
    [["--nonsense"], "Unknown option '--nonsense' (--help lists the options)"],
    [["--lr"], "Option '--lr <value>' argument missing (--help lists the options)"],
    [["--lr", "--json"], "Option '--lr' argument is ambiguous (--help lists the options)"],
    [
      ["iris"],
      "Unexpected argument 'iris'. This command does not take positional arguments (--help lists the options)",
    ],
  ])("refuses %j in one line", (args, message) => {
    expect(() => parseOptions(args)).toThrow(new UserError(message));
  });

  it("explains every option in --help", () => {
    expect(parseOptions(["--help"])).toBeUndefined();
    expect(parseOptions(["-h"])).toBeUndefined();
    const names =
      "data label epochs lr batch-size optimizer loss l2 seed eager json report save load export-onnx export-torch help".split(
        " ",
      );
    for (const name of names) expect(help).toContain(`--${name}`);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
