import { readFileSync } from "node:fs";
import {
  add,
  amax,
  cos,
  erf,
  exp,
  expm1,
  grad,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  logSumExp,
  mean,
  mul,
  sigmoid,
  sin,
  softmax,
  softplus,
  sqrt,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, test } from "vitest";
import { on } from "./engine.ts";

describe("float32 sums", () => {
  // 24-bit fractions from a linear congruential generator: exact in float32, and their sum of integers exact in a double.
  const n = 1e7;
  const values = new Float32Array(n);
  let total = 0;
  for (let i = 0, state = 1; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const k = state >>> 8;
    total += k;
    values[i] = k / 2 ** 24;
  }
  const exact = total / 2 ** 24 / n;
  const x = tensor(values);
  const relativeError = (value: number, expected: number): number => Math.abs(value - expected) / expected;

  test("a mean over 10⁷ values is right to 1e-6", () => {
    expect(relativeError(mean(x).item(), exact)).toBeLessThan(1e-6);
    expect(relativeError(mean(x.reshape([10, n / 10])).item(), exact)).toBeLessThan(1e-6);
    expect(relativeError(sum(x).item(), exact * n)).toBeLessThan(1e-6);
  });

  test("so are means along an axis, whichever it is", () => {
    for (const rows of [x.reshape([n / 4, 4]).mean(0), x.reshape([4, n / 4]).mean(1)]) {
      expect(relativeError(rows.to("float64").mean().item(), exact)).toBeLessThan(1e-6);
    }
  });

  test("adding up in float32 would not do", () => {
    let naive = 0;
    for (const v of values) naive = Math.fround(naive + v);
    expect(relativeError(naive / n, exact)).toBeGreaterThan(1e-5);
  });

  test("matmul and the variance of numbers far from 0 add up as well", () => {
    const ones = tensor(new Float32Array(n).fill(1));
    expect(relativeError(x.matmul(ones).item(), exact * n)).toBeLessThan(1e-6);
    const far = tensor(values.subarray(0, 1e6)).add(1000);
    expect(relativeError(far.var().item(), far.to("float64").var().item())).toBeLessThan(1e-4);
  });
});

// Points spread evenly over all bit patterns, hence over all magnitudes; fixtures/generate_numerics.py has the same.
const patterns = (n: number): Float32Array =>
  new Float32Array(Uint32Array.from({ length: n }, (_, k) => Math.imul(k, 2654435761)).buffer);
const grid = (n: number): Float32Array => Float32Array.from({ length: n }, (_, k) => (13 * k) / n - 6.5);

/** How far `actual` is from `exact`, in units of the last place that a float32 of that size has. */
function ulps(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded) || actual === rounded) return Number.isFinite(rounded) ? error(actual, exact) : 0;
  return Number.isFinite(actual) && Number.isFinite(rounded) ? error(actual, exact) : Number.POSITIVE_INFINITY;
}
const error = (actual: number, exact: number): number =>
  Math.abs(actual - exact) / 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(exact) || 2 ** -149))) - 23);

const worst = (actual: ArrayLike<number>, exact: ArrayLike<number>): number =>
  Array.from(actual).reduce((max, y, i) => Math.max(max, ulps(y, exact[i] as number)), 0);

const fromC: Record<string, Record<string, (number | string)[]>> = JSON.parse(
  readFileSync(new URL("./fixtures/numerics.json", import.meta.url), "utf8"),
);

