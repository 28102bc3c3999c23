// Tests that single changes of the source once passed all others, and fail here: of loops over rows and columns.
import { type DType, matmul, oneHot, type Tensor, tensor, where, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import { agree, int, type Step } from "./agree.ts";
import { thrownBy } from "./thrown.ts";

const numbers = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, (_, i) => ((7 * i) % 17) - 8)).reshape(shape);
};
const bools = (shape: readonly number[]): Tensor => numbers(shape).gt(0);

describe("loops over rows and columns", () => {
  it("combine the parts that there are, where a cut loop has too few rows for eight", () => {
    const step: Step = (x) => {
      const below = x!.sub(x!.amax(1, { keepdim: true })).sub(1);
      return [below.amax(), below.amin(), below.sum(), below.sum(0)];
    };
    for (const rows of [2, 9, 17]) agree(() => step, [numbers([rows, 2 ** 12])]);
  });

  it("stretch one operand along different axes, though both results have as many entries", () => {
    const step: Step = (x, y) => [[3, 3], [3, 3, 1]].map((shape) => x!.broadcastTo(shape).mul(y!)); // biome-ignore format: shapes
    agree(() => step, [numbers([3, 1]), tensor(2)]);
  });

  it("choose by a row of bools, of short rows and of long ones", () => {
    for (const columns of [3, 12]) {
      agree(() => (x, row) => where(row!, x!, x!.mul(2)), [numbers([5, columns]), bools([columns])]);
    }
  });

  it("read a column as a column, though there are as many as a row has entries", () => {
    for (const n of [4, 12]) {
      const x = numbers([n, n]);
      agree(() => (x) => x!.sub(x!.amax(1)), [x]);
      agree(() => (x) => x!.mul(2).amax(1).broadcastTo([n, n]), [x]);
    }
  });

  it("stretch what is not a number for each row in the way of its shape", () => {
    agree(() => (x, y) => x!.sum(2).add(y!), [numbers([2, 3, 4]), numbers([3])]);
    agree(() => (x, y) => x!.sum(2).add(y!), [numbers([2, 3, 12]), numbers([2, 1])]);
  });

  it("sum what has one number for each row along its own axes", () => {
    for (const columns of [4, 12]) {
      const x = numbers([2, 3, columns]);
      agree(() => (x) => [0, 1].flatMap((dim) => [x!.sum(2).sum(dim), x!.sum(2).amax(dim)]), [x]);
    }
  });

  it("pick from bools, doubles, columns, and from what has more axes or more rows", () => {
    const index = int([[2], [0], [1], [2], [0]]);
    for (const dtype of ["bool", "float64", "int32"] as DType[]) {
      agree(() => (x, i) => x!.gather(1, i!), [numbers([5, 3]).to(dtype), index]);
      agree(() => (i) => oneHot(i!, 3, { dtype }), [index.squeeze(1)]);
    }
    agree(() => (x, i) => x!.mul(2).sum(1, { keepdim: true }).gather(1, i!), [numbers([2, 1]), int([[0], [0]])]);
    const a = numbers([4, 3]);
    agree(() => (a, x) => x!.gather(1, a!.mul(2).argmax(1).reshape([4, 1, 1])), [a, numbers([4, 3, 2])]);
    agree(() => (a, x) => x!.gather(1, a!.mul(2).argmax(1, { keepdim: true })), [a, numbers([6, 3])]);
  });

  it("pick for each row of a matrix of indices, not for each of its entries", () => {
    const x = numbers([4, 3]);
    for (const index of [
      int([[0, 1, 2, 1]]),
      int([
        [0, 1],
        [2, 1],
      ]),
    ]) {
      // biome-ignore format: a matrix
      agree(() => (x, i) => x!.gather(1, i!), [x, index]);
      agree(() => (x, i) => x!.mul(2).gather(1, i!), [x, index]);
    }
  });

  it("look up indices that are known only after the last row in a loop of their own", () => {
    const counts = int([[1, 0, 2, 0, 1]]);
    agree(() => (x, k) => x!.gather(1, k!.sum().reshape([1, 1])), [numbers([1, 5]), counts]);
    agree(() => (k) => [k!.add(1), oneHot(k!.sum(), 5, { dtype: "float32" })], [counts]);
  });

  it("write a one into as many entries as there are, and no more", () => {
    const step = (x: Tensor, i: Tensor): Tensor[] => [x.mul(3).sum(1), oneHot(i, 3, { dtype: "float32" })];
    const args = [numbers([50, 3]), int(1)] as const;
    const compiled = compile(step);
    for (let call = 0; call < 2; call++) {
      expect(compiled(...args).map((y) => y.toArray())).toEqual(step(...args).map((y) => y.toArray()));
    }
    agree(() => (x, i) => [x!.sum(1), oneHot(i!, 12, { dtype: "float32" })], [numbers([3, 4]), int(7)]);
  });

  it("notice a wrong index in the last row of what has one column, and none behind it", () => {
    agree(() => (x, i) => x!.gather(1, i!.sub(1)), [numbers([2, 1]), int([[1], [1]])]);
    const [x, indices] = [numbers([2, 1]), int([[1], [2]])];
    const steps = [(x: Tensor, i: Tensor) => x.gather(1, i.sub(1)), (_: Tensor, i: Tensor) => oneHot(i.sub(1), 1)];
    for (const step of steps) {
      expect(thrownBy(() => compile(step)(x, indices))).toBe(thrownBy(() => step(x, indices)));
      expect(thrownBy(() => step(x, indices))).toContain("index 1 is out of range");
    }
  });
});

