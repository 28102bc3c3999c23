import { readFileSync } from "node:fs";
import { crossEntropy } from "@tendril/nn";
import * as t from "@tendril/tensor";
import { grad, hessian, hvp, jacobian, jvp, noGrad, type Tensor, tensor, vjp } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { gradcheck } from "@tendril/tensor/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, type Encoded, expectClose } from "./fixture.ts";
import { thrownBy } from "./thrown.ts";

const f64 = (data: t.TensorLike): Tensor => tensor(data, { dtype: "float64" });
type Fn = (...inputs: Tensor[]) => Tensor;

const json = readFileSync(new URL("./fixtures/transforms.json", import.meta.url), "utf8");
interface Case {
  readonly inputs: readonly Encoded[];
  readonly tangents: readonly Encoded[];
  readonly value: Encoded;
  readonly jvp: Encoded;
  readonly jacobian: readonly Encoded[];
  readonly hessian?: readonly (readonly Encoded[])[];
  readonly hvp?: readonly Encoded[];
}
const cases = new Map<string, Case>(Object.entries(JSON.parse(json)));

/** The functions of fixtures/generate_transforms.py. */
const grid = f64([
  [0.5, -1],
  [1.5, 0.25],
  [-0.75, 1],
  [2, 1],
]);
const labels = tensor([0, 1, 2, 0], { dtype: "int32" });
const functions: Record<string, (...inputs: [Tensor, Tensor, Tensor]) => Tensor> = {
  tanh: (x) => x.tanh(),
  "a number": (x) => x.pow(3),
  "a product": (x, y) => x.matmul(y),
  "softmax of rows": (x) => x.softmax(1),
  broadcast: (x, y) => x.mul(y.sin()),
  unused: (_, y) => y.exp().sum(),
  Rosenbrock: (x) => {
    const [next, here] = [x.slice([1]), x.slice([0, -1])];
    return next.sub(here.square()).square().mul(100).add(here.neg().add(1).square()).sum();
  },
  "log-sum-exp": (x) => x.flatten().logSumExp(0),
  "a layer": (x, w, b) => x.matmul(w.T).add(b).tanh().square().mean(),
  "log-likelihood": (w, b) => crossEntropy(grid.matmul(w.T).add(b), labels),
};

it("has a function for each case of the fixture", () => {
  expect([...cases.keys()].sort()).toEqual(Object.keys(functions).sort());
});

