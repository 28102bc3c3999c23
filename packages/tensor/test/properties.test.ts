import {
  add,
  logSoftmax,
  logSumExp,
  matmul,
  mul,
  type NestedArray,
  ShapeError,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  vjp,
  where,
} from "@tendril/tensor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const size = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);
const shapes = (minLength = 0, maxLength = 4): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength, maxLength });

/** A float64 tensor of `shape` with elements from `values`; by default small integers, whose sums and products are exact. */
function tensors(
  shape: readonly number[],
  values: fc.Arbitrary<number> = fc.integer({ min: -9, max: 9 }),
): fc.Arbitrary<Tensor> {
  const n = size(shape);
  return fc.array(values, { minLength: n, maxLength: n }).map((data) => tensor(data, { shape, dtype: "float64" }));
}
const moderate = fc.double({ min: -2, max: 2, noNaN: true });
const ofAnyShape = (values?: fc.Arbitrary<number>): fc.Arbitrary<Tensor> =>
  shapes().chain((shape) => tensors(shape, values));

/** A shape that broadcasts to `shape`: leading axes dropped, others made 1. */
const stretchable = (shape: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: shape.length }),
      fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
    )
    .map(([drop, squash]) => shape.map((d, i) => (squash[i] ? 1 : d)).slice(drop));

const order = (n: number): fc.Arbitrary<number[]> => fc.shuffledSubarray([...Array(n).keys()], { minLength: n });

/** Every position in `shape`, row-major. */
const positions = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>((list, d) => list.flatMap((at) => Array.from({ length: d }, (_, i) => [...at, i])), [[]]);

/** One element of a nested array; an index beyond an axis of size 1 reads its only element. */
const at = (array: unknown, where: readonly number[]): number =>
  where.reduce<unknown>((level, i) => (level as unknown[])[(level as unknown[]).length === 1 ? 0 : i], array) as number;

/** ⟨a, b⟩ */
const dot = (a: Tensor, b: Tensor): number => sum(mul(a, b)).item();

