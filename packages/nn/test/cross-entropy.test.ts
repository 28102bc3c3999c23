import {
  DTypeError,
  Generator,
  gather,
  grad,
  IndexError,
  oneHot,
  randint,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  valueAndGrad,
  zeros,
} from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CrossEntropy, type CrossEntropyOptions, crossEntropy, mse, NLL, nll } from "../src/index.ts";
import { expectClose, expectError } from "./compare.ts";

const ints = (...data: number[]): Tensor => tensor(data, { dtype: "int32" });
const f64 = (data: number[][]): Tensor => tensor(data, { dtype: "float64" });

describe("cross-entropy: the numbers of the lesson", () => {
  it("has softmax 0.1161, 0.8580, 0.0259 for logits (2, 4, 0.5), and losses 2.1532, 0.1532, 3.6532", () => {
    const z = f64([[2, 4, 0.5]]);
    expectClose(z.softmax(1), [0.1161, 0.858, 0.0259], { atol: 5e-5 });
    const losses = crossEntropy(
      f64([
        [2, 4, 0.5],
        [2, 4, 0.5],
        [2, 4, 0.5],
      ]),
      ints(0, 1, 2),
      { reduction: "none" },
    );
    expectClose(losses, [2.1532, 0.1532, 3.6532], { atol: 5e-5 });
  });

  it("is 1.2040 and 0.5108 for the third class against (0.2, 0.5, 0.3) and (0.2, 0.2, 0.6)", () => {
    const logits = f64([
      [0.2, 0.5, 0.3],
      [0.2, 0.2, 0.6],
    ]).log(); // softmax(log p) = p
    const byIndex = crossEntropy(logits, ints(2, 2), { reduction: "none" });
    const byOneHot = crossEntropy(
      logits,
      f64([
        [0, 0, 1],
        [0, 0, 1],
      ]),
      { reduction: "none" },
    );
    expectClose(byIndex, [1.204, 0.5108], { atol: 5e-5 });
    expectClose(byOneHot, byIndex);
  });

  it.each([2, 3, 10, 1000])("is ln C for small random logits over %i classes", (C) => {
    const generator = new Generator(1);
    const z = randn([64, C], { generator }).mul(1e-3);
    expect(crossEntropy(z, randint(0, C, [64], { generator })).item()).toBeCloseTo(Math.log(C), 3);
  });

  it.each([
    [0, 0],
    [1, 1000],
    [2, 2000],
  ])("survives logits (1000, 0, −1000): class %i has loss %i and a finite gradient", (y, expected) => {
    const z = tensor([[1000, 0, -1000]]);
    const [loss, gradient] = valueAndGrad((x) => crossEntropy(x, ints(y)))(z);
    expect(loss.item()).toBe(expected);
    expect(gradient.toArray()).toEqual([[1, 0, 0].map((p, c) => p - (c === y ? 1 : 0))]);
  });

  it("still moves a saturated, wrong answer, where the squared error of the softmax does not", () => {
    // The gradient by the logit of the true class, from undecided to surely wrong.
    const rows = [0, 5, 10, 20, 40].map((wrong) => {
      const z = f64([[0, wrong]]);
      const byCE = grad((x) => crossEntropy(x, ints(0)))(z);
      const byMSE = grad((x) => mse(x.softmax(1), f64([[1, 0]]), { reduction: "sum" }))(z);
      return [wrong, ...[byCE, byMSE].map((g) => Math.abs(g.data[0] as number))];
    });
    expectClose(
      rows as number[][],
      [
        [0, 0.5, 0.5],
        [5, 0.9933, 0.0264],
        [10, 0.99995, 0.00018],
        [20, 1, 8.2e-9],
        [40, 1, 1.7e-17],
      ],
      { rtol: 0.01, atol: 0 },
    );
  });
});

