import { DTypeError, Generator, grad, rand, randn, ShapeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it } from "vitest";
import { BCE, BCEWithLogits, bce, bceWithLogits, KLDiv, klDiv, klDivergence, MSE, mse } from "../src/index.ts";
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
