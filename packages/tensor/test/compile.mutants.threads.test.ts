// Tests that single changes of the source once passed all others, and fail here: of what threads share.
import { type Tensor, type TypedArray, tensor, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

// A worker that does nothing but keep what it is sent, so that a program does all its parts itself.
interface Shared {
  readonly module: object;
  readonly memory: { readonly buffer: SharedArrayBuffer };
  readonly at: number;
}
let sent: Shared | undefined;
class Idle {
  postMessage(message: Shared): void {
    sent = message;
  }
}
interface Api {
  readonly Instance: new (module: object, imports: object) => { exports: Record<string, (part: number) => void> };
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: Api };

describe.runIf(process.getBuiltinModule)("threads", () => {
  beforeAll(() => {
    vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) =>
      name === "node:os" ? { availableParallelism: () => 2 } : { Worker: Idle }) as typeof process.getBuiltinModule);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  /** In how many parts two threads do `f`. */
  function parts(f: (...args: Tensor[]) => Tensor, ...shapes: number[][]): number {
    const args = shapes.map((shape) => {
      const size = shape.reduce((a, b) => a * b);
      const values = Float32Array.from({ length: size }, (_, i) => ((7 * i) % 17) - 8); // so that sums are exact
      return tensor(values).reshape(shape);
    });
    sent = undefined;
    const compiled = compile(f, { threads: 2 });
    const result = compiled(...args);
    const isDone = (data: TypedArray): boolean => data.every((x, i) => x === result.data[i]);
    expect(isDone(f(...args).data)).toBe(true);
    if (sent === undefined) {
      expect(compiled.program(...args)).toBe(compile(f).program(...args));
      return 0;
    }
    const { module, memory, at } = sent as Shared;
    const [end, , , first, step] = new Int32Array(memory.buffer, at) as unknown as [number, 0, 0, number, number];
    const part = new WebAssembly.Instance(module, { m: { m: memory } }).exports[`part${step}`] as (i: number) => void;
    // Each part alone writes to the program's arena, where the result lies first, and nothing that another one writes.
    const arena = new Int32Array(memory.buffer, 0, Number(/arena of (\d+)/.exec(compiled.program(...args))?.[1]) / 4);
    const nothing = 0x7fabcdef;
    const together = new Int32Array(arena.length).fill(nothing);
    for (let i = 0; i < end - first; i++) {
      arena.fill(nothing);
      part(i);
      const written = [...arena.keys()].filter((at) => arena[at] !== nothing);
      const results = written.filter((at) => at < result.size).length;
      expect(results > 0 && results < result.size).toBe(true);
      expect(written.find((at) => together[at] !== nothing && together[at] !== arena[at])).toBeUndefined();
      for (const at of written) together[at] = arena[at] as number;
    }
    expect(isDone(new Float32Array(together.buffer, 0, result.size))).toBe(true);
    return end - first;
  }
  const centred = (x?: Tensor): Tensor => x!.sub(x!.amax(1, { keepdim: true }));

  it("share loops over rows, short and long, with scratch memory of their own", () => {
    for (const columns of [3, 4, 7, 8]) expect(parts(centred, [20_001, columns])).toBe(8);
    expect(parts(centred, [301, 132])).toBe(8);
    expect(parts(centred, [301, 131])).toBe(0);
    expect(parts((x) => centred(x!.mul(0.5)), [301, 132])).toBe(8);
  });

  it("share loops over elements, and leave a single row's sum whole", () => {
    expect(parts((x) => x!.mul(2).add(1), [40_001])).toBe(8);
    expect(parts((x) => x!.mul(2).sum(1), [1, 40_001])).toBe(0);
  });

  it("add up over rows in the same parts, whatever their number", () => {
    const sums = (x?: Tensor): Tensor[] => {
      const [doubled, row] = [x!.mul(2), x!.sum(-1)];
      return [doubled.sum(), doubled.sum(0), doubled.amax(), x!.amin(), x!.gt(0).sum(), row.sum(), row.amax()];
    };
    for (const shape of [[40_001], [301, 132], [301, 131], [20_001, 3], [20_004, 8]]) {
      const size = shape.reduce((a, b) => a * b);
      const x = tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(i) * 10 ** (i % 7))).reshape(shape);
      const [one, two, three] = [1, 2, 3].map((threads) => compile(sums, { threads })(x).map(({ data }) => [...data]));
      expect([two, three]).toEqual([one, one]);
      for (const [i, y] of sums(x).entries())
        for (const [j, value] of [...y.data].entries()) {
          expect(Math.abs((one?.[i]?.[j] as number) - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value) + 1e-2);
        }
      x.assign(x.mul(Number.NaN));
      expect(compile((x: Tensor) => x.amax())(x).item()).toBeNaN();
    }
    const wat = compile((x: Tensor) => x.mul(2).sum()).toWat(zeros([40_001]));
    expect(wat).toContain("(call $loop0Combine)");
    expect(compile((x: Tensor) => x.mul(2).sum()).toWat(zeros([4001]))).not.toContain("Combine");
  });

  it("share products with many columns", () => {
    expect(parts((a, b) => a!.matmul(b!), [64, 64], [64, 64])).toBe(2);
    expect(parts((a, b) => a!.matmul(b!), [61, 80], [80, 67])).toBe(2);
    expect(parts((a, b) => a!.matmul(b!), [8192, 16], [16, 8])).toBe(0);
    expect(parts((a, b) => a!.matmul(b!), [3, 64, 64], [3, 64, 64])).toBe(0);
  });

  it("share no small steps, and a single one shares nothing", () => {
    expect(parts((x) => x!.mul(2), [2 ** 15])).toBe(8);
    expect(parts((x) => x!.mul(2), [2 ** 15 - 1])).toBe(0);
    expect(parts((x) => x!.mul(2).abs().add(1).relu(), [2 ** 13])).toBe(8);
    expect(parts((a, b) => a!.matmul(b!), [64, 64], [64, 63])).toBe(0);
    expect(parts((x) => x!.cumsum(0), [100])).toBe(0);
    const x = zeros([256, 256]);
    expect(compile((x: Tensor) => x.matmul(x).add(x)).toWat(x)).not.toContain("$part");
  });
});
