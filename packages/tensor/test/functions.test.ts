import { resolve } from "node:path";
import {
  allClose,
  argsort,
  cat,
  cumprod,
  einsum,
  equal,
  Generator,
  grad,
  index,
  log2,
  multinomial,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  sort,
  type Tensor,
  tensor,
  topk,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { int } from "./agree.ts";

// What the table of operations cannot say of src/functions: booleans, random numbers, and what a page carries.

const numbers = (x: Tensor): number[] => [...x.data];

describe("a page", () => {
  const root = resolve(import.meta.dirname, "../../..");
  /** The files of src/functions that a bundle has something of. */
  function carried(page: string): string[] {
    const stdin = { contents: page, resolveDir: root };
    const { metafile } = buildSync({
      stdin,
      absWorkingDir: root,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
    });
    const [output] = Object.values(metafile.outputs);
    return Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? (/src\/functions\/(.*)/.exec(file)?.[1] ?? []) : [],
    );
  }
  it("carries the functions that it imports, and no others", () => {
    expect(carried(`import { tensor } from "@tendril/tensor"; console.log(tensor(1));`)).toEqual([]);
    const page = `import { einsum, log2 } from "@tendril/tensor"; console.log(einsum, log2);`;
    expect(carried(page).sort()).toEqual(["arithmetic.ts", "einsum.ts", "layout.ts"]);
  });
});

describe("allClose", () => {
  it.each([
    [1, 1 + 0.9e-5, {}, true],
    [1, 1 + 1.2e-5, {}, false],
    [0, 0.9e-8, {}, true],
    [0, 1.1e-8, {}, false],
    [100, 101, { rtol: 0.01 }, true],
    [101, 100, { rtol: 0.01, atol: 0 }, true],
    [1, 1.5, { rtol: 0, atol: 0.5 }, true],
    [Number.NaN, Number.NaN, {}, false],
    [Number.NaN, Number.NaN, { equalNan: true }, true],
    [Number.NaN, 1, { equalNan: true }, false],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, {}, true],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, {}, false],
    [1, Number.POSITIVE_INFINITY, {}, false],
    [Number.POSITIVE_INFINITY, 1, { rtol: 1e9 }, false],
  ] as const)("%d, %d, %o: %s", (a, b, options, expected) => {
    const [x, y] = [a, b].map((value) => tensor(value, { dtype: "float64" })) as [Tensor, Tensor];
    expect(allClose(x, y, options)).toBe(expected);
  });

  it("looks at all elements, of shapes that broadcast, of any dtype", () => {
    const close = (b: number): boolean => allClose(tensor([1, 2]), tensor([1, 2, 1, b], { shape: [2, 2] }));
    expect([close(2), close(3)]).toEqual([true, false]);
    expect([allClose(int([1, 2]), int([1, 2])), allClose(int([1, 2]), int([1, 3]))]).toEqual([true, false]);
    expect([allClose([true], [true]), allClose([true], [false]), allClose(zeros([0]), 1)]).toEqual([true, false, true]);
  });
});

it("equal compares shapes and elements", () => {
  expect([equal([1, 2], [1, 2]), equal([1, 2], [1, 2 + 1e-6]), equal([1, 1], 1), equal([[1]], [1])]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect([equal(Number.NaN, Number.NaN), equal(-0, 0), equal(zeros([0]), zeros([0]))]).toEqual([false, true, true]);
  expect(equal(zeros([0]), zeros([0, 2]))).toBe(false);
});

describe("multinomial", () => {
  const generator = new Generator("multinomial");
  const weights = tensor([0, 1, 0, 3, 4, 0]);
  // 20,000 draws: each bound is more than four standard errors wide, and the seed is fixed.
  const n = 20_000;
  const expectShares = (draws: readonly number[], shares: readonly number[]): void => {
    for (const [i, share] of shares.entries()) {
      const found = draws.filter((v) => v === i).length / draws.length;
      expect(Math.abs(found - share)).toBeLessThanOrEqual(share === 0 ? 0 : 0.015);
    }
  };

  it("draws with replacement in proportion to the weights, and never what has none", () => {
    const draws = multinomial(weights, n, { replacement: true, generator });
    expect([draws.dtype, draws.shape]).toEqual(["int32", [n]]);
    expectShares(numbers(draws), [0, 1 / 8, 0, 3 / 8, 1 / 2, 0]);
  });

  it("draws without replacement each once, the first in proportion to the weights, the next to what is left", () => {
    const draws = multinomial(weights.broadcastTo([n, 6]), 3, { generator });
    expect(draws.shape).toEqual([n, 3]);
    expect(equal(sort(draws).values, int([1, 3, 4]).broadcastTo([n, 3]))).toBe(true);
    expectShares(numbers(draws.select(1, 0)), [0, 1 / 8, 0, 3 / 8, 1 / 2, 0]);
    // Σ over the first: 1/8 · (3, 4)/7 after 1, 3/8 · (1, 4)/5 after 3, 4/8 · (1, 3)/4 after 4
    expectShares(numbers(draws.select(1, 1)), [0, 3 / 40 + 1 / 8, 0, 3 / 56 + 3 / 8, 1 / 14 + 3 / 10, 0]);
  });

  it("draws for each row of its own, from rows of any sum", () => {
    const rows = tensor([
      [0, 5, 0],
      [1e-30, 0, 0],
      [0, 0, 1e30],
    ]);
    for (const replacement of [true, false]) {
      expect(numbers(multinomial(rows, 1, { replacement, generator }))).toEqual([1, 0, 2]);
    }
    expect(multinomial(rows, 4, { replacement: true, generator }).toArray()).toEqual(
      [1, 0, 2].map((i) => Array(4).fill(i)),
    );
  });

  it("passes no gradient", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(multinomial(x, 2).requiresGrad).toBe(false);
  });
});

