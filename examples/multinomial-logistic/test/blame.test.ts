import { tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { checkStandardized, type Dataset, fitStandardizer, splitData, standardizeSplit } from "../src/lesson/data.ts";
import { measure, train } from "../src/lesson/loop.ts";
import { checkGradient } from "../src/lesson/loss.ts";
import { createModel, type Model } from "../src/lesson/model.ts";
import { UserError } from "../src/lesson/user-error.ts";
import { type Options, parseOptions } from "../src/node/options.ts";
import { loadDataset } from "../src/node/tables.ts";

const iris = loadDataset({ data: "iris", label: undefined, seed: 0 });

interface Change {
  dataset?: Dataset;
  /** A value for the first held-out row, in the first column. */
  heldOut?: number;
  weights?: (model: Model) => void;
}

/** What goes wrong with these options, on the way that main.ts goes. */
function errorOf(args: string, { dataset = iris, heldOut, weights }: Change = {}): string {
  const options = parseOptions(args.split(" ")) as Options;
  const measured = splitData(dataset, 0);
  if (heldOut !== undefined) measured.xTest.data[0] = heldOut;
  const standardizer = fitStandardizer(measured);
  const split = standardizeSplit(measured, standardizer);
  const model = createModel({ features: dataset.features.length, classes: dataset.classes.length, seed: 0 });
  weights?.(model);
  try {
    checkStandardized(dataset, measured, standardizer, split);
    measure(model, split, options);
    checkGradient(model, split, options);
    for (const _ of train(model, split, options));
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  return "";
}

describe("when numbers leave their range, the message names the cause", () => {
  it.each([
    ["values up to 1e300", (i: number) => (i % 3) * 1e300, "the numbers are too large to compute their standard"],
    ["a sum beyond 1e308", (i: number) => (i % 3) * 8e307, "the numbers are too large to compute their standard"],
    ["differences of 1e-310", (i: number) => (i % 3) * 1e-310, "the numbers are too close together to compute"],
  ])("the data: %s", (_, value, problem) => {
    const rows = Array.from({ length: 60 }, (_, i) => [i, value(i)]);
    const classes = rows.map((_, i) => i % 2);
    const dataset: Dataset = {
      about: "t.csv",
      features: ["a", "b"],
      classes: ["x", "y"],
      x: tensor(rows, { dtype: "float64" }),
      y: tensor(classes, { dtype: "int32" }),
    };
    expect(errorOf("--epochs 1", { dataset })).toContain(`t.csv: column "b": ${problem}`);
  });

  it("the data: one value out of reason", () => {
    const message = /^iris, .*: column "sepal_length": 1e\+60 is too far from the others \(mean 5\.\d\d, standard/;
    expect(errorOf("--epochs 1", { heldOut: 1e60 })).toMatch(message);
    expect(errorOf("--epochs 1", { heldOut: 1e15 })).toBe("");
  });

  it.each([1e15, 1e35, Number.POSITIVE_INFINITY])("the loaded weights: %s", (size) => {
    const weights = ({ weight }: Model): void => {
      weight.data[0] = size;
    };
    const message = "the weights in w.json are too large for this data";
    expect(errorOf("--load w.json --epochs 1", { weights })).toContain(message);
  });

  it("the penalty", () => {
    expect(errorOf("--l2 1e308")).toBe("the loss is not a number: try a smaller --l2 than 1e+308");
    expect(errorOf("--l2 1e10")).toBe("the gradient cannot be checked: try a smaller --l2 than 10000000000");
  });

  it("the rate, where it is the rate", () => {
    const message = "the loss is no longer a number: the steps are too long, try a smaller --lr than 1e+38";
    expect(errorOf("--lr 1e38")).toBe(message);
  });
});