describe("programs have one loop", () => {
  /** The steps of a program: their first words. */
  const steps = (step: Step, ...args: Tensor[]): string[] =>
    [
      ...compile(step as () => undefined)
        .program(...(args as []))
        .matchAll(/^ {2}(loop|%.*kernel)/gm),
    ].map(([, what]) => ((what as string).startsWith("loop") ? "loop" : "kernel"));

  it("for a matrix, its rows, and all of it", () => {
    const x = zeros([3, 4]);
    expect(steps((x) => [x!.mul(2).sum(), x!.mul(2).sum(1)], x)).toEqual(["loop"]);
    expect(steps((x) => [x!.mul(2).sum(1), x!.mul(2).flatten().sum()], x)).toEqual(["loop"]);
    expect(steps((x) => x!.mul(2).sum(1).sum(), x)).toEqual(["loop"]);
    expect(steps((x) => x!.mul(2).sum(1).sum(), zeros([3, 1]))).toEqual(["loop"]);
    expect(steps((x) => x!.mul(2).sub(x!.sum(1, { keepdim: true })), zeros([3, 1]))).toEqual(["loop"]);
  });

  it("for numbers and their sums, and for an entry of each row", () => {
    expect(steps((x) => x!.sum().mul(2), tensor(3))).toEqual(["loop"]);
    expect(steps((x, i) => x!.mul(2).gather(1, i!), zeros([3, 4]), int([[0], [1], [2]]))).toEqual(["loop"]);
    expect(steps((x) => x!.mul(2).gather(1, x!.argmax(1, { keepdim: true })), zeros([1, 4]))).toEqual(["loop"]);
  });

  it("beside the place of the largest entry of all, and none for nothing", () => {
    expect(steps((x) => [x!.sum(1), x!.flatten().argmax()], zeros([3, 4]))).toContain("loop");
    expect(steps((x) => x!.sum(1).argmax(), zeros([3, 4]))).toEqual(["loop", "loop"]);
    expect(steps((x, y) => [x!.sum(1), y!.mul(2)], zeros([0, 3]), zeros([3]))).toEqual(["kernel", "loop"]);
  });
});

