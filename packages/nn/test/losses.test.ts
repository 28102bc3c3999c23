import { DTypeError, Generator, grad, rand, randn, ShapeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it } from "vitest";
import {
  BCE,
  BCEWithLogits,
  bce,
  bceWithLogits,
  Huber,
  huber,
  KLDiv,
  klDiv,
  klDivergence,
  L1,
  l1,
  MSE,
  mse,
  SmoothL1,
  smoothL1,
} from "../src/index.ts";
import { expectClose, expectError } from "./compare.ts";

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: "float64" });
const generator = new Generator(3);

describe("binary cross-entropy", () => {
  it("is 0.5108 and 0.3567 for y = 1 against 0.6 and 0.7", () => {
    expectClose(bce(f64(0.6, 0.7), f64(1, 1), { reduction: "none" }), [0.5108, 0.3567], { atol: 5e-5 });
  });

  it("has two gradients: σ(z) − y by the logit, (a − y) / (a(1 − a)) by the probability", () => {
    const [z, y] = [f64(-3, -0.5, 0, 2, 8), f64(1, 0, 1, 0.3, 1)];
    const a = z.sigmoid();
    const byLogit = a.sub(y);
    const byProbability = byLogit.div(a.mul(a.neg().add(1)));
    expect(grad((t) => bceWithLogits(t, y, { reduction: "sum" }))(z).data).toEqual(byLogit.data);
    expectClose(grad((t) => bce(t, y, { reduction: "sum" }))(a), byProbability);
    // And the chain through the sigmoid turns one into the other: a′ = a(1 − a) cancels the denominator.
    expectClose(grad((t) => bce(t.sigmoid(), y, { reduction: "sum" }))(z), byLogit, { atol: 1e-12 });
  });

  it("is finite for certain and wrong probabilities, with a gradient that pushes back", () => {
    expectClose(bce(f64(0, 1, 0, 1), f64(1, 0, 0, 1), { reduction: "none" }), [100, 100, 0, 0]);
    const gradient = grad((x) => bce(x, f64(1, 0, 0, 1), { reduction: "sum" }))(f64(0, 1, 0, 1));
    expectClose(gradient, [-1e12, 1e12, 0, 0], { rtol: 1e-8 });
  });

  it("is stable for huge logits, and as smooth at 0 as anywhere", () => {
    const losses = bceWithLogits(f64(1e4, -1e4, 1e4, -1e4), f64(1, 0, 0, 1), { reduction: "none" });
    expectClose(losses, [0, 0, 1e4, 1e4]);
    // At z = 0, where a formula with |z| would lose its second derivative, σ′ = 1/4.
    const slope = grad((z) => bceWithLogits(z, f64(1), { reduction: "sum" }));
    expect(grad((z) => slope(z).sum())(f64(0)).item()).toBe(0.25);
  });

  it("is right to the second order, in all its inputs", () => {
    const [z, y] = [randn([2, 3], { generator }), rand([2, 3], { generator })];
    const a = rand([2, 3], { generator }).mul(0.8).add(0.1);
    const [weight, posWeight] = [f64(1, 2, 0.5), f64(3, 1, 0.2)];
    gradcheck((x, t) => bce(x, t, { weight }), [a, y.mul(0.8).add(0.1)], { order: 2 });
    gradcheck((x, t, p) => bceWithLogits(x, t, { weight, posWeight: p }), [z, y, posWeight], { order: 2 });
    gradcheck((x, t) => bceWithLogits(x, t, { reduction: "none" }), [z, y], { order: 2 });
  });

  it("refuses what is not a probability, naming the value", () => {
    expectError(() => bce(tensor([0.5, 1.5]), tensor([0, 1])), ValueError, /^bce: input holds 1.5, .*bceWithLogits$/);
    expectError(() => bce(tensor([0.5, 0.5]), tensor([0, -1])), ValueError, /^bce: target holds -1/);
    expectError(() => bce(tensor([Number.NaN]), tensor([0])), ValueError, /^bce: input holds NaN/);
    expectError(() => bce(tensor([0, 1], { dtype: "int32" }), tensor([0, 1])), DTypeError, /^bce: input must be float/);
    expectError(() => bce(tensor([0.5]), tensor([[1]])), ShapeError, /^bce: input \[1\] and target \[1, 1\] differ/);
    expectError(() => bceWithLogits(tensor([0.5]), tensor([1, 0])), ShapeError, /^bceWithLogits: input \[1\]/);
    expectError(() => bceWithLogits(tensor([1]), tensor([1]), { weight: [[1], [2]] }), ShapeError, /./);
  });

  it("takes int32 and bool answers", () => {
    const a = tensor([0.2, 0.9]);
    const expected = bce(a, tensor([0, 1])).item();
    expect(bce(a, tensor([0, 1], { dtype: "int32" })).item()).toBe(expected);
    expect(bce(a, tensor([false, true])).item()).toBe(expected);
  });

  it("comes as modules, with options kept", () => {
    const [a, y] = [f64(0.2, 0.9), f64(0, 1)];
    expect(new BCE({ reduction: "sum" }).forward(a, y).item()).toBe(bce(a, y, { reduction: "sum" }).item());
    const options = { posWeight: 2 };
    expect(new BCEWithLogits(options).forward(a, y).item()).toBe(bceWithLogits(a, y, options).item());
  });
});