const expectNear = (a: number, b: number, tolerance: number): void =>
  expect(Math.abs(a - b), `${a} ≈ ${b}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(a), Math.abs(b)));

const expectSame = (a: Tensor, b: Tensor): void =>
  expect([a.shape, a.dtype, [...a.data]]).toEqual([b.shape, b.dtype, [...b.data]]);

describe("broadcasting", () => {
  const operands = shapes().chain((out) =>
    fc.tuple(
      stretchable(out).chain((s) => tensors(s)),
      stretchable(out).chain((s) => tensors(s)),
      stretchable(out),
    ),
  );

  it("agrees with reading each operand at the output's position", () => {
    fc.assert(
      fc.property(operands, ([a, b]) => {
        const ndim = Math.max(a.ndim, b.ndim);
        const axis = (x: Tensor, i: number): number => x.shape[i - ndim + x.ndim] ?? 1;
        const shape = Array.from({ length: ndim }, (_, i) => Math.max(axis(a, i), axis(b, i)));
        const read = (x: Tensor, p: number[]): number => at(x.toArray(), p.slice(ndim - x.ndim));
        const expected = (f: (x: number, y: number) => number): number[] =>
          positions(shape).map((p) => f(read(a, p), read(b, p)));
        expect(add(a, b).shape).toEqual(shape);
        expect([...sub(a, b).data]).toEqual(expected((x, y) => x - y));
        expect([...mul(a, b).data]).toEqual(expected((x, y) => x * y));
        expect([...where(a.gt(b), a, b).data]).toEqual(expected((x, y) => Math.max(x, y)));
      }),
    );
  });

  it("refuses every other pair of shapes", () => {
    fc.assert(
      fc.property(shapes(1), shapes(1), (a, b) => {
        const fits = a.every((_, i) => {
          const [m, n] = [a.at(-1 - i) ?? 1, b.at(-1 - i) ?? 1];
          return m === n || m === 1 || n === 1;
        });
        const [x, y] = [
          tensor(new Float64Array(size(a)), { shape: a }),
          tensor(new Float64Array(size(b)), { shape: b }),
        ];
        if (fits) expect(add(x, y).ndim).toBe(Math.max(a.length, b.length));
        else expect(() => add(x, y)).toThrow(ShapeError);
      }),
    );
  });
});

// Smooth functions of a [2, 3] tensor that between them use every kind of rule.
const smooth: Record<string, (x: Tensor) => Tensor> = {
  "x² tanh x": (x) => x.mul(x).mul(x.tanh()),
  "softmax of rows times columns' sums": (x) => softmax(x, 1).mul(x.sum(0)),
  "x xᵀ": (x) => matmul(x, x, { transposeB: true }),
  "logSumExp of a slice, over the variance": (x) => logSumExp(x.slice([], [null, null, -2]), 0).div(x.var().add(1)),
  "gathered, permuted, exponentiated": (x) =>
    x
      .gather(
        1,
        tensor(
          [
            [2, 2],
            [0, 1],
          ],
          { dtype: "int32" },
        ),
      )
      .permute([1, 0])
      .exp(),
  "σ(x) where positive, x³ elsewhere": (x) => where(x.gt(0), x.sigmoid(), x.pow(3)),
};

describe.each(Object.entries(smooth))("the vjp of %s", (_, f) => {
  // Odd multiples of 1/2048: never near 0, where one of them has a kink.
  const point = tensors(
    [2, 3],
    fc.integer({ min: -2048, max: 2047 }).map((n) => (2 * n + 1) / 2048),
  );
  const withCotangents = point.chain((x) =>
    fc.tuple(fc.constant(x), tensors(f(x).shape, moderate), tensors(f(x).shape, moderate)),
  );

  it("is linear in the cotangent", () => {
    fc.assert(
      fc.property(withCotangents, moderate, ([x, u, w], k) => {
        const [, pullback] = vjp(f, x);
        const [both, one, other] = [u.mul(k).add(w), u, w].map((ct) => pullback(ct)[0] as Tensor) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        for (const [i, g] of both.data.entries()) {
          expectNear(g, k * (one.data[i] as number) + (other.data[i] as number), 1e-12);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is the transpose of the derivative: ⟨vjp(u), v⟩ = ⟨u, df along v⟩", () => {
    fc.assert(
      fc.property(withCotangents, point, ([x, u], v) => {
        const h = 1e-5;
        const along = f(x.add(v.mul(h)))
          .sub(f(x.sub(v.mul(h))))
          .div(2 * h);
        expectNear(dot(vjp(f, x)[1](u)[0] as Tensor, v), dot(u, along), 1e-6);
      }),
      { numRuns: 50 },
    );
  });
});

describe("softmax", () => {
  const rows = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }))
    .chain(([n, m]) => tensors([m, n], fc.double({ min: -700, max: 700, noNaN: true })));

  it("does not notice a shift of its logits; logSumExp moves with it", () => {
    // Multiples of 1/8 are shifted without rounding, so that the results must be the same to the last bit.
    const eighths = fc.integer({ min: -8000, max: 8000 }).map((n) => n / 8);
    fc.assert(
      fc.property(
        shapes(1).chain((shape) => tensors(shape, eighths)),
        eighths,
        (x, shift) => {
          expectSame(softmax(x.add(shift)), softmax(x));
          const [moved, still] = [logSumExp(x.add(shift)).item(), logSumExp(x).item()];
          expectNear(moved, still + shift, 1e-12);
        },
      ),
    );
  });

  it("gives numbers in [0, 1] that sum to 1, and whose logarithm is logSoftmax", () => {
    fc.assert(
      fc.property(rows, (x) => {
        const p = softmax(x, 1);
        for (const v of p.data) expect(v >= 0 && v <= 1).toBe(true);
        for (const total of p.sum(1).data) expectNear(total, 1, 1e-14);
        for (const [i, v] of logSoftmax(x, 1).data.entries()) expectNear(Math.exp(v), p.data[i] as number, 1e-12);
      }),
    );
  });
});

describe("shapes", () => {
  it("come back after reshape", () => {
    const pair = shapes(1).chain((shape) =>
      fc.tuple(
        tensors(shape),
        order(shape.length).map((p) => p.map((i) => shape[i] as number)),
      ),
    );
    fc.assert(
      fc.property(pair, ([x, shape]) => {
        expect([...x.reshape(shape).data]).toEqual([...x.data]);
        expectSame(x.reshape(shape).reshape([-1, ...x.shape.slice(1)]), x);
      }),
    );
  });

  it("come back after permute by the inverse order, which moves each element where it says", () => {
    const pair = shapes().chain((shape) => fc.tuple(tensors(shape), order(shape.length)));
    fc.assert(
      fc.property(pair, ([x, dims]) => {
        const y = x.permute(dims);
        for (const p of positions(y.shape))
          expect(at(y.toArray(), p)).toBe(
            at(
              x.toArray(),
              dims.map((_, d) => p[dims.indexOf(d)] as number),
            ),
          );
        expectSame(y.permute(dims.map((_, d) => dims.indexOf(d))), x);
      }),
    );
  });

  it("come back after two transposes; one is the permutation that exchanges two axes", () => {
    const triple = shapes(1).chain((shape) => {
      const axis = fc.integer({ min: -shape.length, max: shape.length - 1 });
      return fc.tuple(tensors(shape), axis, axis);
    });
    fc.assert(
      fc.property(triple, ([x, a, b]) => {
        const dims = x.shape.map((_, i) => i);
        [dims[(a + x.ndim) % x.ndim], dims[(b + x.ndim) % x.ndim]] = [(b + x.ndim) % x.ndim, (a + x.ndim) % x.ndim];
        expectSame(x.transpose(a, b), x.permute(dims));
        expectSame(x.transpose(a, b).transpose(b, a), x);
      }),
    );
  });

  it("survive toArray, in every dtype, with empty last axes", () => {
    const dtypes = fc.constantFrom("float32", "float64", "int32", "bool" as const);
    fc.assert(
      fc.property(ofAnyShape(fc.integer({ min: 0, max: 2 })), dtypes, (x, dtype) => {
        const y = x.to(dtype);
        expectSame(tensor(y.toArray(), { dtype }), y);
      }),
    );
    for (const array of [[], [[], []], [[[]]]] as NestedArray[]) expect(tensor(array).toArray()).toEqual(array);
  });

  it("survive toArray with any double, NaN, −0 and infinities included", () => {
    fc.assert(
      fc.property(ofAnyShape(fc.double()), (x) => {
        expectSame(tensor(x.toArray(), { dtype: "float64" }), x);
      }),
    );
  });
});

describe("sums and products", () => {
  it("over several axes are sums of sums, in any order", () => {
    const pair = shapes(1).chain((shape) => fc.tuple(tensors(shape), fc.shuffledSubarray([...shape.keys()])));
    fc.assert(
      fc.property(pair, ([x, dims]) => {
        // With keepdim the axes keep their numbers while they go one by one.
        const oneByOne = dims.reduce((y, dim) => y.sum(dim, { keepdim: true }), x);
        const negative = dims.map((d) => d - x.ndim);
        if (dims.length > 0) expectSame(x.sum(negative, { keepdim: true }), oneByOne);
        if (dims.length > 0) expectSame(x.sum(dims), oneByOne.reshape(x.shape.filter((_, i) => !dims.includes(i))));
        expect(x.sum().item()).toBe([...x.data].reduce((total, v) => total + v, 0));
      }),
    );
  });

  it("of matrices are the definition, transposed and batched as asked", () => {
    const sides = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 4 })));
    const pair = sides.chain(([batch, n, k, m]) =>
      fc.tuple(tensors([batch as number, n as number, k as number]), tensors([k as number, m as number])),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const [batch, n, k, m] = [...a.shape, b.shape[1]] as [number, number, number, number];
        const [x, y] = [a.toArray(), b.toArray()];
        const inner = [...Array(k).keys()];
        const expected = positions([batch, n, m]).map(([l, i, j]) =>
          inner.reduce((total, q) => total + at(x, [l, i, q] as number[]) * at(y, [q, j] as number[]), 0),
        );
        expectSame(matmul(a, b), tensor(expected, { shape: [batch, n, m], dtype: "float64" }));
        expectSame(matmul(a.mT, b.T, { transposeA: true, transposeB: true }), matmul(a, b));
      }),
    );
  });
});
