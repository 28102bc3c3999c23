import { DTypeError, type Tensor, tensor, ValueError } from "@tendril/tensor";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { GELU, LayerNorm, LeakyReLU, Linear, loadSafetensors, Sequential, saveSafetensors } from "../src/index.ts";
import { expectClose, expectError, fixture, fixtureBytes, flat, type Numbers, numbers } from "./compare.ts";
import * as known from "./fixtures/write_safetensors.ts";
import { described, entry, expectSame, file } from "./safetensors-files.ts";
import { type Meaning, meaningOf, smallFloat } from "./safetensors-oracle.ts";

describe("safetensors and Python", () => {
  it("writes the very bytes that numpy has read and checked", () => {
    const bytes = saveSafetensors(known.tensors, { metadata: known.metadata });
    expect(bytes).toEqual(new Uint8Array(fixtureBytes("tendril.safetensors")));
  });

  it("loads a PyTorch state_dict into the same Sequential, which then gives PyTorch's outputs", () => {
    const { x, y } = fixture<{ x: Numbers; y: Numbers }>("torch.json");
    const { tensors, metadata } = loadSafetensors(fixtureBytes("torch.safetensors"));
    const model = new Sequential(
      new Linear(4, 8),
      new LayerNorm(8),
      new GELU(),
      new Linear(8, 3),
      new LeakyReLU({ negativeSlope: 0.2 }),
    );
    model.loadStateDict(tensors);
    expect(metadata).toEqual({ format: "pt" });
    expectClose(model.forward(tensor(numbers(x))), numbers(y), { rtol: 1e-5, atol: 1e-6 });
  });

  it("widens PyTorch's half, bfloat16 and int64", () => {
    const expected = fixture<Record<"half" | "bfloat" | "labels", Numbers>>("torch.json");
    const { half, bfloat, labels } = loadSafetensors(fixtureBytes("torch_dtypes.safetensors")).tensors;
    for (const [x, dtype, values] of [
      [half, "float32", expected.half],
      [bfloat, "float32", expected.bfloat],
      [labels, "int32", expected.labels],
    ] as const) {
      expect(x?.dtype).toBe(dtype);
      expectClose(x as Tensor, numbers(values), { rtol: 1e-7, atol: 0 });
    }
  });

  it("reads every 16-bit float", () => {
    const bits = new Uint16Array(2 ** 16).map((_, i) => i);
    const bytes = new Uint8Array(bits.buffer);
    const both = file({ h: entry("F16", [2 ** 16], 0, 2 ** 17), b: entry("BF16", [2 ** 16], 2 ** 17, 2 ** 18) }, [
      ...bytes,
      ...bytes,
    ]);
    const { h, b } = loadSafetensors(both).tensors;
    expect(h?.data).toEqual(Float32Array.from(bits, (x) => smallFloat(x, 5)));
    expect(b?.data).toEqual(Float32Array.from(bits, (x) => smallFloat(x, 8)));
  });

  it.each(["F16", "BF16"])("reads %s without making arrays for each element", (dtype) => {
    const bytes = file({ x: entry(dtype, [1000], 0, 2000) }, new Array(2000).fill(0x3c));
    let made = 0;
    class Counting extends Float32Array {
      constructor(...args: ConstructorParameters<typeof Float32Array>) {
        super(...args);
        made++;
      }
    }
    vi.stubGlobal("Float32Array", Counting);
    loadSafetensors(bytes);
    vi.unstubAllGlobals();
    expect(made).toBeLessThan(10);
  });
});

const name = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("__proto__", "toString", "0", "a.b"),
);
const anyTensor: fc.Arbitrary<Tensor> = fc
  .record({
    shape: fc.array(fc.nat(3), { maxLength: 3 }),
    dtype: fc.constantFrom("float32", "float64", "int32", "bool"),
    seed: fc.array(fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, Number.NaN)), {
      minLength: 27,
      maxLength: 27,
    }),
  })
  .map(({ shape, dtype, seed }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = seed.slice(0, size).map((x) => (dtype === "int32" ? x | 0 : x));
    return tensor(Float64Array.from(values), { shape, dtype });
  });
const anyFile = fc.record({
  tensors: fc.dictionary(
    name.filter((text) => text !== "__metadata__"),
    anyTensor,
    { maxKeys: 5 },
  ),
  metadata: fc.dictionary(name, fc.string({ unit: "binary" }), { maxKeys: 3 }),
});

