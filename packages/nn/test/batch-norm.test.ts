import { Generator, manualSeed, ones, randn, ShapeError, type Tensor, tensor, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { expectClose, expectError, js, messages } from "./compare.ts";

const { BatchNorm1d, BatchNorm2d, Dropout2d, GroupNorm, RMSNorm } = nn;
const x = randn([8, 3], { generator: new Generator(1) });

describe("BatchNorm", () => {
  it("goes by the batch in training, which the running statistics follow, and by these in evaluation", () => {
    const layer = new BatchNorm1d(3, { momentum: 1 });
    const y = layer.forward(x);
    expectClose(y.mean(0), [0, 0, 0], { atol: 1e-6 });
    expectClose(layer.running_mean as Tensor, x.mean(0), { rtol: 1e-6 });
    expectClose(layer.running_var as Tensor, x.var(0), { rtol: 1e-6 });
    layer.eval();
    const before = layer.stateDict();
    expectClose(layer.forward(x), y.mul(Math.sqrt(7 / 8)), { rtol: 1e-4 });
    expect(layer.stateDict()).toEqual(before);
    expect(Object.keys(layer.stateDict())).toEqual([
      "weight",
      "bias",
      "running_mean",
      "running_var",
      "num_batches_tracked",
    ]);
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["weight", "bias"]);
    expect(layer.num_batches_tracked?.item()).toBe(1);
  });

  it("changes no statistics where it throws", () => {
    const layer = new BatchNorm1d(3);
    const before = layer.stateDict();
    expectError(() => layer.forward(ones([1, 3])), ShapeError, /^batchNorm: \[1, 3\] has one value per channel/);
    expect(layer.stateDict()).toEqual(before);
  });

  it.each([0.1, null])("keeps statistics in compiled steps, momentum %o", (momentum) => {
    const [eager, other] = [new BatchNorm2d(2, { momentum }), new BatchNorm2d(2, { momentum })];
    const compiled = compile((x: Tensor) => other.forward(x));
    for (const seed of [1, 2, 3]) {
      const images = randn([4, 2, 3, 3], { generator: new Generator(seed) });
      expectClose(compiled(images), eager.forward(images), { rtol: 1e-5, atol: 1e-6 });
    }
    for (const layer of [eager, other]) layer.eval();
    const images = ones([1, 2, 3, 3]);
    expectClose(compiled(images), eager.forward(images), { rtol: 1e-5, atol: 1e-6 });
    const [mine, theirs] = [eager.stateDict(), other.stateDict()];
    for (const [name, value] of Object.entries(mine))
      expectClose(theirs[name] as Tensor, value, { rtol: 1e-5, atol: 1e-6 });
    expect(theirs.num_batches_tracked?.item()).toBe(3);
  });

  it("is saved and loaded with its statistics, and prints what it is", () => {
    const layer = new BatchNorm1d(3);
    layer.forward(x);
    const loaded = new BatchNorm1d(3);
    loaded.loadStateDict(nn.loadSafetensors(nn.saveSafetensors(layer.stateDict())).tensors);
    expect(loaded.stateDict()).toEqual(layer.stateDict());
    expect(String([layer, new BatchNorm2d(2, { momentum: null, affine: false, trackRunningStats: false })])).toBe(
      "BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)," +
        "BatchNorm2d(2, eps=0.00001, affine=false, trackRunningStats=false)",
    );
    expect(String([new GroupNorm(2, 4), new RMSNorm([2, 3], { eps: 0.5 })])).toBe(
      "GroupNorm(2, 4, eps=0.00001, affine=true),RMSNorm([2, 3], eps=0.5, elementwiseAffine=true)",
    );
  });

  it("and the other norms say what does not fit", () => {
    expect(
      messages(
        () => new BatchNorm1d(0),
        () => new BatchNorm2d(2, { eps: -1 }),
        () => new BatchNorm1d(2, { momentum: Number.NaN }),
        () => new BatchNorm1d(2, js({ momentum: "0.1" })),
        () => new BatchNorm1d(2, js({ track_running_stats: false })),
        () => new BatchNorm1d(3).forward(zeros([2, 4])),
        () => new BatchNorm1d(3).forward(zeros([3])),
        () => new BatchNorm2d(3).forward(zeros([2, 3, 4])),
        () => new BatchNorm1d(3).forward(js([1])),
        () => new BatchNorm1d(3).forward(zeros([2, 3], { dtype: "int32" })),
        () => new GroupNorm(2, 3),
        () => new GroupNorm(0, 3),
        () => new GroupNorm(1, 3).forward(zeros([2, 4])),
        () => new RMSNorm(0),
        () => new RMSNorm(3, { eps: -1 }),
        () => new RMSNorm(3).forward(zeros([2, 4])),
      ),
    ).toMatchInlineSnapshot(`
      [
        "BatchNorm1d: numFeatures must be a positive integer, got 0",
        "BatchNorm2d: eps must be a finite number ≥ 0, got -1",
        "BatchNorm1d: momentum must be a finite number, got NaN",
        "BatchNorm1d: momentum must be a finite number, got "0.1"",
        "BatchNorm1d: no option "track_running_stats"; did you mean "trackRunningStats"?",
        "BatchNorm1d: input [2, 4] must be [N, 3, ...] with 2 or 3 axes",
        "BatchNorm1d: input [3] must be [N, 3, ...] with 2 or 3 axes",
        "BatchNorm2d: input [2, 3, 4] must be [N, 3, ...] with 4 axes",
        "BatchNorm1d: input must be a tensor, got an array of 1",
        "batchNorm: needs floats, got int32; use .to("float32")",
        "GroupNorm: 3 channels must be a multiple of numGroups, 2",
        "GroupNorm: numGroups must be a positive integer, got 0",
        "GroupNorm: input [2, 4] must be [N, 3, ...]",
        "RMSNorm: normalizedShape must be a positive integer, got 0",
        "RMSNorm: eps must be a finite number ≥ 0, got -1",
        "rmsNorm: the last axes of [2, 4] must be normalizedShape [3]",
      ]
    `);
  });
});

describe("Dropout2d", () => {
  it("drops whole channels in training, and none in evaluation", () => {
    manualSeed(1);
    const layer = new Dropout2d({ p: 0.25 });
    const y = layer.forward(ones([20, 30, 2, 3]));
    const channels = y.sum([2, 3]).data;
    expect(new Set(channels)).toEqual(new Set([0, 8]));
    expect(channels.filter((sum) => sum === 0).length / 600).toBeCloseTo(0.25, 1);
    const images = ones([1, 2, 3, 3]);
    expect(layer.eval().forward(images)).toBe(images);
    expect(
      messages(
        () => new Dropout2d({ p: 2 }),
        () => layer.forward(tensor([1])),
        () => layer.forward(zeros([1, 1, 1], { dtype: "int32" })),
      ),
    ).toEqual([
      "Dropout2d: p must be between 0 and 1, got 2",
      "Dropout2d: x [1] must be [N, C, ...], such as [N, C, H, W]",
      "Dropout2d: x must be float32 or float64, got int32",
    ]);
  });
});