describe("cross-entropy: its gradient is softmax − y", () => {
  const generator = new Generator(7);
  const z = randn([5, 4], { generator }).mul(3);
  const y = randint(0, 4, [5], { generator });

  it("exactly, bit for bit in float32", () => {
    const gradient = grad((x) => crossEntropy(x, y, { reduction: "sum" }))(z);
    const expected = z.softmax(1).sub(oneHot(y, 4, { dtype: "float32" }));
    expect(gradient.data).toEqual(expected.data);
    const soft = grad((x) => crossEntropy(x, oneHot(y, 4, { dtype: "float32" }), { reduction: "sum" }))(z);
    expect(soft.data).toEqual(expected.data);
  });

  it("the same as the unfused chain softmax → log → pick, to rounding, on random logits", () => {
    const row = fc.array(fc.double({ min: -15, max: 15, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.nat(2)), { minLength: 1, maxLength: 6 }), (examples) => {
        const x = f64(examples.map(([logits]) => logits));
        const target = ints(...examples.map(([, c]) => c));
        const unfused = (t: Tensor): Tensor => gather(t.softmax(1).log(), 1, target.unsqueeze(1)).mean().neg();
        const [loss, gradient] = valueAndGrad((t) => crossEntropy(t, target))(x);
        const [expectedLoss, expectedGradient] = valueAndGrad(unfused)(x);
        expectClose(loss, expectedLoss, { rtol: 1e-9, atol: 1e-12 });
        expectClose(gradient, expectedGradient, { rtol: 1e-9, atol: 1e-12 });
      }),
    );
  });

  it("and is blind to a shift of all logits", () => {
    const shifted = grad((x) => crossEntropy(x.add(1e6), y))(z.to("float64"));
    expectClose(shifted, grad((x) => crossEntropy(x, y))(z.to("float64")), { atol: 1e-9 });
  });

  const options: [string, CrossEntropyOptions][] = [
    ["plain", {}],
    ["summed", { reduction: "sum" }],
    ["none", { reduction: "none" }],
    ["weighted, smoothed, with rows ignored", { weight: [1, 2, 0.5, 3], labelSmoothing: 0.2, ignoreIndex: 1 }],
  ];
  it.each(options)("is right to the second order: class indices, %s", (_, given) => {
    gradcheck((x) => crossEntropy(x, y, given), [z], { order: 2 });
  });

  it("is right to the second order: probabilities, in both inputs, with a class axis in the middle", () => {
    const x = randn([2, 3, 2], { generator });
    const q = randn([2, 3, 2], { generator }).softmax(1);
    const given = { weight: [1, 2, 0.5], labelSmoothing: 0.1, reduction: "none" } as const;
    gradcheck((a, b) => crossEntropy(a, b, given), [x, q], { order: 2 });
  });

  it("passes to weights that are trained", () => {
    gradcheck((x, w) => crossEntropy(x, y, { weight: w }), [z, tensor([1, 2, 0.5, 3])], { order: 2 });
  });
});

