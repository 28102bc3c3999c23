import { arange, full, linspace, type Tensor, tensor, ValueError, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";

const int = { dtype: "int32" } as const;
const most = 2 ** 31 - 1;

describe("int32 arithmetic wraps around as in C", () => {
  /** Σ of n times the largest int32, modulo 2³²: n · (2³¹ − 1) ≡ n · 2³¹ − n. */
  const wrapped = (n: number): number => Number(BigInt.asIntN(32, BigInt(n) * BigInt(most)));

  it("in sums of more terms than a double holds exactly, by rows, by columns and added up by index", () => {
    const n = 2 ** 23 + 1; // n · 2³¹ is beyond 2⁵³
    const x = full([n], most, int);
    const results = [x.sum(), x.reshape([n, 1]).sum(0), zeros([1], int).scatterAdd(0, zeros([n], int), x)];
    expect(results.map((y) => y.item())).toEqual([wrapped(n), wrapped(n), wrapped(n)]);
    expect(x.cumsum(0).data[n - 1]).toBe(wrapped(n));
  });

  it("in products, sums, differences and powers, also compiled", () => {
    const all = (x: Tensor, y: Tensor): Tensor[] => [
      x.prod(),
      x.sum(),
      x.cumsum(0),
      x.dot(y),
      x.neg(),
      x.add(y),
      x.mul(y),
      x.pow(3),
    ];
    const [x, y] = [tensor([most, most, 94906267], int), tensor([5, -(2 ** 31), 94906267], int)];
    const eager = all(x, y).map((z) => z.toArray());
    expect(eager).toEqual([
      Math.imul(Math.imul(most, most), 94906267),
      94906265,
      [most, -2, 94906265],
      (Math.imul(most, 5) + Math.imul(most, -(2 ** 31)) + Math.imul(94906267, 94906267)) | 0,
      [-most, -most, -94906267],
      [(most + 5) | 0, -1, 189812534],
      [Math.imul(most, 5), -(2 ** 31), Math.imul(94906267, 94906267)],
      [most, most, Math.imul(Math.imul(94906267, 94906267), 94906267)],
    ]);
    expect(compile(all)(x, y).map((z) => z.toArray())).toEqual(eager);
  });

  it("in matmul, also compiled", () => {
    const [x, y] = [tensor([[most, 1]], int), tensor([[most], [5]], int)];
    expect([x.matmul(y).item(), compile((a: Tensor, b: Tensor) => a.matmul(b))(x, y).item()]).toEqual([6, 6]);
    const z = tensor([[94906267]], int);
    expect(z.matmul(z).item()).toBe(Math.imul(94906267, 94906267));
  });
});

describe("a number becomes int32", () => {
  const range = "is not an int32, which runs from -2147483648 to 2147483647";

  it("without its fraction", () => {
    expect(tensor([1.9, -1.9, -0.5, 2147483647.5, -2147483648.5], int).toArray()).toEqual([1, -1, 0, most, -most - 1]);
    expect(tensor([0.5, 1.5]).to("int32").toArray()).toEqual([0, 1]);
    expect(tensor([true, false], int).toArray()).toEqual([1, 0]);
    expect(zeros([1], int).assign([16777217]).item()).toBe(16777217); // float32 has no such number
  });

  it.each<[() => unknown, string]>([
    [() => tensor([0, Number.NaN], int), `tensor: NaN at [1] ${range}`],
    [() => tensor([[1], [2 ** 40]], int), `tensor: 1099511627776 at [1, 0] ${range}`],
    [() => tensor(-Infinity, int), `tensor: -Infinity ${range}`],
    [() => tensor(Float32Array.of(1, 2 ** 31), int), `tensor: 2147483648 at [1] ${range}`],
    [() => tensor(Float64Array.of(-(2 ** 31) - 1), int), `tensor: -2147483649 at [0] ${range}`],
    [() => tensor(Uint32Array.of(7, 2 ** 32 - 1)), `tensor: 4294967295 at [1] ${range}`],
    [() => tensor(tensor([Number.NaN]), int), `tensor: NaN at [0] ${range}`],
    [() => full([2], 2 ** 31, int), `full: 2147483648 ${range}`],
    [() => arange(0, 2 ** 33, 2 ** 32, int), `arange: 4294967296 at [1] ${range}`],
    [() => linspace(0, 1e10, 2, int), `linspace: 10000000000 at [1] ${range}`],
    [() => tensor([Number.NaN]).to("int32"), `to: NaN at [0] ${range}`],
    [() => zeros([2], int).maskedFill([true, false], Infinity), `maskedFill: Infinity ${range}`],
  ])("or throws, with its place: %s", (call, message) => {
    expect(call).toThrow(new ValueError(message));
  });

  it("or throws at the call of a compiled step", () => {
    const step = compile((x: Tensor) => x.mul(2).to("int32"));
    expect(step(tensor([1.5])).toArray()).toEqual([3]);
    expect(() => step(tensor([Number.NaN]))).toThrow(new ValueError(`to: NaN at [0] ${range}`));
    expect(step(tensor([2])).toArray()).toEqual([4]);
  });

  it("as bool is true but for 0, NaN included, as in PyTorch", () => {
    const values = [Number.NaN, 0, -0, 0.5, 2 ** 40, -Infinity];
    const truth = [true, false, false, true, true, true];
    expect(tensor(values, { dtype: "bool" }).toArray()).toEqual(truth);
    expect(tensor(values).to("bool").toArray()).toEqual(truth);
    expect(full([], Number.NaN, { dtype: "bool" }).toArray()).toBe(true);
    expect(arange(3, undefined, 1, { dtype: "bool" }).toArray()).toEqual([false, true, true]);
  });
});