describe("elementary functions in float32", () => {
  const functions = { exp, expm1, log, log1p, sqrt, sin, cos, tanh, sigmoid, erf, softplus };
  const names = Object.keys(functions) as (keyof typeof functions)[];

  test("are all that docs/numerics.md measures", () => {
    const text = readFileSync(new URL("../../../docs/numerics.md", import.meta.url), "utf8");
    const [, table = ""] = /^function +largest error in ulp\n((?:\w+ +[\d.]+\n)+)/m.exec(text) ?? [];
    const measured = table
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(measured).toEqual([...names, "softmax", "logSoftmax", "logSumExp"]);
  });

  /** The function as each engine has it: the reference kernel, the SIMD kernel, the formula in a compiled loop. */
  const ways: [name: string, run: (name: (typeof names)[number], x: Tensor) => Tensor][] = [
    ["JavaScript", (name, x) => on("js", () => functions[name](x))],
    ["SIMD", (name, x) => on("wasm", () => functions[name](x))],
    ["compiled loops", (name, x) => compile((x: Tensor) => functions[name](x))(x)],
  ];
  describe.each(ways)("by %s", (_, run) => {
    test.each(names)("%s is within 2 ulp of the C library", (name) => {
      const { patterns: atPatterns = [], grid: atGrid = [] } = fromC[name] ?? {};
      expect([atPatterns.length, atGrid.length]).toEqual([512, 512]);
      for (const [points, values] of [
        [patterns(atPatterns.length), atPatterns],
        [grid(atGrid.length), atGrid],
      ] as const) {
        const out = run(name, tensor(points));
        expect(out.dtype).toBe("float32");
        expect(worst(out.data, values.map(Number))).toBeLessThan(2);
      }
    });

    // Wider than the grid, too: where exp overflows, and where it vanishes.
    test.each(names)("%s is within 2 ulp of itself in float64 at 300,000 points", (name) => {
      const wide = grid(100_000).map((x) => 17 * x);
      for (const points of [patterns(100_000), grid(100_000), wide]) {
        const exact = functions[name](tensor(points).to("float64")).data;
        expect(worst(run(name, tensor(points)).data, exact)).toBeLessThan(2);
      }
    });

    test.each(names)("%s is right at the edges, with the sign of 0", (name) => {
      const edges = [0, -0, Infinity, -Infinity, NaN, 2 ** -149, -(2 ** -149)];
      const exact = functions[name](tensor(edges, { dtype: "float64" })).data;
      expect([...run(name, tensor(edges)).data]).toEqual(Array.from(exact, Math.fround));
    });
  });

  const inMath = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh"] as const;
  test.each(inMath)("%s in float64 is Math's", (name) => {
    const points = Float64Array.from(patterns(1000));
    expect([...functions[name](tensor(points)).data]).toEqual(Array.from(points, Math[name]));
  });

  test("erf in float64 is within 2e-15 of the C library", () => {
    const out = erf(tensor(Float64Array.from(grid(512))));
    const off = fromC.erf?.grid?.map((y, i) => Math.abs((out.data[i] as number) / Number(y) - 1) || 0) as number[];
    expect(Math.max(...off)).toBeLessThan(2e-15);
  });

  test("ulps are counted right", () => {
    expect(ulps(1, 1)).toBe(0);
    expect(ulps(1 + 2 ** -22, 1)).toBe(2);
    expect(ulps(2 ** -149, 0)).toBe(1);
    expect(ulps(0, 1e-3)).toBeGreaterThan(1e6);
    expect(ulps(Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(ulps(Number.POSITIVE_INFINITY, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(ulps(Number.POSITIVE_INFINITY, 1e39)).toBe(0);
  });
});

// Rows in ±1, ±10, ±40 and ±87; fixtures/generate_numerics.py has the same.
describe.each([7, 20])("softmax and its logarithms in float32, of rows of %i", (n) => {
  const x = tensor(
    Float32Array.from({ length: 24 * n }, (_, i) => {
      const scale = [1, 10, 40, 87][Math.floor(i / n) % 4] as number;
      return ((Math.imul(i, 2654435761) >>> 0) / 2 ** 31 - 1) * scale;
    }),
    { shape: [24, n] },
  );
  const exact = (name: string): number[] => ((fromC[name]?.[n] ?? []) as unknown as number[][]).flat();
  const below = sub(amax(x, 1, { keepdim: true }), x).data;
  const unit = (size: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(size))) - 23);
  const expectWithin = (actual: ArrayLike<number>, name: string, limit: (y: number, i: number) => number): void => {
    const wanted = exact(name);
    expect(actual).toHaveLength(wanted.length);
    const far = wanted.map((y, i) => Math.abs((actual[i] as number) - y) / limit(y, i));
    expect(Math.max(...far)).toBeLessThanOrEqual(1);
  };
  const largest = amax(x, 1).data;
  /** The larger of the two terms that a row's logSumExp is the sum of. */
  const term = (y: number, i: number): number => {
    const max = largest[i] as number;
    return Math.max(Math.abs(max), Math.abs(y - max));
  };

  const limits = {
    softmax: (y: number, i: number): number => (3 + (below[i] as number)) * unit(y),
    logSoftmax: (y: number): number => 3 * unit(Math.max(1, -y)),
    logSumExp: (y: number, i: number): number => unit(term(y, i)),
  };
  const functions = {
    softmax: (x: Tensor): Tensor => softmax(x),
    logSoftmax: (x: Tensor): Tensor => logSoftmax(x),
    logSumExp: (x: Tensor): Tensor => logSumExp(x, 1),
  };
  const names = Object.keys(functions) as (keyof typeof functions)[];

  test.each(names)("%s is as exact as docs/numerics.md says, on every engine and compiled", (name) => {
    const f = functions[name];
    for (const engine of ["js", "wasm", "auto"] as const) expectWithin(on(engine, () => f(x)).data, name, limits[name]);
    expectWithin(compile(f)(x).data, name, limits[name]);
  });

  test("the reference kernels round once", () => {
    expectWithin(on("js", () => softmax(x)).data, "softmax", unit);
    expectWithin(on("js", () => logSoftmax(x)).data, "logSoftmax", (y) => Math.max(unit(-y), 2 ** -52));
    expectWithin(on("js", () => logSumExp(x, 1)).data, "logSumExp", (y, i) => unit(term(y, i)));
  });

  test("logSumExp keeps the digits of a small logarithm", () => {
    const small = tensor([2 ** -10, ...new Array<number>(n - 1).fill(-9)]);
    const exact = logSumExp(small.to("float64"), 0).item();
    const off = Math.abs(on("wasm", () => logSumExp(small, 0)).item() - exact);
    expect(off).toBeLessThan(3 * unit(exact));
  });
});

describe("far from 0", () => {
  /** max(z, 0) − z·y + ln(1 + e^−|z|), the cross-entropy of a logit: softplus(z) − z·y. */
  const bceWithLogits = (z: Tensor, y: number): Tensor => sub(softplus(z), mul(z, y));

  describe.each(["float32", "float64"] as const)("in %s", (dtype) => {
    const big = 1e4;
    const huge = dtype === "float32" ? Math.fround(1e30) : 1e30;
    const at = (...values: number[]): Tensor => tensor(values, { dtype });
    const rows: [name: string, f: (x: Tensor) => Tensor, x: number[], values: number[], slopes: number[]][] = [
      ["softmax", (x) => softmax(x).slice([0, 2]), [big, 0, -big], [1, 0], [0, 0, 0]],
      ["softmax", (x) => softmax(x), [huge, -huge], [1, 0], [0, 0]],
      ["softmax", (x) => softmax(x).slice(0), [-huge, -huge], [0.5], [0.25, -0.25]],
      ["logSoftmax", (x) => logSoftmax(x), [big, 0, -big], [0, -big, -2 * big], [-2, 1, 1]],
      ["logSumExp", (x) => logSumExp(x), [big, 0, -big], [big], [1, 0, 0]],
      ["logSumExp", (x) => logSumExp(x), [-huge, -huge], [-huge], [0.5, 0.5]],
      ["sigmoid", sigmoid, [big, -big, huge, -huge], [1, 0, 1, 0], [0, 0, 0, 0]],
      ["logSigmoid", logSigmoid, [big, -big, huge, -huge], [0, -big, 0, -huge], [0, 1, 0, 1]],
      ["softplus", softplus, [big, -big, huge, -huge], [big, 0, huge, 0], [1, 0, 1, 0]],
      ["bceWithLogits, y = 1", (z) => bceWithLogits(z, 1), [big, -big, huge, -huge], [0, big, 0, huge], [0, -1, 0, -1]],
      ["bceWithLogits, y = 0", (z) => bceWithLogits(z, 0), [big, -big, huge, -huge], [big, 0, huge, 0], [1, 0, 1, 0]],
      ["tanh", tanh, [big, -big, huge, -huge], [1, -1, 1, -1], [0, 0, 0, 0]],
      ["erf", erf, [big, -big, huge, -huge], [1, -1, 1, -1], [0, 0, 0, 0]],
    ];

    test.each(rows)("%s is exact, with its first and second derivatives", (_, f, x, values, slopes) => {
      const total = (x: Tensor): Tensor => f(x).sum();
      const first = grad(total);
      // + 0 turns −0 into 0: the sign of a vanished slope says nothing
      expect([...add(f(at(...x)), 0).data]).toEqual(values);
      expect([...add(first(at(...x)), 0).data]).toEqual(slopes);
      const second = grad((x: Tensor) => first(x).sum())(at(...x));
      expect([...second.data].every(Number.isFinite)).toBe(true);
    });
  });

  test("small probabilities keep their logarithm and their slope", () => {
    const x = tensor([-50, -200], { dtype: "float64" });
    expect([...log(sigmoid(x)).data]).toEqual([...logSigmoid(x).data].map((y) => expect.closeTo(y, 10)));
    expect(softplus(x).data[1]).toBeCloseTo(Math.exp(-200), 100);
    expect((softplus(x).data[1] as number) / Math.exp(-200)).toBeCloseTo(1, 12);
  });
});