describe("elementwise ops in loops", () => {
  const [x, y] = [tensor([-0, 0, Number.NaN, 2.5, -3]), tensor([1, 0, 0, 1, 2])];
  const [i, j] = [int([-(2 ** 31), 0, 1, -3, 2 ** 24 + 1]), int([3, 0, -1, 7, 1])];
  const [m, n] = [x.gt(0), y.gt(0)];
  it.each<[string, Step, Tensor[]]>([
    ["add", (a, b) => a!.add(b!), [i, j]],
    ["sub", (a, b) => a!.sub(b!), [i, j]],
    ["mul", (a, b) => a!.mul(b!), [i, j]],
    ["maximum", (a, b) => a!.maximum(b!), [i, j]],
    ["minimum", (a, b) => a!.minimum(b!), [i, j]],
    ["div", (a, b) => a!.div(b!), [m, n]],
    ["pow", (a) => a!.pow(2), [x]],
    ["clamp", (a) => a!.clamp({ min: -1, max: 2 }), [x]],
    ["sign", (a) => a!.sign(), [y]],
    ["where", (c, a, b) => where(c!, a!, b!), [m, i, j]],
    ["where, by what where has chosen", (a, b, x, y) => where(where(a!, a!, b!), x!, y!), [m, n, x, y]],
    ["logicalNot", (a, b, c) => [a!, b!, c!].map((z) => z.logicalNot()), [x, i, m]],
    ["logicalAnd", (a, b, c) => [a!.logicalAnd(b!), b!.logicalAnd(c!)], [x, i, m]],
    ["logicalOr", (a, b, c) => [a!.logicalOr(b!), b!.logicalOr(c!)], [x, i, m]],
    ["to", (a, b) => [a!.to("bool"), b!.to("bool"), b!.to("float32")], [x, i]],
  ])("are what they are by themselves: %s", (_, step, args) => {
    agree(() => step, args);
    expect(compile(step as () => undefined).program(...(args as []))).not.toContain("kernel");
  });
});

it("clamps and powers of integers are right", () => {
  agree(() => (a) => [a!.clamp({ min: -1, max: 2 }), a!.pow(2)], [int([-3, 0, 1, 7])]);
});

describe("products", () => {
  const text = (shapeA: number[], shapeB: number[], options = {}): string =>
    compile((a: Tensor, b: Tensor) => matmul(a, b, options)).program(zeros(shapeA), zeros(shapeB));
  const check = (shapeA: number[], shapeB: number[], options = {}): void => {
    agree(() => (a, b) => matmul(a!, b!, options), [numbers(shapeA), numbers(shapeB)]);
    expect(text(shapeA, shapeB, options)).not.toContain("kernel");
  };

  it("are WebAssembly, of one matrix or many, with one or many", () => {
    for (const n of [1, 4, 5, 8, 12]) {
      check([3, 5], [5, n]);
      check([6, 3, 5], [6, 5, n]);
      check([3, 5], [6, 5, n]);
      check([6, 3, 5], [5, n]);
      check([6, 5, 3], [5, n], { transposeA: true });
      check([1, 5, 3], [6, 5, n], { transposeA: true });
    }
    expect(text([1, 2 ** 14], [2 ** 14, 1])).not.toContain("kernel");
  });

  it("of long sums are added up in parts, by the kernel", () => {
    expect(text([1, 2 ** 14 + 1], [2 ** 14 + 1, 1])).toContain("by the kernel");
  });

  it("of batches that are stretched, of several dtypes, and of nothing are right", () => {
    const step: Step = (a, b) => a!.matmul(b!);
    agree(() => step, [numbers([2, 1, 3, 4]), numbers([2, 3, 4, 5])]);
    agree(() => step, [numbers([2, 3, 3, 4]), numbers([2, 1, 4, 5])]);
    agree(() => step, [numbers([3, 4]), numbers([4, 5]).to("int32")]);
    for (const n of [3, 12]) {
      const [x, a, b] = [numbers([n * n]), zeros([n, 0]), zeros([0, n])];
      agree(() => (x, a, b) => [x!.cumsum(0).cumsum(0).add(1), a!.matmul(b!)], [x, a, b]);
      agree(() => step, [zeros([0, n]), numbers([n, 4])], [numbers([4, n]), zeros([n, 0])]);
    }
  });

  it("of few columns need memory for an operand that is read as its transpose, and no other", () => {
    expect(text([4, 4], [4, 8])).toContain("arena of 144 bytes");
    expect(text([4, 4], [8, 4], { transposeB: true })).toContain("arena of 288 bytes");
  });
});
