import { readFileSync } from "node:fs";
import { SGD, type Split, Standardizer } from "@tendril/nn";
import { tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { train } from "../src/lesson/loop.ts";
import { objective } from "../src/lesson/loss.ts";
import { emptyModel, type Model } from "../src/lesson/model.ts";
import { vector } from "../src/lesson/numbers.ts";
import { type Options, parseOptions } from "../src/node/options.ts";
import { loadDataset } from "../src/node/tables.ts";

interface Fixture {
  features: string[];
  classes: string[];
  rows: number;
  mean: number[];
  std: number[];
  fits: { C: number; l2: number; weight: number[][]; bias: number[] }[];
}

// Written by fixtures/generate.py from the same table, all 150 rows of it.
const fixture = JSON.parse(readFileSync(new URL("fixtures/sklearn-iris.json", import.meta.url), "utf8")) as Fixture;

const iris = loadDataset({ data: "iris", label: undefined, seed: 0 });
const standardizer = new Standardizer(
  tensor(fixture.mean, { dtype: "float64" }),
  tensor(fixture.std, { dtype: "float64" }),
);
const x = standardizer.apply(iris.x);

/** Intercepts are determined up to one shift of them all. */
function centred(bias: number[]): number[] {
  const mean = bias.reduce((a, b) => a + b, 0) / bias.length;
  return bias.map((value) => value - mean);
}

function largestDifference(model: Model, { weight, bias }: Fixture["fits"][number]): number {
  const ours = [...vector(model.weight), ...centred(vector(model.bias))];
  const theirs = [...weight.flat(), ...bias];
  return Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]!)));
}

describe("iris with an L2 penalty, against scikit-learn's LogisticRegression", () => {
  it("is the same table", () => {
    expect(iris.features).toEqual(fixture.features);
    expect(iris.classes).toEqual(fixture.classes);
    expect(iris.x.shape[0]).toBe(fixture.rows);
  });

  it.each(fixture.fits)("agrees to 1e-4 with C = $C, trained to convergence in float64", (fit) => {
    const model = emptyModel(4, 3, { dtype: "float64" });
    model.loadStateDict({ weight: tensor(Array(3).fill([0, 0, 0, 0])), bias: tensor([0, 0, 0]) });
    const optimizer = new SGD(model.parameters(), { lr: 0.5, momentum: 0.95 });
    let steepest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 5000 && steepest > 1e-8; step++) {
      optimizer.zeroGrad();
      objective(model, x, iris.y, { loss: "ce", l2: fit.l2 }).backward();
      optimizer.step();
      steepest = Math.max(...model.parameters().flatMap((p) => (p.grad ? vector(p.grad.abs()) : [Infinity])));
    }
    expect(steepest).toBeLessThanOrEqual(1e-8);
    expect(largestDifference(model, fit)).toBeLessThan(1e-4);
  });

  it("agrees to 1e-4 in the demo's own loop and float32 too (C = 0.1)", () => {
    const fit = fixture.fits.find(({ C }) => C === 0.1)!;
    const options = parseOptions([
      "--epochs",
      "400",
      "--lr",
      "1",
      "--batch-size",
      "150",
      "--l2",
      String(fit.l2),
    ]) as Options;
    const model = emptyModel(4, 3);
    const all = x.to("float32");
    const split: Split = { xTrain: all, yTrain: iris.y, xTest: all, yTest: iris.y };
    for (const _ of train(model, split, options));
    expect(largestDifference(model, fit)).toBeLessThan(1e-4);
  });
});
