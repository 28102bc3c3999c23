import { readFileSync } from "node:fs";
import {
  arange,
  bernoulli,
  conv1d,
  conv2d,
  type DType,
  diagonal,
  matmul,
  multinomial,
  noGrad,
  pad,
  randint,
  randn,
  roll,
  type Tensor,
  tensor,
  topk,
  unfold,
  zeros,
} from "@tendril/tensor";
import { toOnnx } from "@tendril/tensor/onnx";
import { describe, expect, it } from "vitest";
import { rules } from "../src/onnx/rules/index.ts";
import { primitives } from "../src/primitive.ts";
import { exported, models } from "./onnx-models.ts";
import { thrownBy } from "./thrown.ts";

// What files compute is compared with eager mode in interop/, on ONNX Runtime. Here: what is written, and what is refused.

it("every primitive has a rule but ensure, whose checks are left out, and every rule is of a primitive", () => {
  const names = [...primitives.keys()].filter((name) => name !== "ensure");
  expect(Object.keys(rules).sort()).toEqual(names.sort());
});

/** The bytes without the version of this package, which every release changes: field 3, after version and producer. */
function withoutVersion(bytes: Uint8Array): Buffer {
  const start = "\b\b\u0012\u0007tendril".length;
  expect(bytes[start]).toBe(0x1a);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 2 + (bytes[start + 1] as number))]);
}

it("files name the version of this package", () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(
    Buffer.from(exported(models.classifier!()).bytes).includes(
      `tendril\u001a${String.fromCharCode(version.length)}${version}`,
    ),
  ).toBe(true);
});

describe.each(Object.entries(models))("%s", (name, make) => {
  it("gives the committed file, which the checker has accepted; `npm run onnx:fixtures` makes it anew", () => {
    const file = readFileSync(new URL(`./fixtures/onnx/${name}.onnx`, import.meta.url));
    expect(Buffer.compare(withoutVersion(exported(make()).bytes), withoutVersion(file))).toBe(0);
  });
});