describe("mean squared error", () => {
  it("averages squares, as a module too", () => {
    expect(mse(f64(1, 2), f64(0, 4)).item()).toBe(2.5);
    expect(new MSE({ reduction: "sum" }).forward(f64(1, 2), f64(0, 4)).item()).toBe(5);
    gradcheck((x, y) => mse(x, y), [f64(1, 2), f64(0, 4)], { order: 2 });
  });

  it("does not broadcast: [N] against [N, 1] is a mistake", () => {
    expectError(
      () => mse(f64(1, 2), tensor([[1], [2]])),
      ShapeError,
      /^mse: input \[2\] and target \[2, 1\] differ; reshape/,
    );
  });
});

describe("absolute error, Huber and SmoothL1", () => {
  const d = f64(-3, -0.5, 0, 0.5, 3);
  const zero = f64(0, 0, 0, 0, 0);
  const none = { reduction: "none" } as const;

  it("are parabolas near 0 and lines beyond", () => {
    expectClose(l1(d, zero, none), [3, 0.5, 0, 0.5, 3]);
    expectClose(huber(d, zero, none), [2.5, 0.125, 0, 0.125, 2.5]);
    expectClose(huber(d, zero, { delta: 2, ...none }), [4, 0.125, 0, 0.125, 4]);
    expectClose(smoothL1(d, zero, { beta: 2, ...none }), [2, 0.0625, 0, 0.0625, 2]);
    expectClose(smoothL1(d, zero, { beta: 0, ...none }), l1(d, zero, none));
  });

  it("pull no harder than 1, or δ, however far off, and not at all at 0", () => {
    const far = f64(-Infinity, -1e300, 0, 1e300, Infinity);
    const pull = (loss: typeof l1) => grad((x) => loss(x, zero, { reduction: "sum" }))(far);
    expectClose(pull(l1), [-1, -1, 0, 1, 1]);
    expectClose(pull(smoothL1), [-1, -1, 0, 1, 1]);
    expectClose(
      pull((x, y, options) => huber(x, y, { delta: 3, ...options })),
      [-3, -3, 0, 3, 3],
    );
    // PyTorch's beta = 0 pulls by −1 at 0; here it is l1 there too.
    expectClose(
      pull((x, y, options) => smoothL1(x, y, { beta: 0, ...options })),
      [-1, -1, 0, 1, 1],
    );
    expect(huber(far, zero, none).data[0]).toBe(Infinity);
  });

  it("have the parabola's second derivative at 0, where one of |d| would be lost", () => {
    const curvature = (loss: typeof l1) => grad((x) => grad((t) => loss(t, zero, { reduction: "sum" }))(x).sum())(d);
    expectClose(curvature(huber), [0, 1, 1, 1, 0]);
    expectClose(
      curvature((x, y, options) => smoothL1(x, y, { beta: 2, ...options })),
      [0, 0.5, 0.5, 0.5, 0],
    );
  });

  it("are right to the second order, in both inputs, and as modules", () => {
    const y = f64(0.2, 0.1, -0.3, 1, 2.2);
    gradcheck((a, b) => l1(a, b), [d, y], { order: 2 });
    gradcheck((a, b) => huber(a, b, { delta: 1.5 }), [d, y], { order: 2 });
    gradcheck((a, b) => smoothL1(a, b, { beta: 0.7, reduction: "none" }), [d, y], { order: 2 });
    expect(new L1().forward(d, y).item()).toBe(l1(d, y).item());
    expect(new Huber({ delta: 2 }).forward(d, y).item()).toBe(huber(d, y, { delta: 2 }).item());
    expect(new SmoothL1({ reduction: "sum" }).forward(d, y).item()).toBe(smoothL1(d, y, { reduction: "sum" }).item());
  });

  it("refuse a bend that is none, integers and shapes that differ", () => {
    expectError(() => huber(d, zero, { delta: 0 }), ValueError, /^huber: delta must be above 0, got 0$/);
    expectError(() => huber(d, zero, { delta: Number.NaN }), ValueError, /got NaN$/);
    expectError(
      () => smoothL1(d, zero, { beta: -1 }),
      ValueError,
      /^smoothL1: beta must be a finite number ≥ 0, got -1/,
    );
    expectError(() => l1(d, f64(0)), ShapeError, /^l1: input \[5\] and target \[1\] differ/);
    for (const loss of [mse, l1, huber, smoothL1, klDiv]) {
      expectError(() => loss(d.to("int32"), zero), DTypeError, new RegExp(`^${loss.name}: input must be float32`));
    }
    const max = { reduction: "max" as "mean" };
    for (const loss of [mse, l1, huber, smoothL1]) expectError(() => loss(d, zero, max), ValueError, /got "max"$/);
  });
});