describe("cross-entropy: edges", () => {
  it("takes 0 · log 0 as 0: a probability of 0 against a logit of −∞", () => {
    const z = f64([[1, Number.NEGATIVE_INFINITY, 1]]);
    const q = f64([[0.5, 0, 0.5]]);
    const [loss, gradient] = valueAndGrad((x) => crossEntropy(x, q))(z);
    expect(loss.item()).toBeCloseTo(Math.LN2, 12);
    expectClose(gradient, [0, 0, 0]);
    expectClose(grad((p) => crossEntropy(z, p))(q), [Math.LN2, 0, Math.LN2]);
    expect(crossEntropy(z, ints(1)).item()).toBe(Number.POSITIVE_INFINITY);
  });

  it("has mean NaN with zero gradient, and sum 0, when all rows are ignored", () => {
    const z = f64([
      [1, 2],
      [3, 4],
    ]);
    const target = ints(-100, -100);
    const [mean, gradient] = valueAndGrad((x) => crossEntropy(x, target))(z);
    expect(mean.item()).toBeNaN();
    expectClose(gradient, [0, 0, 0, 0]);
    expect(crossEntropy(z, target, { reduction: "sum" }).item()).toBe(0);
  });

  it("is 0, and never −0, for a class that is certain", () => {
    const losses = crossEntropy(tensor([[1000, 0, -1000]]), ints(0), { reduction: "none" });
    expect(losses.toArray()).toEqual([0]); // tells them apart
  });

  it("has mean NaN and sum 0 for no rows", () => {
    const z = tensor([], { shape: [0, 3] });
    const none = tensor(new Int32Array(0));
    expect(crossEntropy(z, none).item()).toBeNaN();
    expect(crossEntropy(z, none, { reduction: "sum" }).item()).toBe(0);
  });

  it("keeps what an ignored row holds out of the loss, even NaN", () => {
    const z = f64([
      [Number.NaN, 0],
      [0, 0],
    ]);
    expect(crossEntropy(z, ints(-100, 0)).item()).toBeCloseTo(Math.LN2, 12);
  });

  it("leaves labels and options alone, as a module too", () => {
    const criterion = new CrossEntropy({ reduction: "sum", labelSmoothing: 0.1 });
    const z = f64([
      [1, 2],
      [3, 5],
    ]);
    expectClose(
      criterion.forward(z, ints(0, 1)),
      crossEntropy(z, ints(0, 1), { reduction: "sum", labelSmoothing: 0.1 }),
    );
    expect(criterion.parameters()).toEqual([]);
    expectClose(new NLL().forward(z.logSoftmax(1), ints(0, 1)), crossEntropy(z, ints(0, 1)));
  });
});

