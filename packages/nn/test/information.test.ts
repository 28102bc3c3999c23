import { grad, type Tensor, tensor, ValueError } from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossEntropyOf, entropy, information, klDivergence } from "../src/index.ts";
import { expectClose, expectError } from "./compare.ts";

const f64 = (data: readonly number[]): Tensor => tensor(data, { dtype: "float64" });

/** A distribution over n classes; some of them impossible. */
const distribution = (n: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.double({ min: 1e-6, max: 1, noNaN: true }) }, fc.constant(0)), {
      minLength: n,
      maxLength: n,
    })
    .filter((weights) => weights.some((w) => w > 0))
    .map((weights) => {
      const total = weights.reduce((sum, w) => sum + w);
      return weights.map((w) => w / total);
    });

const pairs = fc.integer({ min: 2, max: 6 }).chain((n) => fc.tuple(distribution(n), distribution(n)));

describe("information theory", () => {
  it("has information 0.3567, 1.6094, 2.3026 nats for p = 0.7, 0.2, 0.1", () => {
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: as the lesson gives it, rounded
    expectClose(information(f64([0.7, 0.2, 0.1])), [0.3567, 1.6094, 2.3026], { atol: 5e-5 });
  });

  it("has entropy 0.8018 nats for (0.7, 0.2, 0.1); 0.804 where the terms are rounded first", () => {
    expect(entropy(f64([0.7, 0.2, 0.1])).item()).toBeCloseTo(0.8018, 4);
    const rounded = 0.7 * 0.36 + 0.2 * 1.61 + 0.1 * 2.3;
    expect(rounded).toBeCloseTo(0.804, 12);
  });

  it("counts in bits on request", () => {
    expect(information(0.125, { base: 2 }).item()).toBeCloseTo(3, 6);
    expect(entropy([0.25, 0.25, 0.25, 0.25], { base: 2 }).item()).toBeCloseTo(2, 6);
    expect(klDivergence([1, 0], [0.5, 0.5], { base: 2 }).item()).toBeCloseTo(1, 6);
    expect(crossEntropyOf([1, 0], [0.25, 0.75], { base: 2 }).item()).toBeCloseTo(2, 6);
    expectError(() => entropy([1, 0], { base: 10 as 2 }), ValueError, /^entropy: base must be "e" or 2, got 10$/);
  });

  it("knows certainty and impossibility", () => {
    expect(entropy([1, 0, 0]).item()).toBe(0);
    expect(information(1).item()).toBe(0);
    expect(information(0).item()).toBe(Number.POSITIVE_INFINITY);
    expect(klDivergence([0.5, 0.5], [1, 0]).item()).toBe(Number.POSITIVE_INFINITY);
    expect(klDivergence([1, 0], [0.5, 0.5]).item()).toBeCloseTo(Math.LN2, 6);
  });

  it("works along any axis", () => {
    const p = tensor(
      [
        [0.5, 1],
        [0.5, 0],
      ],
      { dtype: "float64" },
    );
    expectClose(entropy(p, { dim: 0 }), [Math.LN2, 0]);
    expect(entropy(p).shape).toEqual([2]);
  });

  it("satisfies KL(p‖q) = H(p, q) − H(p)", () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        const [a, b] = [f64(p), f64(q)];
        const [kl, cross, own] = [klDivergence(a, b), crossEntropyOf(a, b), entropy(a)].map((t) => t.item());
        expectClose(kl as number, (cross as number) - (own as number), { atol: 1e-12 });
      }),
    );
  });

  it("satisfies KL ≥ 0, and 0 only for p = q: by Pinsker, KL ≥ ½·(Σ|p − q|)²", () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        const distance = p.reduce((sum, x, i) => sum + Math.abs(x - (q[i] as number)), 0);
        expect(klDivergence(f64(p), f64(q)).item()).toBeGreaterThanOrEqual(distance ** 2 / 2 - 1e-14);
        expect(klDivergence(f64(p), f64(p)).item()).toBe(0);
      }),
    );
  });

  it("differentiates: ∂H/∂p = −log p − 1", () => {
    const p = f64([0.7, 0.2, 0.1]);
    expectClose(grad((x) => entropy(x))(p), p.log().neg().sub(1));
    gradcheck((x, y) => klDivergence(x, y), [p, f64([0.3, 0.3, 0.4])], { order: 2 });
  });
});