describe.each([...cases])("of %s", (name, c) => {
  const f = functions[name] as Fn;
  const [inputs, tangents] = [c.inputs, c.tangents].map((list) => list.map((x) => decode(x))) as [Tensor[], Tensor[]];
  const close = (actual: Tensor, expected: Encoded): void => expectClose(actual, expected, 1e-11, 1e-12);
  const expectAll = (actual: readonly Tensor[], expected: readonly Encoded[]): void => {
    expect(actual).toHaveLength(expected.length);
    for (const [i, x] of actual.entries()) close(x, expected[i] as Encoded);
  };
  /** As it is called, compiled, and for a single input without a list: all the same. */
  const every = (
    eager: () => readonly Tensor[],
    compiled: Fn,
    single?: () => readonly Tensor[],
  ): readonly Tensor[][] => {
    const step = compile((...xs: Tensor[]) => compiled(...xs) as unknown as Tensor[]);
    return [eager(), step(...inputs), ...(inputs.length === 1 && single ? [single()] : [])] as Tensor[][];
  };
  const asFn = (g: (...xs: Tensor[]) => readonly Tensor[]): Fn => g as unknown as Fn;

  it("jvp is PyTorch's", () => {
    const x = inputs[0] as Tensor;
    const all = every(
      () => jvp(f, inputs, tangents),
      asFn((...xs) => jvp(f, xs, tangents)),
      () => jvp(f as (x: Tensor) => Tensor, x, tangents[0] as Tensor),
    );
    for (const result of all) expectAll(result, [c.value, c.jvp]);
  });

  it("jacobian is PyTorch's", () => {
    const all = every(
      () => jacobian(f, inputs),
      asFn((...xs) => jacobian(f, xs)),
      () => [jacobian(f as (x: Tensor) => Tensor, inputs[0] as Tensor)],
    );
    for (const result of all) expectAll(result, c.jacobian);
  });

  if (c.hessian !== undefined) {
    const [rows, product] = [c.hessian, c.hvp as readonly Encoded[]];
    it("hessian is PyTorch's", () => {
      const all = every(
        () => hessian(f, inputs).flat(),
        asFn((...xs) => hessian(f, xs).flat()),
        () => [hessian(f as (x: Tensor) => Tensor, inputs[0] as Tensor)],
      );
      for (const result of all) expectAll(result, rows.flat());
    });

    it("hvp is PyTorch's", () => {
      const flat = ([value, products]: readonly [Tensor, readonly Tensor[]]): Tensor[] => [value, ...products];
      const all = every(
        () => flat(hvp(f, inputs, tangents)),
        asFn((...xs) => flat(hvp(f, xs, tangents))),
        () => hvp(f as (x: Tensor) => Tensor, inputs[0] as Tensor, tangents[0] as Tensor),
      );
      for (const result of all) expectAll(result, [c.value, ...product]);
    });
  }

  it("their own gradients pass gradcheck, by the inputs and by the tangents", () => {
    const n = inputs.length;
    const both = [...inputs, ...tangents];
    const split = (xs: Tensor[]): [Tensor[], Tensor[]] => [xs.slice(0, n), xs.slice(n)];
    gradcheck((...xs) => jvp(f, ...split(xs))[1], both);
    gradcheck(
      (...xs) =>
        jacobian(f, xs)
          .map((j) => j.square().sum())
          .reduce((a, b) => a.add(b)),
      inputs,
    );
    if (c.hessian === undefined) return;
    const options = { atol: 1e-7 };
    gradcheck(
      (...xs) =>
        hvp(f, ...split(xs))[1]
          .map((p) => p.square().sum())
          .reduce((a, b) => a.add(b)),
      both,
      options,
    );
    gradcheck(
      (...xs) =>
        hessian(f, xs)
          .flat()
          .map((h) => h.tanh().sum())
          .reduce((a, b) => a.add(b)),
      inputs,
      options,
    );
  });
});

// Random programs on two matrices [2, 2], smooth everywhere.
const unary = ["tanh", "sigmoid", "sin", "softmax", "square", "T", "cumsum", "mean"] as const;
const binary = ["add", "mul", "sub", "matmul"] as const;
const instruction = fc.tuple(fc.constantFrom(...unary, ...binary), fc.nat(9), fc.nat(9));
type Code = readonly (readonly [(typeof unary)[number] | (typeof binary)[number], number, number])[];

const execute =
  (code: Code) =>
  (...inputs: Tensor[]): Tensor => {
    const values = [...inputs];
    for (const [name, i, j] of code) {
      const [x, y] = [values[i % values.length], values[j % values.length]] as [Tensor, Tensor];
      if (name === "T") values.push(x.T);
      else if (name === "cumsum") values.push(x.cumsum(j % 2).tanh());
      else if (name === "mean") values.push(x.mean(j % 2, { keepdim: true }).add(x));
      else if (name === "softmax") values.push(x.softmax(j % 2));
      else if (name === "add" || name === "mul" || name === "sub" || name === "matmul") values.push(x[name](y).sin());
      else values.push(x[name]());
    }
    return values.slice(-2).reduce((a, b) => a.add(b));
  };

