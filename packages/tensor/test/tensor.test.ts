import { inspect } from "node:util";
import {
  arange,
  eye,
  full,
  linspace,
  manualSeed,
  ones,
  randn,
  type Tensor,
  tensor,
  ValueError,
  zeros,
  zerosLike,
} from "@tendril/tensor";
import { describe, expect, it, vi } from "vitest";

describe("making tensors", () => {
  it("takes the dtype from the values, or as told", () => {
    expect(
      [tensor(1), tensor([true]), tensor([1, true]), tensor(new Int32Array(1)), tensor(new Float64Array(1))].map(
        (t) => t.dtype,
      ),
    ).toEqual(["float32", "bool", "float32", "int32", "float64"]);
    expect(tensor([0.1], { dtype: "float64" }).item()).toBe(0.1);
    expect(tensor([2, 0], { dtype: "bool" }).toArray()).toEqual([true, false]);
    expect([arange(3).dtype, arange(0, 1, 0.5).dtype, eye(2).dtype, full([], true).dtype]).toEqual([
      "int32",
      "float32",
      "float32",
      "bool",
    ]);
  });

  it("takes integers of every width, and has a typed error where there is no memory", () => {
    const arrays = [Int8Array.of(-1), Int16Array.of(-1), Uint16Array.of(9), Uint32Array.of(9), Uint8ClampedArray.of(9)];
    expect(arrays.map((x) => [tensor(x).dtype, tensor(x).toArray()])).toEqual(
      arrays.map((x) => ["int32", Array.from(x)]),
    );
    class Full {
      constructor() {
        throw new RangeError("Array buffer allocation failed");
      }
    }
    const x = ones([2, 3]);
    const row = zeros([1, 3], { dtype: "int32" });
    vi.stubGlobal("Float32Array", Full);
    const calls: (() => unknown)[] = [() => zeros([2, 3]), () => x.exp(), () => eye(2), () => tensor([[1]])];
    const messages = calls.map((call) => {
      try {
        return call();
      } catch (error) {
        return String(error);
      }
    });
    vi.unstubAllGlobals();
    vi.stubGlobal("Int32Array", Full);
    // What a kernel needs beside its output.
    expect(() => x.gather(0, row)).toThrow("gather: not enough memory for float32 [1, 3]; use smaller parts");
    vi.unstubAllGlobals();
    expect(messages).toEqual([
      "ShapeError: zeros: not enough memory for float32 [2, 3]; use smaller parts",
      "ShapeError: exp: not enough memory for float32 [2, 3]; use smaller parts",
      "ShapeError: eye: not enough memory for float32 [2, 2]; use smaller parts",
      "ShapeError: tensor: not enough memory for float32 [1, 1]; use smaller parts",
    ]);
  });

  it("copies its data", () => {
    const data = Float32Array.of(1, 2);
    const [t, u] = [tensor(data), tensor([[1, 2]])];
    data[0] = 9;
    const copy = tensor(u);
    copy.assign(0);
    expect([t.toArray(), u.toArray()]).toEqual([[1, 2], [[1, 2]]]);
  });

  it("makes the usual ones", () => {
    expect(
      [
        zeros([2]),
        ones([2]),
        full([2], 7),
        eye(2),
        arange(3),
        arange(1, 4),
        arange(3, 0, -2),
        linspace(0, 1, 5),
        zerosLike(ones([1, 2])),
      ].map((t) => t.toArray()),
    ).toEqual([
      [0, 0],
      [1, 1],
      [7, 7],
      [
        [1, 0],
        [0, 1],
      ],
      [0, 1, 2],
      [1, 2, 3],
      [3, 1],
      [0, 0.25, 0.5, 0.75, 1],
      [[0, 0]],
    ]);
    expect([linspace(2, 3, 1).toArray(), linspace(2, 3, 0).shape, arange(0).shape]).toEqual([[2], [0], [0]]);
  });
});

