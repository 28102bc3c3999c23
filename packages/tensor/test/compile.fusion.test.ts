import {
  type DType,
  Generator,
  matmul,
  noGrad,
  oneHot,
  ones,
  randint,
  randn,
  type Tensor,
  tensor,
  vjp,
  where,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allOn } from "./engine.ts";

// Loops over rows and columns, in both shapes (long rows, and short ones four at a time), against the same ops one by one.

allOn("wasm");

/** Equal up to the rounding of sums, whose order differs. */
function close(mine: Tensor, theirs: Tensor): void {
  expect([mine.dtype, mine.shape]).toEqual([theirs.dtype, theirs.shape]);
  const [a, b] = [mine.data, theirs.data];
  const tolerance = mine.dtype === "float64" ? 1e-14 : 2e-6;
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || x === y) continue;
    expect(Math.abs(x - y), `element ${i}: ${x} and ${y}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(y)));
  }
}

type Values = { full: Tensor[]; column: Tensor[]; row: Tensor[]; one: Tensor[]; mask: Tensor[]; index: Tensor[] };
type Move = (v: Values, pick: <T>(list: readonly T[]) => T) => void;

/** What a program may do next; values are kept within reach by tanh. */
const moves: Record<string, Move> = {
  add: (v, pick) =>
    v.full.push(
      pick(v.full)
        .add(pick([...v.full, ...v.row, ...v.column, ...v.one]))
        .tanh(),
    ),
  mul: (v, pick) => v.full.push(pick([...v.full, ...v.row, ...v.column]).mul(pick(v.full))),
  where: (v, pick) => v.full.push(where(pick(v.mask), pick(v.full), pick([...v.full, ...v.column, ...v.one]))),
  compare: (v, pick) => v.mask.push(pick(v.full).gt(pick([...v.full, ...v.row, ...v.column]))),
  both: (v, pick) => v.mask.push(pick(v.mask).logicalAnd(pick(v.mask)).logicalOr(pick(v.full).lt(0))),
  not: (v, pick) => v.mask.push(pick(v.mask).logicalNot()),
  cast: (v, pick) => v.full.push(pick(v.mask).to("float32")),
  clamp: (v, pick) => v.full.push(pick(v.full).clamp({ min: -0.5, max: 0.25 })),
  sign: (v, pick) => v.full.push(pick(v.full).sign().mul(0.5)),
  square: (v, pick) => v.full.push(pick(v.full).pow(2)),
  sumRow: (v, pick) => v.column.push(pick(v.full).sum(1, { keepdim: true }).tanh()),
  meanRow: (v, pick) => v.column.push(pick(v.full).mean(1, { keepdim: true })),
  max: (v, pick) => v.column.push(pick(v.full).amax(1, { keepdim: true })),
  min: (v, pick) => v.column.push(pick(v.full).amin(1, { keepdim: true })),
  logSumExp: (v, pick) => v.column.push(pick(v.full).logSumExp(1, { keepdim: true }).tanh()),
  softmax: (v, pick) => v.full.push(pick(v.full).softmax(1)),
  logSoftmax: (v, pick) => v.full.push(pick(v.full).logSoftmax(1).tanh()),
  sumColumn: (v, pick) => v.row.push(pick(v.full).sum(0).tanh()),
  sumAll: (v, pick) => v.one.push(pick([...v.full, ...v.column, ...v.row]).mean()),
  maxAll: (v, pick) => v.one.push(pick(v.full).amax()),
  count: (v, pick) => v.one.push(pick(v.mask).sum().to("float32").mul(0.01)),
  countRow: (v, pick) => v.column.push(pick(v.mask).sum(1, { keepdim: true }).to("float32").mul(0.1)),
  argmax: (v, pick) => v.index.push(pick(v.full).argmax(1)),
  argmin: (v, pick) => v.index.push(pick(v.full).argmin(1)),
  pick: (v, pick) => v.column.push(pick(v.full).gather(1, pick(v.index).unsqueeze(1))),
  lookup: (v, pick) => v.column.push(pick(v.row).gather(0, pick(v.index)).unsqueeze(1)),
  oneHot: (v, pick) => v.full.push(oneHot(pick(v.index), v.full[0]?.shape[1], { dtype: "float32" })),
  integers: (v, pick) => {
    const C = v.full[0]?.shape[1] as number;
    v.index.push(
      pick(v.index)
        .add(pick(v.index))
        .minimum(C - 1),
    );
    v.index.push(where(pick(v.index).eq(pick(v.index)), pick(v.index), 0));
  },
  column: (v, pick) => v.column.push(pick(v.column).exp().log1p().sub(pick(v.one)).tanh()),
  row: (v, pick) => v.row.push(pick(v.row).mul(pick(v.row)).sigmoid()),
  one: (v, pick) => v.one.push(pick(v.one).mul(pick(v.one)).sub(0.5)),
  view: (v, pick) =>
    v.full.push(
      pick(v.full)
        .flatten()
        .neg()
        .reshape(v.full[0]?.shape as number[]),
    ),
  transpose: (v, pick) => v.full.push(pick(v.full).T.matmul(pick(v.full)).matmul(pick(v.full).T).T.tanh()),
};

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 31];
const programs = fc.record({
  rows: fc.constantFrom(...sizes),
  columns: fc.constantFrom(...sizes),
  code: fc.array(
    fc.tuple(fc.constantFrom(...Object.keys(moves)), fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 })),
    {
      minLength: 2,
      maxLength: 40,
    },
  ),
  seed: fc.nat(1000),
});

const run = (
  code: readonly (readonly [string, readonly number[]])[],
  x: Tensor,
  row: Tensor,
  index: Tensor,
): Tensor[] => {
  const v: Values = {
    full: [x],
    row: [row],
    column: [x.sum(1, { keepdim: true }).tanh()],
    one: [row.sum().tanh()],
    mask: [x.gt(0)],
    index: [index],
  };
  for (const [name, choices] of code) {
    let k = 0;
    (moves[name] as Move)(
      v,
      (list) => list[(choices[k++ % choices.length] as number) % list.length] as (typeof list)[number],
    );
  }
  return Object.values(v).flatMap((list) => list.slice(-2));
};

describe("random programs over rows and columns", () => {
  it("are the same compiled, value by value", () => {
    fc.assert(
      fc.property(programs, ({ rows, columns, code, seed }) => {
        const step = compile((x: Tensor, row: Tensor, index: Tensor) => run(code, x, row, index));
        // The second call has other numbers, the third another shape, the fourth the first one again.
        for (const [round, extra] of [0, 0, 1, 0].entries()) {
          const generator = new Generator(4 * seed + round);
          const args = [
            randn([rows + extra, columns], { generator }),
            randn([columns], { generator }),
            randint(0, columns, [rows + extra], { generator }),
          ] as const;
          const [mine, theirs] = [step(...args), run(code, ...args)];
          for (const [i, y] of theirs.entries()) close(mine[i] as Tensor, y);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("have the same gradients", () => {
    fc.assert(
      fc.property(programs, ({ rows, columns, code, seed }) => {
        const generator = new Generator(seed);
        const args = [randn([rows, columns], { generator }), randn([columns], { generator })] as [Tensor, Tensor];
        const index = randint(0, columns, [rows], { generator });
        const gradients = (x: Tensor, row: Tensor, index: Tensor): Tensor[] => {
          const f = (x: Tensor, row: Tensor): Tensor =>
            run(code, x, row, index)
              .filter(({ dtype }) => dtype === "float32")
              .map((y) => y.sum())
              .reduce((sum, y) => sum.add(y));
          return vjp(f, x, row)[1]();
        };
        const [mine, theirs] = [compile(gradients)(...args, index), gradients(...args, index)];
        for (const [i, g] of theirs.entries()) {
          const scale = Math.max(1, ...[...g.data].map(Math.abs));
          close((mine[i] as Tensor).div(scale), g.div(scale));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("reductions in loops", () => {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1, -1, 3e38, 1e-45];
  const reductions = (x: Tensor): Tensor[] => {
    const y = x.mul(1.5); // so that they read registers
    const all = [
      y.sum(1),
      y.amax(1),
      y.amin(1),
      y.argmax(1),
      y.argmin(1),
      y.logSumExp(1),
      y.softmax(1),
      y.logSoftmax(1),
    ];
    return [...all, y.sum(), y.amax(), y.amin(), y.sum(0), y.gt(0).sum(1), y.gt(0).sum()];
  };

  it.each([
    [5, 3],
    [4, 8],
    [3, 9],
    [6, 16],
    [1, 21],
    [7, 1],
  ])("treat NaN, infinities, zeros and ties as the kernels do: %i × %i", (rows, columns) => {
    const step = compile(reductions);
    for (let seed = 0; seed < 60; seed++) {
      const which = randint(0, special.length, [rows * columns], { generator: new Generator(seed) });
      // The fewer of them are special, the more the others matter.
      const values = [...which.data].map((w, i) => (i % (1 + (seed % 5)) === 0 ? (special[w] as number) : w - 4));
      const x = tensor(values).reshape([rows, columns]);
      const [mine, theirs] = [step(x), reductions(x)];
      for (const [i, y] of theirs.entries()) close(mine[i] as Tensor, y);
    }
  });
});

describe("indices in loops", () => {
  const int = (values: number[]): Tensor => tensor(values, { dtype: "int32" });
  const cases: [string, (x: Tensor, index: Tensor) => Tensor][] = [
    ["gather", (x, index) => x.mul(2).gather(1, index.unsqueeze(1))],
    ["gather", (x, index) => x.slice(0).mul(2).gather(0, index)],
    ["oneHot", (x, index) => oneHot(index, x.shape[1], { dtype: "float32" }).mul(x)],
  ];

  it.each(cases)("out of range throw what %s itself throws, and nothing has changed", (name, f) => {
    for (const columns of [3, 12]) {
      const x = randn([6, columns], { generator: new Generator(1) });
      const state = ones([6]);
      const step = compile((x: Tensor, index: Tensor) => {
        state.assign(state.add(1));
        return f(x, index);
      });
      for (const bad of [columns, -1, 2 ** 31 - 1, -(2 ** 31)]) {
        for (let row = 0; row < 6; row++) {
          const index = int(Array.from({ length: 6 }, (_, i) => (i === row ? bad : i % columns)));
          const error = `${name}: index ${bad} is out of range for size ${columns}`;
          expect(() => f(x, index)).toThrow(error);
          expect(() => step(x, index)).toThrow(error);
        }
      }
      expect([...state.data]).toEqual([1, 1, 1, 1, 1, 1]);
      const good = int([0, 1, 2, 0, 1, 2]);
      close(step(x, good), f(x, good));
      expect([...state.data]).toEqual([2, 2, 2, 2, 2, 2]);
    }
  });
});

describe("products in programs", () => {
  const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 31, 33];
  const flags = [false, true] as const;
  const operand = (m: number, n: number, transposed: boolean, batch: number[], seed: number): Tensor =>
    randn([...batch, ...(transposed ? [n, m] : [m, n])], { generator: new Generator(seed) });

  const check = (m: number, n: number, k: number, batchA: number[] = [], batchB: number[] = []): void => {
    for (const transposeA of flags) {
      for (const transposeB of flags) {
        const [a, b] = [operand(m, k, transposeA, batchA, 1), operand(k, n, transposeB, batchB, 2)];
        const f = (a: Tensor, b: Tensor): Tensor => matmul(a, b, { transposeA, transposeB });
        const [mine, theirs] = [compile(f)(a, b), f(a, b)];
        close(mine.div(k), theirs.div(k));
      }
    }
  };

  it.each(lengths)("of odd sizes: %i rows", (m) => {
    for (const n of lengths) for (const k of [1, 3, 4, 5, 31]) check(m, n, k);
  });
  it("of more than one block, with edges", () => {
    for (const [m, n, k] of [
      [129, 9, 257],
      [131, 37, 300],
      [5, 130, 513],
      [300, 3, 2],
      [3, 2, 300],
      [1, 1, 20_000],
    ] as const)
      check(m, n, k);
  });
  it("of many matrices, and of one with many", () => {
    check(3, 4, 5, [6], [6]);
    check(3, 12, 5, [2, 3], [2, 3]);
    check(3, 12, 5, [], [4]);
    check(3, 12, 5, [4], []);
    check(2, 3, 4, [2, 1], [1, 3]);
  });
  it("of nothing are zero, also where something else was before", () => {
    const step = compile((x: Tensor, a: Tensor, b: Tensor) => [x.mul(2).cumsum(0), a.matmul(b)]);
    const args = [ones([9]), zeros([3, 0]), zeros([0, 3])] as const;
    for (let i = 0; i < 2; i++) expect([...(step(...args)[1] as Tensor).data]).toEqual(new Array(9).fill(0));
  });
  it("read transposes in place", () => {
    const text = compile((a: Tensor, b: Tensor) => a.T.matmul(b.T)).program(zeros([5, 4]), zeros([6, 5]));
    expect(text).toContain("matmul(x0, x1, transposeA: true, transposeB: true)");
    expect(text).not.toContain("permute");
  });
});

describe("every dtype", () => {
  const dtypes: DType[] = ["float32", "float64", "int32", "bool"];
  const f = (a: Tensor, b: Tensor): Tensor[] => {
    const results = [
      a.add(b),
      a.mul(b),
      a.maximum(b),
      a.eq(b),
      a.lt(b),
      a.logicalAnd(b),
      a.logicalNot(),
      where(a.gt(b), a, b),
    ];
    if (a.dtype !== "bool" && b.dtype !== "bool") results.push(a.sub(b), a.neg(), a.abs(), b.neg());
    for (const dtype of dtypes) results.push(a.to(dtype), b.to(dtype).add(a));
    return [...results, a.div(b.to("float64").abs().add(1)), a.sum(), b.to("float32").sum()];
  };

  it.each([0, 1, 3, 4, 5, 31, 1000])("beside every other, of %i elements", (n) => {
    for (const left of dtypes) {
      for (const right of dtypes) {
        const generator = new Generator(n);
        const make = (dtype: DType, shape: number[]): Tensor => randint(-3, 4, shape, { generator }).to(dtype);
        for (const shape of [[n], [], [1]]) {
          const [a, b] = [make(left, [n]), make(right, shape)];
          const [mine, theirs] = [compile(f)(a, b), f(a, b)];
          for (const [i, y] of theirs.entries()) close(mine[i] as Tensor, y);
        }
      }
    }
  });
});

describe("a square as a power", () => {
  it.each(["float32", "float64", "int32", "bool"] as const)("of %s is the power", (dtype) => {
    const x = tensor([0, 1, 2, -3, 4]).to(dtype);
    for (const f of [(x: Tensor) => x.pow(2), (x: Tensor) => x.pow(tensor(2)), (x: Tensor) => x.pow(tensor([2]))])
      close(compile(f)(x), f(x));
  });
});

describe("memory", () => {
  it("does not grow over 10,000 steps, and a step allocates no more than it returns", () => {
    const w = randn([64, 64], { generator: new Generator(1), requiresGrad: true });
    const step = compile((x: Tensor) => {
      w.grad = null;
      const loss = x.matmul(w).softmax(1).square().sum();
      loss.backward();
      noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(1e-3))));
      return loss;
    });
    const x = randn([64, 64], { generator: new Generator(2) });
    const used = (): number => process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) step(x);
    const start = used();
    // One intermediate result has 16 KiB: if each step left one behind, this would be 160 MB.
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      step(x);
      most = Math.max(most, used() - start);
    }
    expect(most).toBeLessThan(2 ** 20);
  });
});