describe("of random programs", () => {
  const entry = fc.integer({ min: -8, max: 8 }).map((n) => n / 8);
  const matrix = fc.array(entry, { minLength: 4, maxLength: 4 }).map((x) => f64(x).reshape([2, 2]));
  const programs = fc.tuple(fc.array(instruction, { minLength: 1, maxLength: 6 }), matrix, matrix, matrix, matrix);
  const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();
  const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(1e-10 * Math.max(1, Math.abs(a)));

  it("jvp, vjp, jacobian, hessian and hvp are about the same numbers", () => {
    fc.assert(
      fc.property(programs, ([code, x, y, v, w]) => {
        const f = execute(code);
        const [value, along] = jvp(f, [x, y], [v, w]);
        const [same, pullback] = vjp(f, x, y);
        expect([...value.data]).toEqual([...same.data]);
        const u = f64([[1, -2], [0.5, 3]]); // biome-ignore format: a matrix
        const [gx, gy] = pullback(u) as [Tensor, Tensor];
        near(dot(u, along), dot(gx, v) + dot(gy, w));
        const [jx, jy] = jacobian(f, [x, y]);
        const columns = jx
          .reshape([4, 4])
          .matmul(v.reshape([4]))
          .add(jy.reshape([4, 4]).matmul(w.reshape([4])));
        for (const [i, a] of columns.data.entries()) near(a, along.data[i] as number);

        const g = (a: Tensor, b: Tensor): Tensor => f(a, b).mul(u).sum();
        const [hx, hy] = hvp(g, [x, y], [v, w])[1];
        const [, slopes] = jvp((a, b) => t.stack(vjp(g, a, b)[1]()), [x, y], [v, w]); // forward over reverse
        const blocks = hessian(g, [x, y]).map((row) => row.map((block) => block.reshape([4, 4])));
        for (const [a, product] of [hx, hy].entries()) {
          const [left, right] = blocks[a] as [Tensor, Tensor];
          const expected = left.matmul(v.reshape([4])).add(right.matmul(w.reshape([4])));
          for (const [i, p] of product.data.entries()) near(p, expected.data[i] as number);
          for (const [i, p] of product.data.entries()) near(p, slopes.data[4 * a + i] as number);
        }
        const [[, mixed], [transposed]] = blocks as [[Tensor, Tensor], [Tensor, Tensor]];
        for (const [i, p] of mixed.T.data.entries()) near(p, transposed.data[i] as number);
      }),
      { numRuns: 60 },
    );
  });

  it("compiled, they are what they are eagerly", () => {
    fc.assert(
      fc.property(programs, ([code, x, y, v, w]) => {
        const f = execute(code);
        const g = (a: Tensor, b: Tensor): Tensor => f(a, b).sum();
        const all = (a: Tensor, b: Tensor): Tensor[] => [
          ...jvp(f, [a, b], [v, w]),
          ...jacobian(f, [a, b]),
          ...hvp(g, [a, b], [v, w]).flat(),
          ...hessian(g, [a, b]).flat(),
        ];
        const [eager, compiled] = [all(x, y), compile(all)(x, y)];
        for (const [k, result] of eager.entries())
          for (const [i, a] of result.data.entries()) near(a, compiled[k]?.data[i] as number);
      }),
      { numRuns: 8 },
    );
  });
});

