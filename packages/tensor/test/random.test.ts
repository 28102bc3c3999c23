import {
  bernoulli,
  Generator,
  manualSeed,
  permutation,
  rand,
  randint,
  randn,
  type Tensor,
  tensor,
} from "@tendril/tensor";
import alea from "seedrandom/lib/alea.js";
import { describe, expect, it } from "vitest";

const numbers = (x: Tensor): number[] => [...x.data];
const draw = (generator?: Generator): number[] =>
  [
    rand([3], { generator }),
    randn([3], { generator }),
    randint(0, 9, [3], { generator }),
    permutation(5, { generator }),
  ].flatMap(numbers);

describe("a seed", () => {
  it("gives the same numbers each time, in sequence, by a generator or globally", () => {
    const first = draw(new Generator(7));
    expect(draw(new Generator(7))).toEqual(first);
    expect(draw(new Generator(8))).not.toEqual(first);
    manualSeed(7);
    expect(draw()).toEqual(first);
    expect(draw()).not.toEqual(first);
  });

  it("gives these very numbers on every machine", () => {
    expect(numbers(rand([3], { generator: new Generator(0), dtype: "float64" }))).toMatchInlineSnapshot(`
      [
        0.5945264335737063,
        0.12979769093792703,
        0.479257016189522,
      ]
    `);
  });
});

it("numbers are those of seedrandom's Alea, however many are drawn at once", () => {
  const [drawn, next] = [new Generator("abc"), alea("abc").double];
  for (const n of [1, 0, 1023, 1024, 1025, 3000]) {
    expect(numbers(rand([n], { generator: drawn, dtype: "float64" }))).toEqual(Array.from({ length: n }, next));
    expect(drawn.next()).toBe(next());
  }
});

// 40,000 draws: each bound is more than five standard errors wide, and the seed is fixed.
const n = 40_000;
const generator = new Generator("distribution");

describe("the distribution of", () => {
  it("rand is uniform on [0, 1), also after rounding to float32", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const u = rand([n], { generator, dtype });
      expect(numbers(u).every((v) => v >= 0 && v < 1)).toBe(true);
      expect(u.mean().item()).toBeCloseTo(0.5, 2);
      expect(u.var().item()).toBeCloseTo(1 / 12, 2);
    }
  });

  it("randn has mean 0, variance 1, and the tails of a normal", () => {
    const z = randn([n], { generator });
    expect(Math.abs(z.mean().item())).toBeLessThan(0.03);
    expect(Math.abs(z.var().item() - 1)).toBeLessThan(0.04);
    expect(Math.abs(z.abs().gt(1.96).to("float32").mean().item() - 0.05)).toBeLessThan(0.006);
    expect(numbers(z).every(Number.isFinite)).toBe(true);
  });

  it("randint covers its range evenly, without its end", () => {
    const counts = new Map<number, number>();
    for (const v of numbers(randint(-2, 3, [n], { generator }))) counts.set(v, (counts.get(v) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    for (const count of counts.values()) expect(Math.abs(count / n - 0.2)).toBeLessThan(0.011);
  });

  it("permutation holds each number once, each as often in each place", () => {
    expect(numbers(permutation(100, { generator })).sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    const first = Array.from({ length: 6000 }, () => numbers(permutation(3, { generator }))[0]);
    for (const k of [0, 1, 2]) expect(Math.abs(first.filter((v) => v === k).length / 6000 - 1 / 3)).toBeLessThan(0.031);
  });

  it("bernoulli follows its probabilities, and is certain at 0 and 1", () => {
    const p = tensor([0, 0.3, 1]).broadcastTo([n, 3]);
    const [never, sometimes, always] = numbers(bernoulli(p, { generator }).mean(0)) as [number, number, number];
    expect([never, always]).toEqual([0, 1]);
    expect(Math.abs(sometimes - 0.3)).toBeLessThan(0.012);
  });
});

describe("options", () => {
  it("set dtype and requiresGrad", () => {
    expect(randn([2], { dtype: "float64", requiresGrad: true }).requiresGrad).toBe(true);
    expect([rand([0]).shape, randint(0, 2, [2, 2]).dtype, bernoulli(rand([2]), { dtype: "bool" }).dtype]).toEqual([
      [0],
      "int32",
      "bool",
    ]);
  });
});
