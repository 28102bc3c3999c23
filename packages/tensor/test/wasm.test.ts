import * as t from "@tendril/tensor";
import { logSoftmax, logSumExp, matmul, ones, softmax, type Tensor, tensor } from "@tendril/tensor";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useEngine } from "../src/backend/index.ts";
import { accelerated } from "../src/backend/wasm/index.ts";
import { matmulFunctions, panelBytes } from "../src/backend/wasm/matmul.ts";
import { instantiate, makeMemory, makeModule, scratch } from "../src/backend/wasm/scratch.ts";
import { on } from "./engine.ts";

afterEach(() => {
  useEngine("auto");
});

/** Numbers in [−2, 2), the same in every run. */
function numbers(shape: readonly number[], seed = 1): Tensor {
  let state = seed;
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
  return tensor(data, { shape });
}

function expectSame(actual: Tensor, wanted: Tensor, rtol: number, atol = 0): void {
  expect([actual.shape, actual.dtype]).toEqual([wanted.shape, wanted.dtype]);
  wanted.data.forEach((w, i) => {
    const a = actual.data[i] as number;
    const close = Object.is(a, w) || Math.abs(a - w) <= atol + rtol * Math.abs(w);
    if (!close) expect.fail(`element ${i} of ${wanted.data.length} is ${a} on WASM, ${w} on JavaScript`);
  });
}

const compare = (f: () => Tensor, rtol = 0, atol = 0): void => expectSame(on("wasm", f), on("js", f), rtol, atol);

const sizes = [0, 1, 3, 4, 5, 31, 1000, 8195];
const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-45, -1e-45, 3e38, -3e38, 2 ** -126, 0.5, -2.5, 1.5];

