import * as threads from "node:worker_threads";
import { Generator, noGrad, oneHot, randn, type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { afterEach, describe, expect, it, vi } from "vitest";

// Programs whose large steps are cut into parts, which several threads take.

const step = (w: Tensor, v: Tensor) => (x: Tensor, index: Tensor) => {
  w.grad = v.grad = null;
  const logits = x.matmul(w).tanh().matmul(v);
  const loss = logits.logSoftmax(1).gather(1, index.unsqueeze(1)).mean().neg();
  loss.backward();
  noGrad(() => {
    for (const p of [w, v]) p.assign(p.sub((p.grad as Tensor).mul(0.1)));
  });
  return { loss, softmax: logits.softmax(1) };
};
const make = (inputs: number, hidden: number, classes: number): [Tensor, Tensor] => {
  const generator = new Generator(1);
  return [
    randn([inputs, hidden], { generator, requiresGrad: true }),
    randn([hidden, classes], { generator, requiresGrad: true }),
  ];
};
const indices = (n: number, classes: number): Tensor =>
  tensor(
    Array.from({ length: n }, (_, i) => (7 * i) % classes),
    { dtype: "int32" },
  );

afterEach(() => vi.restoreAllMocks());

describe("threads", () => {
  it.each([
    [257, 130, 200, 64],
    [300, 64, 129, 7],
    [128, 96, 64, 1000],
  ])("change no bit of a result: %i rows, %i-%i-%i", (rows, inputs, hidden, classes) => {
    const [one, several] = [make(inputs, hidden, classes), make(inputs, hidden, classes)];
    const [alone, together] = [compile(step(...one)), compile(step(...several), { threads: 3 })];
    for (let i = 0; i < 30; i++) {
      const x = randn([rows, inputs], { generator: new Generator(i) });
      const y = indices(rows, classes);
      const [a, b] = [alone(x, y), together(x, y)];
      expect(b.loss.item()).toBe(a.loss.item());
      expect(Buffer.compare(Buffer.from(b.softmax.data.buffer), Buffer.from(a.softmax.data.buffer))).toBe(0);
    }
    for (const [k, w] of one.entries()) expect(several[k]?.data).toEqual(w.data);
  });

  it("notice wrong indices in every part, and go on afterwards", () => {
    const f = (x: Tensor, index: Tensor): Tensor => oneHot(index, 64, { dtype: "float32" }).mul(x).exp();
    const together = compile(f, { threads: 2 });
    const x = randn([2000, 64], { generator: new Generator(1) });
    for (const row of [0, 777, 1999]) {
      const wrong = indices(2000, 64).data.slice();
      wrong[row] = 64;
      expect(() => together(x, tensor(wrong))).toThrow("oneHot: index 64 is out of range for size 64");
      expect(together(x, indices(2000, 64)).data).toEqual(compile(f)(x, indices(2000, 64)).data);
    }
  });

  // Node has had getBuiltinModule since 20.16; before, a program does all of its parts itself.
  it.runIf(process.getBuiltinModule)("take parts that are open, whoever opens them", async () => {
    // The worker is given everything, and the program's own thread nothing to do.
    let data: { memory: { buffer: SharedArrayBuffer }; at: number } | undefined;
    const post = vi.spyOn(threads.Worker.prototype, "postMessage").mockImplementation(function (
      this: unknown,
      message,
    ) {
      data = message;
      post.mockRestore();
      (this as threads.Worker).postMessage(message);
    });
    const square = compile((x: Tensor) => x.mul(x).add(1), { threads: 2 });
    const x = randn([100_000], { generator: new Generator(1) });
    const result = square(x).data;
    const { memory, at } = data as NonNullable<typeof data>;
    const words = new Int32Array(memory.buffer, at, 5);
    const [open, taken, done, first] = words as unknown as [number, number, number, number];
    expect([taken, done]).toEqual([open, open]);
    const parts = open - first;
    expect(parts).toBeGreaterThan(1);
    const output = new Float32Array(memory.buffer, 0, x.size); // the only result lies first
    expect(output).toEqual(result);
    output.fill(0);
    words[3] = open;
    Atomics.store(words, 0, open + parts);
    Atomics.notify(words, 0);
    for (let tries = 0; Atomics.load(words, 2) !== open + parts && tries < 500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(Atomics.load(words, 2)).toBe(open + parts);
    expect(output).toEqual(result);
  });

  it.runIf(process.getBuiltinModule)(
    "are one pool for all programs, begun with the first cut step, ended when idle",
    async () => {
      const workers: threads.Worker[] = [];
      const { getBuiltinModule } = process;
      vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) => {
        if (name === "node:os") return { availableParallelism: () => 3 };
        return {
          Worker: class extends threads.Worker {
            constructor(code: string, options: threads.WorkerOptions) {
              super(code, options);
              workers.push(this);
            }
          },
        };
      }) as typeof getBuiltinModule);
      const small = compile((x: Tensor) => x.mul(2), { threads: 5 });
      expect(small(tensor([1, 2])).toArray()).toEqual([2, 4]);
      expect(workers).toHaveLength(0);
      const x = randn([200, 200], { generator: new Generator(1) });
      for (let i = 0; i < 20; i++) {
        const scaled = compile((x: Tensor) => x.matmul(x).mul(i), { threads: 5 });
        expect(scaled(x).data).toEqual(compile((x: Tensor) => x.matmul(x).mul(i))(x).data);
      }
      // No more than there are other cores; one may be left from the test before.
      expect(workers.length).toBeGreaterThan(0);
      expect(workers.length).toBeLessThanOrEqual(2);
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
      const begun = workers.length;
      const square = compile((x: Tensor) => x.matmul(x), { threads: 2 });
      expect(square(x).data).toEqual(compile((x: Tensor) => x.matmul(x))(x).data);
      expect(workers.length).toBe(begun + 1); // another one, in place of those that have ended
    },
  );

  it("are a number from 1 to 64, and one where memory cannot be shared", () => {
    for (const threads of [0, 1.5, 65, Number.NaN]) {
      expect(() => compile((x: Tensor) => x, { threads })).toThrow("compile: threads must be an integer from 1 to 64");
    }
    const original = process.getBuiltinModule;
    Object.defineProperty(process, "getBuiltinModule", { value: undefined, configurable: true });
    try {
      const double = compile((x: Tensor) => x.mul(2), { threads: 4 });
      expect(double(tensor([1, 2])).toArray()).toEqual([2, 4]);
    } finally {
      Object.defineProperty(process, "getBuiltinModule", { value: original, configurable: true });
    }
  });
});