describe("an export", () => {
  const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

  it("lists state with names, types and initial values, and leaves the tensors as they are", () => {
    const { f, inputs, options } = models.training!();
    const { weight } = options.names as { weight: Tensor };
    const before = [...weight.data];
    const { state, random } = toOnnx(f, inputs, options);
    expect(state.map(({ initial, ...rest }) => [rest, initial.length])).toEqual([
      [{ name: "weight", input: "weight", output: "weight.next", shape: [2, 3], dtype: "float32" }, 6],
      [{ name: "bias", input: "bias", output: "bias.next", shape: [3], dtype: "float32" }, 3],
    ]);
    expect([...state[0]!.initial]).toEqual(before);
    expect([...weight.data]).toEqual(before);
    expect(random).toEqual([]);
    state[0]!.initial.fill(7);
    expect([...weight.data]).toEqual(before);
  });

  it("says which random numbers to feed, and how their shape follows the batch", () => {
    const { random, state } = exported(models.convolution!());
    expect(
      random.map(({ name, shape, dtype, distribution }) => [name, shape.map(String), dtype, distribution]),
    ).toEqual([["random_0", ["N", "2", "3", "3"], "float32", { name: "rand" }]]);
    expect(state.map(({ name, output }) => [name, output])).toEqual([["filters", null]]);
    const draws = toOnnx((x: Tensor) => [x.add(randn([2])), x.mul(randint(3, 9, [2]))], { x: zeros([2]) }).random;
    expect(draws.map(({ name, dtype, distribution }) => [name, dtype, distribution])).toEqual([
      ["random_0", "float32", { name: "randn" }],
      ["random_1", "int32", { name: "randint", low: 3, high: 9 }],
    ]);
  });

  it("stores what is only read, once, or makes inputs of it", () => {
    const w = arange(1000, undefined, undefined, { dtype: "float64" });
    const step = (x: Tensor): Record<string, Tensor> => ({ y: x.add(w), z: x.mul(w) });
    const inputs = { x: zeros([1000], { dtype: "float64" }) };
    const stored = toOnnx(step, inputs, { names: { w } });
    const apart = toOnnx(step, inputs, { names: { w }, embed: false });
    expect(stored.state).toEqual([]);
    expect(apart.state.map(({ input, output }) => [input, output])).toEqual([["w", null]]);
    expect(stored.bytes.length - apart.bytes.length).toBeGreaterThan(7_900);
    expect(stored.bytes.length - apart.bytes.length).toBeLessThan(8_100);
  });

  it("has convolutions as Conv, with their zeros around the image, and as products where ONNX Runtime has no kernel", () => {
    const weight = randn([4, 2, 3, 3]);
    const written = (f: (x: Tensor) => Tensor, shape: number[], dtype: DType = "float32"): string =>
      text(toOnnx(f, { x: zeros(shape, { dtype }) }, { names: { weight }, batch: true }).bytes);
    const whole = written((x) => conv2d(x, weight, { padding: [1, 2], stride: 2 }), [1, 2, 8, 8]);
    for (const type of ["Pad", "Slice", "Concat", "MatMul", "Reshape"]) expect(whole).not.toContain(type);
    expect(whole).toMatch(/kernel_shape.*strides.*dilations.*group.*pads/s);
    expect(written((x) => conv2d(x, weight, { groups: 2, dilation: 2 }), [1, 4, 8, 8])).toContain("conv_0");
    expect(written((x) => conv1d(x, randn([4, 2, 3]), { padding: "same" }), [1, 2, 8])).toContain("conv_0");
    // The images' own axis of channels is padded: not a convolution's padding, so it stays in front of it.
    const deeper = written(
      (x) =>
        conv2d(
          pad(x, [
            [0, 0],
            [1, 0],
            [0, 0],
            [0, 0],
          ]),
          weight,
        ),
      [1, 1, 8, 8],
    );
    expect(deeper).toMatch(/Pad.*Conv/s);
    const others = [
      written((x) => conv2d(x, weight), [1, 2, 8, 8], "float64"),
      written((x) => unfold(x, 1, 3).matmul(randn([3, 2])), [1, 8]),
      written((x) => matmul(randn([4, 3]), unfold(x, 1, 3).transpose(1, 2)), [1, 8]),
    ];
    for (const other of others) expect(other).not.toContain("conv_0");
  });

  it("stores a constant of one repeated value as one number", () => {
    expect(
      toOnnx((x: Tensor) => x.add(zeros([512, 512])).reshape([-1]), { x: zeros([512, 512]) }).bytes.length,
    ).toBeLessThan(600);
  });

  it("copies outputs that are inputs, states, or repeat", () => {
    const w = tensor([1, 2]);
    const { bytes, state } = toOnnx(
      (x: Tensor) => {
        noGrad(() => w.assign(x));
        const y = x.exp();
        return { a: x, b: y, c: y, d: w };
      },
      { x: zeros([2]) },
      { names: { w } },
    );
    expect(text(bytes).split('"\u0008Identity')).toHaveLength(5); // the field of a node's type
    expect(state[0]?.output).toBe("w.next");
  });

  it("names values after their ops, and outputs as they are returned", () => {
    const file = text(exported(models.classifier!()).bytes);
    for (const name of [
      "matmul_0",
      "add_0",
      "relu_0",
      "matmul_1",
      "probabilities",
      "0.weight",
      "2.bias",
      "classify",
      "tendril",
    ]) {
      expect(file).toContain(name);
    }
    expect(text(exported(models.training!()).bytes)).toContain('{"input":"weight","output":"weight.next"}');
  });
});