describe("elementwise kernels", () => {
  const exact = ["neg", "abs", "sqrt", "floor", "ceil", "round", "relu"] as const;
  const binary = ["add", "sub", "mul", "div", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"] as const;

  it.each(exact)("%s is the JavaScript kernel's to the bit, at any size and edge", (name) => {
    for (const n of sizes) compare(() => numbers([n])[name]());
    compare(() => tensor(special)[name]());
  });

  it.each(binary)("%s is the JavaScript kernel's to the bit, however its operands are stretched", (name) => {
    const shapes = [
      [[1000], []],
      [[], [31]],
      [[7, 5], [5]],
      [[5], [7, 5]],
      [
        [7, 5],
        [7, 1],
      ],
      [
        [7, 1],
        [1, 5],
      ],
      [
        [3, 1, 5],
        [1, 4, 5],
      ],
      [
        [64, 8, 64],
        [8, 1],
      ],
      [
        [2, 5000, 3],
        [5000, 1],
      ], // the axis that is cut has axes before and after it
      [
        [3, 5, 6000],
        [5, 1],
      ],
      [
        [3, 1, 6000],
        [5, 6000],
      ],
      [
        [2, 3, 4],
        [3, 4],
      ],
      [
        [2, 3, 4],
        [2, 1, 1],
      ],
      [
        [2, 3, 4],
        [1, 1, 4],
      ],
      [[3000, 3], [3]],
      [[3, 5000], [5000]],
      [
        [3, 5000],
        [3, 1],
      ],
      [[0, 3], [3]],
    ];
    for (const n of sizes) compare(() => numbers([n])[name](numbers([n], 2)));
    for (const [a, b] of shapes) compare(() => numbers(a as number[])[name](numbers(b as number[], 2)));
    const all = tensor(special);
    compare(() => all.unsqueeze(1)[name](all));
    compare(() => numbers([100])[name](tensor(0.1, { dtype: "float64" })));
  });

  it.each(["eq", "ne", "lt", "le", "gt", "ge"] as const)("%s of integers, and where with them", (name) => {
    const limits = tensor([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 24, 2 ** 24 + 1], { dtype: "int32" });
    compare(() => limits.unsqueeze(1)[name](limits));
    compare(() => limits[name](2 ** 24));
    compare(() => t.where(limits[name](1), limits, 5));
    compare(() => limits[name](numbers([7]))); // int32 beside float32 is compared as JavaScript's numbers
  });

  it("where takes what the condition says, NaN or not", () => {
    const x = tensor(special);
    for (const n of sizes) compare(() => t.where(numbers([n]).gt(0), numbers([n], 2), 0));
    compare(() => t.where(x.eq(x), x, 7));
    compare(() => t.where(tensor([[true], [false]]), numbers([2, 9]), numbers([9], 3)));
  });
});

describe("what has a formula beside float32's arithmetic", () => {
  const integers = tensor([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 123456789], { dtype: "int32" });
  const bits = tensor([true, false, true, true, false]);

  it.each(["add", "sub", "mul", "maximum", "minimum"] as const)("%s of integers wraps around, as C's", (name) => {
    compare(() => integers.unsqueeze(1)[name](integers));
  });
  it.each(["neg", "abs", "sign", "relu", "floor", "ceil", "round"] as const)("%s of integers", (name) => {
    compare(() => integers[name]());
  });
  it.each(["add", "mul", "maximum", "minimum", "logicalAnd", "logicalOr"] as const)("%s of booleans", (name) => {
    compare(() => bits.unsqueeze(1)[name](bits));
  });
  it("sign, clamp, logic and casts of floats", () => {
    const x = tensor(special);
    compare(() => x.sign());
    for (const max of [0.5, 3, Infinity]) compare(() => x.clamp({ min: -1, max }));
    compare(() => x.logicalNot());
    compare(() => x.unsqueeze(1).logicalAnd(x));
    compare(() => x.to("bool"));
    compare(() => bits.to("float32"));
    compare(() => integers.to("float32"));
    compare(() => x.mul(bits.unsqueeze(1)));
  });
  it("softplus with a slope and a threshold", () => {
    const x = numbers([1000]).mul(60);
    for (const options of [{ beta: 0.3 }, { beta: 7, threshold: 5 }, { threshold: Infinity }])
      compare(() => t.softplus(x, options), 1.2e-7, 1e-45);
  });
});

describe("reductions", () => {
  const shapes = [
    [1],
    [3],
    [4],
    [5],
    [31],
    [1000],
    [20_001],
    [3, 1],
    [3, 4],
    [5, 31],
    [31, 5],
    [1000, 3],
    [3, 9001],
    [9001, 3],
    [2, 3, 4],
    [2, 5, 7],
  ];
  it.each(["sum", "amax", "amin", "logSumExp"] as const)("%s, over any axes", (name) => {
    for (const shape of shapes) {
      const x = numbers(shape);
      const axes = [undefined, ...shape.keys(), [0, shape.length - 1].slice(0, shape.length)];
      for (const dim of axes) compare(() => x[name](dim), 1e-6, 1e-6);
    }
    expect(on("wasm", () => t.sum(t.zeros([0, 3]), 0)).toArray()).toEqual([0, 0, 0]);
  });

  it.each([
    ["softmax", softmax],
    ["logSoftmax", logSoftmax],
  ] as const)("%s, over any axis", (_, f) => {
    for (const shape of shapes) for (const dim of shape.keys()) compare(() => f(numbers(shape), dim), 2e-6, 1e-6);
  });

  it.each([
    ["softmax", softmax],
    ["logSoftmax", logSoftmax],
    ["logSumExp", (x: Tensor) => logSumExp(x, -1)],
  ] as const)("%s with infinities, NaN and large numbers", (_, f) => {
    const rows = [
      [1e4, 0, -1e4],
      [-Infinity, -Infinity, -Infinity],
      [Infinity, 0, 1],
      [NaN, 0, 1],
      [-Infinity, 0, 1],
      [3e38, -3e38, 0],
    ];
    compare(() => f(tensor(rows)), 2e-6, 1e-6);
    const long = rows.map((row) => [...row, ...new Array<number>(20).fill(row[2] as number)]); // taken one by one
    compare(() => f(tensor(long)), 2e-6, 1e-6);
  });

  it.each(["argmax", "argmin"] as const)("%s, over any axes: the first of equals, and NaN", (name) => {
    for (const shape of shapes) {
      const x = numbers(shape).mul(2).round();
      for (const dim of shape.keys()) compare(() => x[name](dim));
      compare(() => x[name]());
    }
    for (let i = 0; i < 9; i++) compare(() => tensor(Array.from({ length: 9 }, (_, j) => (j >= i ? NaN : j)))[name]());
  });

  it("sums of integers, which wrap around, and of how many are true", () => {
    for (const shape of shapes) {
      const x = numbers(shape)
        .mul(2 ** 29)
        .to("int32");
      for (const dim of [undefined, ...shape.keys()]) compare(() => x.sum(dim));
      for (const dim of [undefined, ...shape.keys()]) compare(() => x.gt(0).sum(dim));
    }
  });

  it("over axes that do not lie together", () => {
    const x = numbers([3, 4, 5, 6]);
    for (const name of ["sum", "amax", "logSumExp"] as const)
      for (const dims of [
        [0, 2],
        [1, 3],
        [0, 1, 3],
      ])
        compare(() => x[name](dims), 1e-6, 1e-6);
  });

  it.each(["amax", "amin"] as const)("%s: NaN wins, wherever it is", (name) => {
    for (let i = 0; i < 9; i++) {
      const x = tensor(Array.from({ length: 9 }, (_, j) => (i === j ? NaN : j)));
      expect(on("wasm", () => x[name]()).item()).toBeNaN();
    }
  });

  it("adds float32 up in double precision", () => {
    const x = on("wasm", () => t.full([3, 1_000_000], 0.1).sum(1));
    expect(x.data[0]).toBe(Math.fround(Math.fround(0.1) * 1_000_000));
  });
});

describe("matmul", () => {
  const edges = [1, 3, 4, 5, 8, 9, 31];
  it("with every flag and odd edge is the JavaScript kernel's, to rounding", () => {
    for (const m of edges)
      for (const n of edges)
        for (const k of [0, 1, 3, 4, 5, 31, 300]) {
          for (const transposeA of [false, true])
            for (const transposeB of [false, true]) {
              const a = numbers(transposeA ? [k, m] : [m, k]);
              const b = numbers(transposeB ? [n, k] : [k, n], 2);
              compare(() => matmul(a, b, { transposeA, transposeB }), 1e-6, 1e-6 * (k + 1));
            }
        }
  });
  it("in more than one block each way", () => {
    for (const [m, n, k] of [
      [130, 9, 520],
      [261, 70, 5],
      [261, 3, 5],
      [261, 7, 300],
    ] as const)
      compare(() => numbers([m, k]).matmul(numbers([k, n], 2)), 1e-6, 2e-4);
  });
  it("in batches, which broadcast", () => {
    for (const [a, b] of [
      [
        [3, 4, 5],
        [3, 5, 6],
      ],
      [
        [3, 4, 5],
        [5, 6],
      ],
      [
        [4, 5],
        [3, 5, 6],
      ],
      [
        [2, 1, 4, 5],
        [3, 5, 6],
      ],
      [
        [0, 4, 5],
        [5, 6],
      ],
    ] as number[][][]) {
      compare(() => numbers(a as number[]).matmul(numbers(b as number[], 2)), 1e-6, 1e-5);
      compare(() => numbers(a as number[]).mT.matmul(numbers(b as number[], 2), { transposeA: true }), 1e-6, 1e-5);
    }
  });
  it.each([5, 6, 7, 8])("packs sums of %i within the memory that it asks for", (k) => {
    // Operands first; the panels end where the memory ends, so that one store too far would be a trap.
    const [m, n] = [4, 8];
    const memory = makeMemory(1);
    const { product } = instantiate<"product">(makeModule(matmulFunctions()), memory);
    const [a, b, c] = [0, 4 * m * k, 4 * (m * k + k * n)];
    const panels = memory.buffer.byteLength - panelBytes(m, n, k);
    const [x, y] = [numbers([m, k]), numbers([k, n], 2)];
    new Float32Array(memory.buffer).set([...x.data, ...y.data]);
    product(c, a, b, panels, m, n, k, 4 * k, 4, 4 * n, 4, 0);
    const out = tensor(new Float32Array(memory.buffer, c, m * n), { shape: [m, n] });
    expectSame(
      out,
      on("js", () => x.matmul(y)),
      1e-6,
      1e-6,
    );
  });
  it("keeps six digits of long sums", () => {
    const x = numbers([1, 1_000_000]).add(2);
    const ones = t.ones([1_000_000, 1]);
    const exact = x.to("float64").sum().item();
    for (const engine of ["auto", "wasm"] as const) {
      expect(Math.abs(on(engine, () => x.matmul(ones)).item() / exact - 1)).toBeLessThan(1e-6);
    }
  });
});

it("gives the same bits every time", () => {
  const run = (): Float32Array =>
    softmax(
      numbers([100, 33])
        .matmul(numbers([33, 50], 2))
        .tanh(),
    ).data as Float32Array;
  expect(run()).toEqual(run());
});

describe("where WebAssembly is not to be had", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });
  const refuses = class {
    constructor() {
      throw new Error("refused by the page's policy");
    }
  };
  it.each([
    ["there is none", undefined],
    ["modules are refused", { ...webAssembly(), Module: refuses }],
    ["memory is refused", { ...webAssembly(), Memory: refuses }],
  ])("JavaScript takes over: %s", async (_, stub) => {
    vi.resetModules();
    vi.stubGlobal("WebAssembly", stub);
    const fresh = await import("@tendril/tensor");
    const x = fresh.full([100, 100], 2);
    expect(x.matmul(x).exp().shape).toEqual([100, 100]);
    expect(x.matmul(x).sum().item()).toBe(4e6);
  });

  it.each([
    ["one that is wrong", 100, 1],
    ["all of them", 0, 0],
  ])("warns where an engine refuses a module, but not where it refuses all: %s", async (_, limit, warnings) => {
    vi.resetModules();
    const { Module, ...others } = webAssembly();
    const Strict = class {
      constructor(bytes: Uint8Array) {
        if (bytes.length > limit) throw Object.assign(new Error("type mismatch @+42"), { name: "CompileError" });
        // biome-ignore lint/correctness/noConstructorReturn: it stands in for the real one
        return new Module(bytes);
      }
    };
    vi.stubGlobal("WebAssembly", { ...others, Module: Strict });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { tensor } = await import("@tendril/tensor");
    const { compile } = await import("@tendril/tensor/compile");
    const step = compile((x) => x.mul(2).tanh());
    expect(step(tensor([0, 1])).toString()).toBe("tensor([0.0000, 0.9640])");
    expect(step.toWat(tensor([0, 1]))).not.toContain("func");
    expect(warn.mock.calls).toHaveLength(warnings);
    const mistake = "a WebAssembly module is invalid, so JavaScript computes; please report this: type mismatch @+42";
    for (const [text] of warn.mock.calls) expect(text).toBe(`tendril: ${mistake}`);
    warn.mockRestore();
  });

  it("every kernel is a module below 4 KB, which pages may compile at once", async () => {
    vi.resetModules();
    const lengths: number[] = [];
    const { Module, ...others } = webAssembly();
    const Counting = class {
      constructor(bytes: Uint8Array) {
        lengths.push(bytes.length);
        // biome-ignore lint/correctness/noConstructorReturn: it stands in for the real one
        return new Module(bytes);
      }
    };
    vi.stubGlobal("WebAssembly", { ...others, Module: Counting });
    const fresh = await import("@tendril/tensor");
    const x = fresh.full([100, 100], 2);
    for (const f of [
      "exp",
      "log",
      "tanh",
      "sigmoid",
      "softmax",
      "logSoftmax",
      "logSumExp",
      "sum",
      "amax",
      "relu",
    ] as const)
      x[f]();
    x.matmul(x);
    const shortRows = x.slice([], [0, 3]);
    shortRows.softmax().add(shortRows.logSoftmax());
    expect(lengths).toHaveLength(14);
    expect(Math.max(...lengths)).toBeLessThan(4096);
  });
});

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: unknown;
  readonly Instance: unknown;
}
function webAssembly(): WebAssemblyApi {
  const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  return { Module, Memory, Instance };
}