describe("nested", () => {
  const quartic = (x: Tensor): Tensor => x.pow(4).sum();

  it("in one another, and in grad, they are higher derivatives", () => {
    const x = f64([1, 2]);
    expect(grad((x: Tensor) => hvp(quartic, x, [1, 1])[1].sum())(x).toArray()).toEqual([24, 48]);
    expect(grad((x: Tensor) => hessian(quartic, x).sum())(x).toArray()).toEqual([24, 48]);
    expect(jacobian((x) => jacobian(grad(quartic), x), x).toArray()).toEqual(hessian3([24, 48]));
    expect(jvp((x) => jvp((y) => y.pow(4), x, [1, 1])[1], x, [1, 1])[1].toArray()).toEqual([12, 48]);
    expect(hessian((x) => hessian(quartic, x).sum(), f64([3])).toArray()).toEqual([[24]]);
  });
  const hessian3 = ([a, b]: number[]): unknown => [[[a, 0], [0, 0]], [[0, 0], [0, b]]]; // biome-ignore format: a cube

  it("they do not confuse an inner variable with an outer one", () => {
    // d/dx [x · d/dy (x + y) at y = x] = 1, however the derivatives are taken
    const inner = [
      (x: Tensor): Tensor => jvp((y) => x.add(y), x, 1)[1],
      (x: Tensor): Tensor => jacobian((y) => x.add(y), x),
      (x: Tensor): Tensor => grad((y: Tensor) => x.add(y))(x),
    ];
    for (const slope of inner) {
      expect(jvp((x) => x.mul(slope(x)), f64(1), 1)[1].item()).toBe(1);
      expect(jacobian((x) => x.mul(slope(x)), f64(1)).item()).toBe(1);
    }
    // ∂²(x·y²)/∂y² at y = x is 2x, whose derivative is 2
    expect(grad((x: Tensor) => hessian((y) => x.mul(y).mul(y), x))(f64(5)).item()).toBe(2);
    expect(grad((x: Tensor) => hvp((y) => x.mul(y).mul(y), x, 1)[1])(f64(5)).item()).toBe(2);
  });

  it("their values and results can be backpropagated through, to the inputs, the tangents and what f closes over", () => {
    const [x, v, w] = [3, 5, 7].map((n) => tensor(n, { dtype: "float64", requiresGrad: true })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const f = (x: Tensor): Tensor => x.pow(3).mul(w);
    const gradientsOf = (y: Tensor): unknown => {
      for (const leaf of [x, v, w]) leaf.grad = null;
      y.backward();
      return [x, v, w].map((leaf) => leaf.grad?.item() ?? null);
    };
    expect(gradientsOf(jvp(f, x, v)[0])).toEqual([189, null, 27]); // w·3x², x³
    expect(gradientsOf(jvp(f, x, v)[1])).toEqual([630, 189, 135]); // 3x²·w·v by x, v and w
    expect(gradientsOf(jacobian(f, x))).toEqual([126, null, 27]);
    expect(gradientsOf(hessian(f, x))).toEqual([42, null, 18]);
    expect(gradientsOf(hvp(f, x, v)[0])).toEqual([189, null, 27]);
    expect(gradientsOf(hvp(f, x, v)[1])).toEqual([210, 126, 90]);
    const linear = (x: Tensor): Tensor => x.mul(w);
    expect(gradientsOf(hvp(linear, x, v)[0])).toEqual([7, null, 3]);
    expect(hvp(linear, x, v)[1].item()).toBe(0);
  });

  it("they are constants where nobody can differentiate by them, and in noGrad", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const all = (f: (x: Tensor) => Tensor, x: Tensor): Tensor[] => {
      const sum = (x: Tensor): Tensor => f(x).sum();
      return [...jvp(f, x, [1, 2]), jacobian(f, x), hessian(sum, x), ...hvp(sum, x, [1, 2])];
    };
    const free = (results: Tensor[]): boolean => results.every((r) => !r.requiresGrad && r.isLeaf);
    expect(free(all((x) => x.pow(3), tensor([1, 2])))).toBe(true);
    expect(free(noGrad(() => all((x) => x.pow(3).mul(w), w)))).toBe(true);
    expect(all((x) => x.pow(3).mul(w), w).map((r) => r.requiresGrad)).not.toContain(false);
    // A pullback's gradient by its cotangent has no more to do with the input than it.
    const slope = grad((u: Tensor) => (vjp((x) => x.tanh(), tensor([1, 2]))[1](u)[0] as Tensor).sum());
    expect(slope(tensor([1, 1])).requiresGrad).toBe(false);
  });
});

it("values of no elements have Jacobians of none", () => {
  expect(jacobian((x) => x.slice([0, 0]), f64([[1, 2]])).shape).toEqual([0, 2, 1, 2]);
  expect(jacobian((x) => x.slice([0, 0]), f64([[1, 2]])).dtype).toBe("float64");
  expect(hessian((x) => x.sum(), t.zeros([0, 2])).shape).toEqual([0, 2, 0, 2]);
  expect(jvp((x) => x.sum(), t.zeros([0, 2]), t.zeros([0, 2]))[1].item()).toBe(0);
});