describe("cross-entropy: wrong calls", () => {
  const z = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const call =
    (target: Tensor, options: CrossEntropyOptions = {}) =>
    () =>
      crossEntropy(z, target, options);

  it("names a class that is out of range", () => {
    expectError(
      call(ints(0, 3)),
      IndexError,
      /^crossEntropy: target 3 is out of range: the classes are 0 to 2; .*ignoreIndex/,
    );
    expectError(call(ints(-1, 0)), IndexError, /target -1/);
    expectError(call(ints(-1, 7), { ignoreIndex: -1 }), IndexError, /target 7/);
    for (const options of [{ labelSmoothing: 0.1 }, { weight: [1, 2, 3] }]) {
      expectError(call(ints(0, 3), options), IndexError, /^crossEntropy: target 3 is out of range/);
    }
    expectError(() => nll(z, ints(0, 5)), IndexError, /^nll: target 5/);
    const oneLogit = /target 1 is out of range: the classes are 0 to 0; for one logit a row use bceWithLogits$/;
    expectError(() => crossEntropy(zeros([2, 1]), ints(0, 1)), IndexError, oneLogit);
  });

  it("asks for int32 class indices and float probabilities", () => {
    expectError(
      call(tensor([0, 1])),
      ShapeError,
      /probabilities of the input.s shape \[2, 3\], got \[2\]; for class indices use target.to\("int32"\)$/,
    );
    expectError(
      call(
        tensor(
          [
            [0, 0, 1],
            [0, 1, 0],
          ],
          { dtype: "int32" },
        ),
      ),
      DTypeError,
      /\.to\("float32"\)/,
    );
    const lessAxes = "int32 with one axis less than the input \\[2, 3\\]";
    const wrong = (given: string): RegExp => new RegExp(`^crossEntropy: class indices are ${lessAxes}, got ${given}`);
    expectError(call(tensor([true, false])), DTypeError, wrong("bool \\[2\\]$"));
    expectError(call(ints(0, 1).unsqueeze(1)), DTypeError, wrong("int32 \\[2, 1\\]; use target.squeeze\\(1\\)$"));
    expectError(() => nll(z, tensor([0, 1])), DTypeError, /^nll: class indices must be int32, got float32/);
    expectError(() => crossEntropy(z.to("int32"), ints(0, 1)), DTypeError, /^crossEntropy: input must be float/);
  });

  it("has nothing to ignore among probabilities", () => {
    expectError(call(z.softmax(1), { ignoreIndex: 2 }), ValueError, /^crossEntropy: ignoreIndex is for class indices/);
    expect(call(z.softmax(1), { ignoreIndex: -1 })().item()).toBeGreaterThan(0);
  });

  it("checks on request that target rows are probabilities, which PyTorch never does", () => {
    const checked = { checkTargets: true };
    const q = (...row: number[]): Tensor => f64([[0.2, 0.3, 0.5], row]);
    for (const row of [
      [0.5, 0.5, 0.1],
      [0, 0, 0],
      [0.3, 0.3, 0.3999],
    ])
      expect(call(q(...row))().item()).toBeGreaterThan(0);
    expectError(call(q(0.5, 0.5, 0.25), checked), ValueError, /^crossEntropy: a row .* sums to 1.25; divide each row/);
    expectError(call(q(0, 0, 0), checked), ValueError, /sums to 0;/);
    expectError(call(q(0.3, 0.3, 0.3998), checked), ValueError, /sums to 0.9998/);
    expectError(
      call(q(1.5, -0.5, 0), checked),
      ValueError,
      /^crossEntropy: target holds -0.5, which is not a probability/,
    );
    expectError(call(q(1, Number.NaN, 0), checked), ValueError, /target holds NaN/);
    const fine = q(0.3, 0.3, 0.39995);
    expect(call(fine, checked)().item()).toBe(call(fine)().item());
    expect(new CrossEntropy(checked).forward(z, ints(0, 1)).item()).toBe(call(ints(0, 1))().item());
    // The class axis is 1: the columns of an image's targets sum to 1, not its rows.
    const image = randn([2, 3, 5], { generator: new Generator(2) });
    expect(crossEntropy(image, image.softmax(1), checked).item()).toBeGreaterThan(0);
    expectError(() => crossEntropy(image, image.softmax(2), checked), ValueError, /sums to/);
    expect(crossEntropy(tensor([], { shape: [0, 3] }), tensor([], { shape: [0, 3] }), checked).item()).toBeNaN();
  });

  it("checks shapes, weights, smoothing and reduction", () => {
    expectError(
      call(ints(0, 1, 2)),
      ShapeError,
      /^crossEntropy: class indices \[3\] must be \[2\], one for each row of the input$/,
    );
    const [logits, next] = [zeros([1, 4, 3]), zeros([1, 4], { dtype: "int32" })]; // of a language model, say
    const remedy = "input.flatten\\(0, -2\\) and target.flatten\\(\\)";
    const shapes = "\\[1, 4\\] must be \\[1, 3\\], one for each row of the input";
    const classesLast = new RegExp(`^crossEntropy: class indices ${shapes}; if its classes are last, use ${remedy}$`);
    expectError(() => crossEntropy(logits, next), ShapeError, classesLast);
    expect(crossEntropy(logits.flatten(0, -2), next.flatten()).item()).toBeCloseTo(Math.log(3), 6);
    expectError(() => crossEntropy(tensor(1), ints(0)), ShapeError, /0-d input has no classes/);
    expectError(call(ints(0, 1), { weight: [1, 2] }), ShapeError, /weight \[2\] .* 3 classes: \[3\]/);
    expectError(
      call(ints(0, 1), { labelSmoothing: 1.5 }),
      ValueError,
      /labelSmoothing must be between 0 and 1, got 1.5/,
    );
    expectError(call(ints(0, 1), { labelSmoothing: Number.NaN }), ValueError, /got NaN/);
    expectError(call(ints(0, 1), { reduction: "max" as "mean" }), ValueError, /"none" or "mean" or "sum", got "max"/);
  });
});