it("runs here: else the tests above compare JavaScript with itself", () => {
  const x = { shape: [3], dtype: "float32", data: Float32Array.of(1, 2, 3) } as const;
  const out = { ...x, data: new Float32Array(3) };
  for (const name of ["exp", "add", "softmax", "where"]) {
    const inputs =
      name === "where" ? [{ shape: [3], dtype: "bool", data: Uint8Array.of(1, 0, 1) } as const, x, x] : [x, x];
    expect(
      accelerated(name, out, inputs.slice(0, name === "exp" || name === "softmax" ? 1 : 3), { dims: [0] }, true),
    ).toBe(true);
  }
});

describe("scratch memory", () => {
  it("is kept up to 128 MiB; more goes with the op that took it, and the next one works", () => {
    const n = 5_000_000;
    const { Memory } = (
      globalThis as unknown as { WebAssembly: { Memory: { prototype: { grow(pages: number): number } } } }
    ).WebAssembly;
    const grown = vi.spyOn(Memory.prototype, "grow");
    expect(
      ones([4, n])
        .matmul(ones([n, 4]))
        .sum()
        .item(),
    ).toBe(16 * n);
    expect(grown.mock.calls.some(([pages]) => pages > 2 ** 11)).toBe(true);
    grown.mockRestore();
    expect(scratch(0).u8.byteLength).toBeLessThanOrEqual(2 ** 27);
    expect(
      ones([100, 100])
        .matmul(ones([100, 100]))
        .sum()
        .item(),
    ).toBe(1e6);
    expect(ones([1000]).exp().sum().item()).toBeCloseTo(1000 * Math.E, 1);
    expect(scratch(0).u8.byteLength).toBeGreaterThan(0);
  });
});