describe("safetensors written and read again", () => {
  it("is the same: names, order of bytes, dtypes, shapes, values to the bit, metadata", () => {
    fc.assert(
      fc.property(anyFile, ({ tensors, metadata }) => {
        const bytes = saveSafetensors(tensors, { metadata });
        expectSame(described(loadSafetensors(bytes)), described({ tensors, metadata }));
        expectSame(meaningOf(bytes) as Meaning, described({ tensors, metadata }));
      }),
    );
  });

  it("aligns every element to its width, and the data to 8 bytes", () => {
    fc.assert(
      fc.property(anyFile, ({ tensors }) => {
        const bytes = saveSafetensors(tensors);
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        expect(length % 8).toBe(0);
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
        for (const [name, { data_offsets: offsets }] of Object.entries<{ data_offsets: number[] }>(header)) {
          const width = tensors[name]?.data.BYTES_PER_ELEMENT ?? 0;
          expect((offsets[0] as number) % width).toBe(0);
        }
      }),
    );
  });

  it("reads from any place in a buffer, and from an ArrayBuffer", () => {
    const bytes = saveSafetensors(known.tensors, { metadata: known.metadata });
    for (const shift of [1, 2, 3, 5]) {
      const buffer = new Uint8Array(shift + bytes.length + 7).fill(255);
      buffer.set(bytes, shift);
      expectSame(described(loadSafetensors(buffer.subarray(shift, shift + bytes.length))), described(known));
    }
    expectSame(described(loadSafetensors(bytes.slice().buffer)), described(known));
  });

  it("copies: what is loaded does not change with the bytes", () => {
    const bytes = saveSafetensors({ x: tensor([1, 2]) });
    const { x } = loadSafetensors(bytes).tensors;
    bytes.fill(0);
    expect(x?.toArray()).toEqual([1, 2]);
  });

  it("takes a file without tensors, and one padded with spaces", () => {
    expect(loadSafetensors(saveSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
    expect(loadSafetensors(file("{}      "))).toEqual({ tensors: {}, metadata: {} });
    expect(loadSafetensors(file({ x: entry("F32", [0, 9], 0, 0) })).tensors.x?.shape).toEqual([0, 9]);
  });

  it("does not write what could not be read", () => {
    const x = tensor(1);
    expectError(() => saveSafetensors({ __metadata__: x }), ValueError, /^saveSafetensors: .* name __metadata__/);
    expectError(() => saveSafetensors({ "\ud800": x }), ValueError, /Unicode text, not "\\ud800"/);
    expectError(() => saveSafetensors({ x }, { metadata: { a: "\udfff" } }), ValueError, /Unicode text/);
    const numbered = { epochs: 3 } as unknown as Record<string, string>;
    expectError(() => saveSafetensors({ x }, { metadata: numbered }), ValueError, /Unicode text, not 3/);
    const long = { a: "x".repeat(100_000_001) };
    expectError(() => saveSafetensors({ x }, { metadata: long }), ValueError, /a header of 1000000\d\d bytes is over/);
  });
});

describe("safetensors that are none", () => {
  const two = (a: unknown[], b: unknown[]) => ({ a: entry("F32", [1], ...a), b: entry("F32", [1], ...b) });
  const deep = `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
  const cases: [string, Uint8Array, RegExp][] = [
    ["nothing", new Uint8Array(0), /: 0 bytes are too few/],
    ["less than a length", new Uint8Array(7), /: 7 bytes are too few/],
    ["a truncated header", file({ x: entry("F32", [1], 0, 4) }).subarray(0, 20), /the header's \d+ bytes go beyond/],
    [
      "an oversized header",
      file("{}", [], { length: 100_000_001n }),
      /a header of 100000001 bytes is over the format's/,
    ],
    ["a length of 2⁶⁴ − 1", file("{}", [], { length: 2n ** 64n - 1n }), /is over the format's limit/],
    ["an empty header", file(""), /does not begin with \{/],
    ["space before the header", file(" {}"), /does not begin with \{/],
    ["an array", file("[]"), /does not begin with \{/],
    ["broken JSON", file('{"x":\n1'), /not JSON in UTF-8/],
    ["broken UTF-8", file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), /not JSON in UTF-8/],
    ["a deep header", file(deep), /not JSON in UTF-8|nothing else/],
    ["a tensor that is a number", file({ x: 3 }), /tensor "x" is not a dtype, a shape, data_offsets and nothing else/],
    ["a tensor that is an array", file({ x: [] }), /tensor "x" is not a dtype/],
    ["no shape", file({ x: { dtype: "F32", data_offsets: [0, 4] } }, [0, 0, 0, 0]), /tensor "x" is not a dtype/],
    ["something else", file({ x: { ...entry("F32", [], 0, 4), a: 1 } }, [0, 0, 0, 0]), /nothing else/],
    ["a negative size", file({ x: entry("F32", [-1], 0, 4) }, [0, 0, 0, 0]), /the header has - outside of strings/],
    ["a fraction", file({ x: entry("F32", [1.5], 0, 6) }, [0, 0, 0, 0]), /the header has \. outside of strings/],
    ["1.0 for 1", file('{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', [0, 0, 0, 0]), /has \. outside/],
    ["1e0 for 1", file('{"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', [0, 0, 0, 0]), /has e outside/],
    ["a null", file({ x: entry("F32", null, 0, 4) }, [0, 0, 0, 0]), /has n outside/],
    [
      "an unsafe integer",
      file('{"x":{"dtype":"F32","shape":[0,9007199254740993],"data_offsets":[0,0]}}'),
      /"x" is not/,
    ],
    ["a size beyond all", file({ x: entry("F32", [2 ** 52, 2 ** 52], 0, 4) }, [0, 0, 0, 0]), /has 8.1\d+e\+31 bytes/],
    ["three offsets", file({ x: entry("F32", [1], 0, 4, 4) }, [0, 0, 0, 0]), /data_offsets \[0, 4, 4\]/],
    [
      "offsets backwards",
      file({ x: entry("F32", [1], 4, 0) }, [0, 0, 0, 0]),
      /F32 \[1\], has 4 bytes and data_offsets/,
    ],
    ["too few bytes for the shape", file({ x: entry("F32", [2], 0, 4) }, [0, 0, 0, 0]), /has 8 bytes and data_offsets/],
    ["an overlap", file(two([0, 4], [2, 6]), new Uint8Array(6)), /tensor "b" begins at byte 2, .* ends at 4/],
    ["the same bytes twice", file(two([0, 4], [0, 4]), new Uint8Array(4)), /tensor "b" begins at byte 0/],
    ["a hole", file(two([0, 4], [5, 9]), new Uint8Array(9)), /tensor "b" begins at byte 5, .* ends at 4/],
    ["a hole at the start", file({ x: entry("F32", [1], 1, 5) }, new Uint8Array(5)), /begins at byte 1/],
    [
      "an empty tensor inside another",
      file({ ...two([0, 4], [4, 8]), c: entry("F32", [0], 2, 2) }, new Uint8Array(8)),
      /"c"/,
    ],
    ["bytes left over", file(two([0, 4], [4, 8]), new Uint8Array(9)), /tensors of 8 bytes do not fill 9/],
    ["truncated data", file(two([0, 4], [4, 8]), new Uint8Array(7)), /tensors of 8 bytes do not fill 7/],
    [
      "a name twice",
      file(
        '{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0078":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
        new Uint8Array(4),
      ),
      /a key twice/,
    ],
    [
      "a field twice",
      file('{"x":{"dtype":"I32","dtype":"F32","shape":[],"data_offsets":[0,4]}}', new Uint8Array(4)),
      /a key twice/,
    ],
    ["metadata twice", file('{"__metadata__":{"a":"b","a":"b"}}'), /a key twice/],
    ["metadata that is no text", file({ __metadata__: { a: 1 } }), /__metadata__ holds something other than strings/],
    ["metadata that is a text", file({ __metadata__: "a" }), /__metadata__ holds something other/],
    ["half a letter", file('{"\\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), /tensor "\\ud800"/],
    ["a bool that is 2", file({ x: entry("BOOL", [2], 0, 2) }, [1, 2]), /tensor "x" holds 2, but should be bool/],
    [
      "an int64 that does not fit",
      file({ x: entry("I64", [1], 0, 8) }, [0, 0, 0, 0, 1, 0, 0, 0]),
      /holds 4294967296, but should be int32/,
    ],
  ];
  it.each(cases)("%s: a typed error of one line", (_, bytes, message) => {
    expectError(() => loadSafetensors(bytes), ValueError, message);
    expect(meaningOf(bytes)).toBeNull();
  });

  it.each(["U8", "F8_E4M3", "toString", "", "f32"])("dtype %j: an error that names the readable ones", (dtype) => {
    const bytes = file({ x: entry(dtype, [1], 0, 1) }, [0]);
    expectError(
      () => loadSafetensors(bytes),
      DTypeError,
      /tensor "x" is "\w*"; save it as one of F64, F32, F16, BF16, I64/,
    );
  });

  it("loads nothing when the last of many tensors is bad", () => {
    const model = new Linear(2, 1);
    const before = model.stateDict();
    const bytes = file({ weight: entry("F32", [1, 2], 0, 8), bias: entry("F32", [2], 8, 12) }, new Uint8Array(12));
    expectError(() => model.loadStateDict(loadSafetensors(bytes).tensors), ValueError, /tensor "bias"/);
    expect(flat(model.weight)).toEqual(flat(before.weight as Tensor));
  });
});