describe("what cannot be exported throws one line", () => {
  const x = zeros([4, 3]);
  const w = tensor([1, 2, 3]);
  const square = (a: Tensor): Tensor => a.matmul(a.T).softmax(1);
  const calls: [() => unknown, string][] = [
    [
      () => toOnnx((a: Tensor) => a.to("float64").erf(), { x }),
      'ExportError: toOnnx: erf in float64, which ONNX Runtime lacks; use .to("float32")',
    ],
    [
      () => toOnnx((a: Tensor) => a.sum(0), { x: zeros([0, 3]) }),
      'ExportError: toOnnx: input "x" has shape [0, 3]; export without axes of size 0',
    ],
    [
      () => toOnnx((a: Tensor) => a.slice([0, 0]), { x }),
      "ExportError: toOnnx: a result has shape [0, 3]; export without axes of size 0",
    ],
    [
      () => toOnnx((a: Tensor) => multinomial(a.exp(), 5, { replacement: true }), { x }),
      "ExportError: toOnnx: multinomial draws by its weights; draw outside, and make it an input",
    ],
    [
      () => toOnnx((a: Tensor) => unfold(a, 0, a.shape[0] as number), { x }, { batch: true }),
      "ExportError: toOnnx: the windows of unfold follow the batch size; leave out batch",
    ],
    [
      () =>
        toOnnx(
          (a: Tensor) => {
            noGrad(() => w.assign(a.sum(0)));
          },
          { x },
        ),
      "ExportError: toOnnx: the step changes a tensor that has no name (float32, number of elements: 3); give it one in names: model.namedState() and optimizer.namedState() have them",
    ],
    [
      () => toOnnx((a: Tensor) => void a.assign(0), { x }),
      'ExportError: toOnnx: the step changes its input "x"; return the new value instead',
    ],
    [
      () => toOnnx((a: Tensor) => a, { x }, { embed: 1 } as never),
      "ValueError: toOnnx: embed must be a boolean, got 1",
    ],
    [
      () => toOnnx((a: Tensor) => a, { x }, { embeds: true } as never),
      'ValueError: toOnnx: no option "embeds"; did you mean "embed"?',
    ],
    [
      () => toOnnx((a: Tensor) => ({ x: a.exp() }), { x }),
      'ExportError: toOnnx: an output is called "x", as an input; return it by another name',
    ],
    [
      () => toOnnx((a: Tensor) => ({ w: a.mul(w) }), { x }, { names: { w } }),
      'ExportError: toOnnx: an output is called "w", as a tensor of names; return it by another name',
    ],
    [
      () => toOnnx((a: Tensor, b: Tensor) => a.sub(b), { x, y: zeros([7, 3]) }, { batch: true }),
      'ShapeError: toOnnx: "x" has 4 rows, and "y" 7, but a batch has one size; give all as many, or name in batch those that have it',
    ],
    [
      () => toOnnx((a: Tensor) => a.mul(w), { x }, { names: [w] } as never),
      "ValueError: toOnnx: names must be tensors by name, got a tensor [3] without a name",
    ],
    [
      () => toOnnx((a: Tensor) => a, [x] as never),
      "ValueError: toOnnx: inputs must be tensors by name, got a tensor [4, 3] without a name",
    ],
    [
      () => toOnnx(() => ({}), { x }),
      "ExportError: toOnnx: the step returns nothing and changes nothing; return what the graph is to compute",
    ],
  ];
  it.each(calls.map(([call, message]) => [message, call] as const))("%s", (message, call) => {
    expect(call).toThrow();
    expect(thrownBy(call)).toBe(message);
  });

  it("but a matrix of the batch by itself is a size like others", () => {
    expect(toOnnx(square, { x }, { batch: true }).bytes.length).toBeGreaterThan(0);
    expect(toOnnx((a: Tensor) => bernoulli(a.sigmoid()), { x }).random).toHaveLength(1);
  });
});

describe("a size that depends on which of two is smaller", () => {
  const at = (n: number): string =>
    `ExportError: toOnnx: what the step does for batches of ${n} does not follow from what it does for 23, 37, 52: a size or a number in it depends on which of two is smaller; leave out batch`;
  const refused: [string, (x: Tensor) => Tensor, number][] = [
    ["rows beyond a small batch", (x) => x.slice([0, 2]).mean(0), 1],
    ["rows from the end", (x) => x.slice([-2]).sum(0), 1],
    ["a diagonal", (x) => diagonal(x), 1],
    ["the k largest, as far as there are some", (x) => topk(x, Math.min(5, x.shape[0] as number), 0).values, 1],
    ["another step for small batches", (x) => ((x.shape[0] as number) > 10 ? x.exp() : x.neg()), 1],
    ["a shift", (x) => roll(x, 5, 0), 1],
    ["a step that batches of one do not have", (x) => (x.shape[0] === 1 ? x.matmul(x) : x.slice([0, 4]).mean(0)), 3],
  ];
  it.each(refused)("%s is refused", (_, f, n) => {
    expect(thrownBy(() => toOnnx(f, { x: zeros([4, 3]) }, { batch: true }))).toBe(at(n));
    expect(toOnnx(f, { x: zeros([6, 3]) }).state).toEqual([]);
  });

  const accepted: [string, (x: Tensor) => Tensor][] = [
    ["a shift by one", (x) => roll(x, 1, 0)],
    [
      "a batch that steps need two rows of",
      (x) =>
        x
          .slice([1])
          .sub(x.slice([0, -1]))
          .square()
          .mean(),
    ],
    ["as many of the largest as a small batch does not have", (x) => topk(x, 5, 0).values],
    ["NaN for one row", (x) => x.var(0)],
    ["random numbers", (x) => x.add(randn([x.shape[0] as number, 3]))],
  ];
  it.each(accepted)("%s is exported", (_, f) => {
    expect(toOnnx(f, { x: zeros([9, 3]) }, { batch: true }).bytes.length).toBeGreaterThan(0);
  });
});