describe("printing", () => {
  const printed = (...shown: unknown[]): string => shown.map(String).join("\n");

  it("aligns, shows four digits, and names what is not the default", () => {
    expect(
      printed(
        tensor(3),
        tensor([
          [1, -2],
          [30, 4],
        ]),
        tensor([
          [0.5, -2.25],
          [10, 1 / 3],
        ]),
        tensor([1e-5, 3]),
        tensor([1e9, 1]),
        tensor([Number.NaN, Infinity, -Infinity, 1.5]),
        tensor([true, false]),
        tensor([1, 20], { dtype: "int32" }),
        tensor([0.5], { dtype: "float64", requiresGrad: true }),
        tensor([0.5], { requiresGrad: true }).mul(2),
        zeros([0]),
        zeros([2, 0]),
        zeros([2, 1, 2]),
      ),
    ).toMatchInlineSnapshot(`
      "tensor(3.)
      tensor([[ 1., -2.],
              [30.,  4.]])
      tensor([[ 0.5000, -2.2500],
              [10.0000,  0.3333]])
      tensor([1.0000e-05, 3.0000e+00])
      tensor([1.0000e+09, 1.0000e+00])
      tensor([   nan,    inf,   -inf, 1.5000])
      tensor([ true, false])
      tensor([ 1, 20], dtype=int32)
      tensor([0.5000], dtype=float64, requiresGrad=true)
      tensor([1.], gradFn=mul)
      tensor([])
      tensor([[],
              []], shape=[2, 0])
      tensor([[[0., 0.]],

              [[0., 0.]]])"
    `);
  });

  it("shortens large ones, each axis to its ends", () => {
    expect(printed(arange(2000), arange(1200).reshape([30, 40]))).toMatchInlineSnapshot(`
      "tensor([   0,    1,    2, ..., 1997, 1998, 1999], dtype=int32)
      tensor([[   0,    1,    2, ...,   37,   38,   39],
              [  40,   41,   42, ...,   77,   78,   79],
              [  80,   81,   82, ...,  117,  118,  119],
              ...,
              [1080, 1081, 1082, ..., 1117, 1118, 1119],
              [1120, 1121, 1122, ..., 1157, 1158, 1159],
              [1160, 1161, 1162, ..., 1197, 1198, 1199]], dtype=int32)"
    `);
    manualSeed(0);
    expect(String(randn([100, 100, 100])).length).toBeLessThan(5000);
  });

  it("is what console.log shows, indented inside other things", () => {
    expect(inspect(tensor([1, 2]))).toBe("tensor([1., 2.])");
    expect(inspect({ w: tensor([[1], [2]]) })).toBe("{\n  w: tensor([[1.],\n          [2.]])\n}");
  });
});

describe("item and toArray", () => {
  it("read what is there", () => {
    expect([tensor(2.5).item(), tensor([[7]]).item(), tensor([true]).item()]).toEqual([2.5, 7, 1]);
    expect([tensor(2).toArray(), zeros([2, 0]).toArray(), zeros([0, 2]).toArray()]).toEqual([2, [[], []], []]);
  });
});

describe("a tensor where JavaScript wants something else", () => {
  const [x, y] = [tensor([10]), tensor([9])];
  const loose = x as unknown as number;
  const other = y as unknown as number;

  it.each<[string, () => unknown]>([
    ["x < y", () => loose < other],
    // biome-ignore lint/suspicious/noDoubleEquals: it is what is tested
    ["x == 10", () => loose == 10],
    ["x + 1", () => loose + 1],
    ["x * 2", () => loose * 2],
    ["+x", () => +loose],
    ['x + ""', () => `${loose + ("" as unknown as number)}`],
    ["Math.max(x, y)", () => Math.max(loose, other)],
    ["Number(x)", () => Number(x)],
  ])("%s throws, with what to write instead", (_, use) => {
    expect(use).toThrow(
      new ValueError(
        "a tensor [1] is not a number, and operators such as <, == and + do not work on it; use x.item() for its number, x.lt(y), x.add(y), … for ops on tensors, or String(x)",
      ),
    );
  });

  it("is a text where one is asked for", () => {
    expect([`${x}`, String(x), [x, y].join(" ")]).toEqual([
      "tensor([10.])",
      "tensor([10.])",
      "tensor([10.]) tensor([9.])",
    ]);
  });

  it("is plain JSON, which makes the tensor again", () => {
    const tensors = [
      tensor([
        [1.5, Number.NaN],
        [Infinity, -Infinity],
      ]),
      tensor([0, -0], { dtype: "float64" }),
      tensor([true, false]),
      tensor([[-5]], { dtype: "int32" }),
      zeros([2, 0]),
      tensor(3),
    ];
    const text = JSON.stringify(tensors);
    expect(text).toBe(
      '[{"dtype":"float32","shape":[2,2],"data":[1.5,"NaN","Infinity","-Infinity"]},' +
        '{"dtype":"float64","shape":[2],"data":[0,"-0"]},{"dtype":"bool","shape":[2],"data":[true,false]},' +
        '{"dtype":"int32","shape":[1,1],"data":[-5]},{"dtype":"float32","shape":[2,0],"data":[]},' +
        '{"dtype":"float32","shape":[],"data":[3]}]',
    );
    const read = JSON.parse(text) as ReturnType<Tensor["toJSON"]>[];
    const again = read.map(({ data, shape, dtype }) => tensor(data.map(Number), { shape, dtype }));
    expect(again.map((t) => [t.dtype, t.shape, t.data])).toEqual(tensors.map((t) => [t.dtype, t.shape, t.data]));
  });
});