it("randLike and randnLike draw as rand and randn do, of the shape and dtype of a tensor", () => {
  const x = zeros([2, 3], { dtype: "float64", requiresGrad: true });
  const draws = [
    [randLike, rand],
    [randnLike, randn],
  ] as const;
  for (const [like, draw] of draws) {
    const found = like(x, { generator: new Generator(3) });
    expect([found.requiresGrad, found.dtype]).toEqual([false, "float64"]);
    expect(equal(found, draw([2, 3], { generator: new Generator(3), dtype: "float64" }))).toBe(true);
    expect(like(x, { dtype: "float32", requiresGrad: true }).dtype).toBe("float32");
    expect(like(int([1]), { dtype: "float32", requiresGrad: true }).requiresGrad).toBe(true);
  }
});

describe("orders", () => {
  it("are stable in long rows, too", () => {
    const x = randint(0, 20, [3000], { generator: new Generator(1) });
    const places = numbers(x).map((value, i) => [value, i] as const);
    const ascending = places.toSorted(([a, i], [b, j]) => a - b || i - j).map(([, i]) => i);
    const descending = places.toSorted(([a, i], [b, j]) => b - a || i - j).map(([, i]) => i);
    expect(numbers(argsort(x))).toEqual(ascending);
    expect(numbers(argsort(x, 0, { descending: true }))).toEqual(descending);
    expect(numbers(topk(x, 100).indices)).toEqual(descending.slice(0, 100));
  });
});

describe("long rows of float32, which are sorted as packed numbers,", () => {
  const edges = [0, -0, 1e-45, -1e-45, Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, -1, -2, 1, 2, -1.5];
  it.each([true, false])("have the order that the same numbers have in float64 (descending: %s)", (descending) => {
    const generator = new Generator("rows");
    const x = cat([tensor([...edges, ...edges]), randn([2000], { generator }).mul(1e20), randn([2000], { generator })]);
    expect(numbers(argsort(x, 0, { descending }))).toEqual(numbers(argsort(x.to("float64"), 0, { descending })));
    const whole = randint(-(2 ** 31), 2 ** 31, [2000], { generator });
    const places = argsort(whole.to("float64"), 0, { descending });
    expect(numbers(argsort(whole, 0, { descending }))).toEqual(numbers(places));
  });
});

it("cumprod has all derivatives where entries are 0", () => {
  // x·y·z, differentiated by each once, is 1 everywhere.
  const last = (x: Tensor): Tensor => cumprod(x, 0).select(0, 2);
  const by =
    (f: (x: Tensor) => Tensor, i: number): ((x: Tensor) => Tensor) =>
    (x) =>
      grad(f)(x).select(0, i);
  const third = by(by(by(last, 0), 1), 2);
  expect(third(tensor([0, 0, 0])).item()).toBe(1);
  expect(by(last, 1)(tensor([2, 0, 5])).item()).toBe(10);
});

it("cumprod of integers wraps around as in C", () => {
  expect(numbers(cumprod(int([94906267, 94906267, 3]), 0))).toEqual([
    94906267,
    Math.imul(94906267, 94906267),
    Math.imul(Math.imul(94906267, 94906267), 3),
  ]);
});

it("log2 is exact at powers of 2, in both precisions, eager and compiled", () => {
  for (const [dtype, most] of [
    ["float32", 126],
    ["float64", 1022],
  ] as const) {
    const exponents = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
    const x = tensor(
      exponents.map((e) => 2 ** e),
      { dtype },
    );
    expect(numbers(log2(x))).toEqual(exponents);
    expect(numbers(compile((y: Tensor) => log2(y))(x))).toEqual(exponents);
  }
});

it("einsum and index take plain numbers and arrays in the place of tensors", () => {
  expect(einsum("i,i", [1, 2], tensor([3, 4])).item()).toBe(11);
  expect(einsum(",i", 2, [3, 4]).toArray()).toEqual([6, 8]);
  expect(index([[1, 2, 3]], -1, [0, 1, -1]).toArray()).toEqual([1, 2, 3]);
});
