import { tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { recoverFromBadStart } from "../src/lesson/bad-start.ts";
import { fitStandardizer, splitData, standardizeSplit } from "../src/lesson/data.ts";
import { measure, train } from "../src/lesson/loop.ts";
import { checkGradient, dataLoss, lossGradient, lossOfGuessing, objective, saturation } from "../src/lesson/loss.ts";
import { createModel } from "../src/lesson/model.ts";
import { vector } from "../src/lesson/numbers.ts";
import { followExample, pickExample, probabilityOfTruth } from "../src/lesson/pipeline.ts";
import { type Options, parseOptions } from "../src/node/options.ts";
import { loadDataset } from "../src/node/tables.ts";

function prepare(args: string) {
  const options = parseOptions(args.split(" ").filter(Boolean)) as Options;
  const dataset = loadDataset(options);
  const measured = splitData(dataset, options.seed);
  const split = standardizeSplit(measured, fitStandardizer(measured));
  const model = createModel({ features: dataset.features.length, classes: dataset.classes.length, seed: options.seed });
  return { options, split, model };
}

describe("the loss", () => {
  it.each(["ce", "mse"] as const)("begins near that of guessing (%s)", (loss) => {
    for (const data of ["blobs", "iris"]) {
      const { options, split, model } = prepare(`--data ${data} --loss ${loss}`);
      expect(measure(model, split, options).loss).toBeCloseTo(lossOfGuessing(3, loss), 1);
    }
  });

  it("is exactly that of guessing for equal logits", () => {
    const y = tensor([0, 3, 1], { dtype: "int32" });
    const z = tensor(
      [
        [0, 0, 0, 0],
        [7, 7, 7, 7],
        [-2, -2, -2, -2],
      ],
      { dtype: "float64" },
    );
    expect(dataLoss(z, y, { loss: "ce" }).item()).toBeCloseTo(Math.log(4), 14);
    expect(dataLoss(z, y, { loss: "mse" }).item()).toBeCloseTo(3 / 16, 14);
  });

  it("sends back p − y", () => {
    const z = tensor([[2, 4, 0.5]], { dtype: "float64" });
    const p = vector(z.softmax(1));
    const gradient = vector(lossGradient(z, tensor([2], { dtype: "int32" }), { loss: "ce" }));
    for (const [k, value] of gradient.entries()) expect(value).toBeCloseTo(p[k]! - (k === 2 ? 1 : 0), 14);
  });

  it("goes forward and back through one example", () => {
    const { split, model } = prepare("--data iris");
    const example = pickExample(split, split);
    const { logits, p, y, target, loss, difference, gradient } = followExample(example, model, { loss: "ce" });
    expect(logits).toEqual(vector(model.forward(example.x)));
    expect(p[target]).toBe(probabilityOfTruth(model, example));
    expect(y).toEqual([0, 1, 2].map((k) => Number(k === example.y.item())));
    expect(loss).toBeCloseTo(-Math.log(p[target]!), 6);
    for (const [k, value] of gradient.entries()) expect(value).toBeCloseTo(difference[k]!, 6);
    const squared = followExample(example, model, { loss: "mse" });
    expect(squared.loss).toBeCloseTo(difference.reduce((sum, d) => sum + d * d, 0) / 3, 6);
    expect(squared.gradient).not.toEqual(gradient);
  });

  it("adds ½·l2·‖W‖², and leaves b free", () => {
    const { options, split, model } = prepare("");
    model.loadStateDict({
      weight: tensor([
        [1, 2],
        [0, -1],
        [3, 0],
      ]),
      bias: tensor([5, 5, 5]),
    });
    const at = (l2: number) => objective(model, split.xTrain, split.yTrain, { ...options, l2 }).item();
    expect(at(0.4) - at(0)).toBeCloseTo(0.2 * (1 + 4 + 1 + 9), 5);
  });

  it("passes the gradient check, with either loss and with a penalty", () => {
    for (const args of ["", "--loss mse", "--l2 0.5", "--data iris --l2 0.01"]) {
      const { options, split, model } = prepare(args);
      const error = checkGradient(model, split, options);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(1e-6);
    }
  });

  it("shows why not the squared error: no gradient where cross-entropy's is 1", () => {
    const [even, sure] = [saturation([0])[0]!, saturation([20])[0]!];
    expect(even.ce.gradient).toBeCloseTo(1 / 3, 12);
    expect(sure.ce.gradient).toBeCloseTo(1, 8);
    expect(sure.mse.gradient).toBeLessThan(1e-8);
    expect(sure.mse.loss).toBeCloseTo(2 / 3, 8);
  });
});

describe("the training", () => {
  it("reaches 95 % on held-out blobs by default, whatever the seed", () => {
    const reached = Array.from({ length: 12 }, (_, seed) => {
      const { options, split, model } = prepare(`--seed ${seed}`);
      return [...train(model, split, options)].at(-1)?.testAccuracy ?? 0;
    });
    expect(Math.min(...reached)).toBeGreaterThanOrEqual(0.95);
    // They do overlap: some points cannot be told apart.
    expect(Math.min(...reached)).toBeLessThan(1);
  });

  it.each(["sgd", "adam", "adamw"])("learns iris with %s", (optimizer) => {
    const { options, split, model } = prepare(`--data iris --optimizer ${optimizer}`);
    const epochs = [...train(model, split, options)];
    expect(epochs).toHaveLength(60);
    expect(epochs.at(-1)?.steps).toBe(60 * Math.ceil(100 / 32));
    expect(epochs.at(-1)?.trainAccuracy).toBeGreaterThan(0.93);
  });

  it("gives the same numbers for the same seed, and others for another", () => {
    const run = (args: string) => {
      const { options, split, model } = prepare(args);
      const losses = [...train(model, split, options)].map(({ loss }) => loss);
      return [...losses, ...vector(model.weight)];
    };
    expect(run("--epochs 5 --seed 3")).toEqual(run("--epochs 5 --seed 3"));
    expect(run("--epochs 5 --seed 3")).not.toEqual(run("--epochs 5 --seed 4"));
  });

  it("stops in one line when the steps are far too long", () => {
    const { options, split, model } = prepare("--lr 1e308");
    expect(() => [...train(model, split, options)]).toThrow(/^the loss is no longer a number: .*smaller --lr/);
  });

  it("recovers from a sure and wrong start with cross-entropy, not with the squared error", () => {
    const { options, split, model } = prepare("--loss mse");
    for (const _ of train(model, split, options));
    const [ce, mse] = recoverFromBadStart(model, split, options);
    expect(ce!.before).toBeLessThan(0.2);
    expect(ce!.after).toBeGreaterThan(0.9);
    expect(mse!.after).toBeLessThan(0.2);
  });
});

describe("a compiled step", () => {
  it.each(["", "--optimizer adam --l2 0.1", "--data iris --loss mse --optimizer adamw"])(
    "trains as --eager does, to rounding: %s",
    (args) => {
      const lossAfter = (more: string): number => {
        const { options, split, model } = prepare(`${args} --epochs 3 ${more}`);
        return [...train(model, split, options)].at(-1)?.loss as number;
      };
      const [compiled, eager] = [lossAfter(""), lossAfter("--eager")];
      expect(Math.abs(compiled - eager)).toBeLessThan(1e-5 * eager);
    },
  );
});