describe("Kullback–Leibler divergence of log-probabilities", () => {
  const q = randn([4, 3], { generator, dtype: "float64" }).softmax(1);
  const p = randn([4, 3], { generator, dtype: "float64" }).softmax(1);

  it("is, with batchmean, the mean divergence of the rows", () => {
    const expected = klDivergence(p, q).mean().item();
    expect(klDiv(q.log(), p, { reduction: "batchmean" }).item()).toBeCloseTo(expected, 12);
    expect(klDiv(q.log(), p.log(), { reduction: "batchmean", logTarget: true }).item()).toBeCloseTo(expected, 12);
    expect(new KLDiv().forward(q.log(), p).item()).toBeCloseTo(expected / 3, 12);
  });

  it("is 0 where p is 0, even against q = 0", () => {
    const logQ = f64(0.5, 0.5, 0).log();
    expectClose(klDiv(logQ, f64(1, 0, 0), { reduction: "none" }), [Math.LN2, 0, 0]);
    expectClose(klDiv(logQ, f64(1, 0, 0).log(), { reduction: "none", logTarget: true }), [Math.LN2, 0, 0]);
    expectClose(grad((x) => klDiv(x, f64(1, 0, 0), { reduction: "sum" }))(logQ), [-1, 0, 0]);
    expectClose(grad((x) => klDiv(x, f64(1, 0, 0).log(), { reduction: "sum", logTarget: true }))(logQ), [-1, 0, 0]);
  });

  it("is right to the second order", () => {
    gradcheck((x, y) => klDiv(x, y), [q.log(), p], { order: 2 });
    gradcheck((x, y) => klDiv(x, y, { logTarget: true, reduction: "batchmean" }), [q.log(), p.log()], { order: 2 });
  });

  it("refuses shapes that differ and reductions that do not exist", () => {
    expectError(() => klDiv(q.log(), p.sum(1)), ShapeError, /^klDiv: input \[4, 3\] and target \[4\] differ/);
    expectError(() => klDiv(q.log(), p, { reduction: "avg" as "mean" }), ValueError, /"batchmean", got "avg"$/);
  });
});