it("each gradient has its input's dtype, a tangent the value's, and numbers as tangents are as exact as they", () => {
  const [single, double] = [tensor([1, 2]), f64([3, 4])];
  const product = (a: Tensor, b: Tensor): Tensor => a.mul(b);
  expect(jacobian(product, [single, double]).map((j) => j.dtype)).toEqual(["float32", "float64"]);
  expect(jvp(product, [single, double], [[1, 1], [0, 0]])[1].dtype).toBe("float64"); // biome-ignore format: two vectors
  expect(jvp((x) => x.mul(1), double, [0.1, 0.2])[1].toArray()).toEqual([0.1, 0.2]);
  const blocks = hessian((a, b) => product(a, b).sum(), [single, double]);
  expect(blocks.map((row) => row.map((h) => h.dtype))).toEqual([["float32", "float64"], ["float32", "float64"]]); // biome-ignore format: a matrix
});

describe("errors", () => {
  const x = tensor([1, 2]);
  const odd = (value: unknown): never => value as never;
  const square = (x: Tensor): Tensor => x.square();
  const calls = {
    jvp: (f: (x: Tensor) => Tensor, x: Tensor) => jvp(f, x, x),
    jacobian: (f: (x: Tensor) => Tensor, x: Tensor) => jacobian(f, x),
    hessian: (f: (x: Tensor) => Tensor, x: Tensor) => hessian(f, x),
    hvp: (f: (x: Tensor) => Tensor, x: Tensor) => hvp(f, x, x),
  };

  it.each(Object.entries(calls))("of %s name it, what it got, and the remedy", (op, call) => {
    const messages: [() => unknown, string][] = [
      [() => call(odd(3), x), `ValueError: ${op}: needs a function, got 3`],
      [() => call(square, odd(3)), `GradError: ${op}: input 0 is not a tensor but 3; wrap it in tensor(…)`],
      [() => call(square, odd([])), `ValueError: ${op}: needs at least one input`],
      [
        () => call(square, x.to("int32")),
        `DTypeError: ${op}: input 0 is int32; only floats have gradients: use it from outside`,
      ],
      [() => call(() => odd(1), x), `GradError: ${op}: the function must return one tensor, got 1`],
      [() => call((x) => x.argmax(), x), `DTypeError: ${op}: the output is int32; only floats have derivatives`],
    ];
    for (const [wrong, message] of messages) expect(thrownBy(wrong)).toBe(message);
  });

  it("say which tangent does not fit, and how many there should be", () => {
    const sum = (x: Tensor): Tensor => x.square().sum();
    const product = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
    for (const [op, call] of [
      ["jvp", jvp],
      ["hvp", hvp],
    ] as const) {
      expect(thrownBy(() => call(sum, x, [1, 2, 3]))).toBe(
        `ShapeError: ${op}: tangent 0 has shape [3], but input 0 [2]; they must agree`,
      );
      expect(thrownBy(() => call(product, [x, x], [x, tensor(1)]))).toBe(
        `ShapeError: ${op}: tangent 1 has shape [], but input 1 [2]; they must agree`,
      );
      expect(thrownBy(() => call(product, [x, x], odd([x])))).toBe(
        `ValueError: ${op}: tangents are a list of 2, one for each input; got an array of 1`,
      );
      expect(thrownBy(() => call(product, [x, x], odd(x)))).toBe(
        `ValueError: ${op}: tangents are a list of 2, one for each input; got a tensor [2]`,
      );
      expect(thrownBy(() => call(sum, x, odd(undefined)))).toBe(
        `ValueError: ${op}: expected a number or a boolean, got undefined`,
      );
    }
  });

  it("ask for a single number where second derivatives are wanted", () => {
    const message = (op: string): string =>
      `GradError: ${op}: the output has shape [2], not one element; pass a cotangent of that shape, or reduce it with .sum() or .mean()`;
    expect(thrownBy(() => hessian(square, x))).toBe(message("hessian"));
    expect(thrownBy(() => hvp(square, x, x))).toBe(message("hvp"));
  });
});
