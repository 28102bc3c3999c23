import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import {
  fromTransfer,
  noGrad,
  ones,
  type Tensor,
  type TensorMessage,
  tensor,
  toTransfer,
  ValueError,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";

const moved = (shape: string): ValueError =>
  new ValueError(`a tensor ${shape} was moved by toTransfer; send x.clone() to keep x`);
const post = (message: TensorMessage): TensorMessage =>
  structuredClone(message, { transfer: [message.data.buffer as ArrayBuffer] });

/** transfer.worker.ts, with the library, as JavaScript. */
function workerCode(): string {
  const entryPoints = [fileURLToPath(new URL("./transfer.worker.ts", import.meta.url))];
  const { outputFiles } = buildSync({ entryPoints, bundle: true, write: false, format: "cjs", platform: "node" });
  return outputFiles[0]?.text ?? "";
}

it("tensors go to a worker and back without a copy", async () => {
  const worker = new Worker(workerCode(), { eval: true });
  try {
    const w = tensor(
      [
        [1, 2],
        [3, Number.NaN],
      ],
      { requiresGrad: true },
    );
    const labels = tensor([4, 5], { dtype: "int32" });
    const { data } = w;
    const messages = { w: toTransfer(w), labels: toTransfer(labels) };
    expect(messages.w.data).toBe(data);
    worker.postMessage(messages, [messages.w.data.buffer, messages.labels.data.buffer] as ArrayBuffer[]);
    expect(data.buffer.byteLength).toBe(0);
    const [answer] = (await once(worker, "message")) as [typeof messages];
    const [back, doubled] = [fromTransfer(answer.w), fromTransfer(answer.labels)];
    expect([back.dtype, back.requiresGrad, back.toArray()]).toEqual([
      "float32",
      true,
      [
        [2, 4],
        [6, Number.NaN],
      ],
    ]);
    expect([doubled.dtype, doubled.requiresGrad, doubled.toArray()]).toEqual(["int32", false, [8, 10]]);
    expect(back.data).toBe(answer.w.data);
  } finally {
    await worker.terminate();
  }
});

describe("a tensor that was moved out", () => {
  it.each<[string, (x: Tensor) => unknown]>([
    ["data", (x) => x.data],
    ["an op", (x) => x.add(1)],
    ["printing", (x) => String(x)],
    ["a reshape of it", (x) => x.reshape([2, 1]).exp()],
    ["assign", (x) => noGrad(() => x.assign(1))],
    ["moving it again", (x) => toTransfer(x)],
    ["a compiled step that takes it", (x) => compile((a: Tensor) => a.mul(2))(x)],
  ])("cannot be used: %s", (_, use) => {
    const x = ones([2]);
    toTransfer(x);
    expect(() => use(x)).toThrow(ValueError);
    expect(() => use(x)).toThrow(/was moved by toTransfer; send x\.clone\(\) to keep x/);
  });

  it("cannot be used by what shares its storage, knows its values or has it in a graph", () => {
    const x = ones([2], { requiresGrad: true });
    const view = x.reshape([2, 1]);
    const y = x.mul(x).sum();
    const step = compile(() => x.mul(3));
    expect(step().toArray()).toEqual([3, 3]);
    const message = toTransfer(x.detach());
    expect(() => view.data).toThrow(moved("[2]"));
    expect(() => y.backward()).toThrow("backward: input 0 of mul, shape [2], was changed");
    expect(() => step()).toThrow(moved("[2]"));
    expect(fromTransfer(message).toArray()).toEqual([1, 1]);
  });
});

it("refuses what has a graph, and messages that are none, were sent away or read before", () => {
  const x = ones([2], { requiresGrad: true });
  expect(() => toTransfer(x.mul(2))).toThrow("toTransfer: a tensor with a graph cannot be sent; send x.detach()");
  const message = toTransfer(x);
  const arrived = post(message);
  expect(() => fromTransfer(message)).toThrow(
    new ValueError("fromTransfer: 0 elements do not fill shape [2]; was it transferred to another thread?"),
  );
  expect(fromTransfer(arrived).requiresGrad).toBe(true);
  expect(() => fromTransfer(arrived)).toThrow("fromTransfer: this message was already read; clone() its tensor");
  const wrong: [object | null | undefined, string][] = [
    [undefined, "fromTransfer: options are an object, { dtype, shape, requiresGrad, data }; got null"],
    [ones([2]), "fromTransfer: options are an object, { dtype, shape, requiresGrad, data }; got a tensor [2]"],
    [{ ...arrived, dtype: "int64" }, 'fromTransfer: unknown dtype "int64"; there are bool, int32, float32, float64'],
    [{ ...arrived, shape: 2 }, "fromTransfer: a shape is an array of sizes, such as [2, 3]; got 2"],
    [{ ...arrived, data: [1, 1] }, "fromTransfer: float32 needs a Float32Array, got an array of 2"],
    [{ dtype: "bool", shape: [] }, "fromTransfer: bool needs a Uint8Array, got undefined"],
  ];
  for (const [bad, error] of wrong) expect(() => fromTransfer(bad as TensorMessage)).toThrow(error);
});

it("gives a tensor a buffer of its own: a part of a larger one, or one that threads share, is copied", () => {
  const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
  const t = fromTransfer({ dtype: "float32", shape: [2], requiresGrad: false, data });
  data[0] = 9;
  expect(t.toArray()).toEqual([2, 3]);
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const lent = { dtype: "int32", shape: [2], requiresGrad: false, data: shared } as unknown as TensorMessage;
  const u = fromTransfer(lent);
  shared[0] = 9;
  expect([u.toArray(), u.data.buffer instanceof ArrayBuffer]).toEqual([[0, 0], true]);
});

it("a tensor itself cannot be cloned, and says what can", () => {
  for (const x of [ones([2]), { w: ones([2]) }, ones([2], { requiresGrad: true }).reshape([1, 2])]) {
    expect(() => structuredClone(x)).toThrow(/could not be cloned/);
  }
  expect(() => structuredClone(ones([2]))).toThrow("Symbol(a tensor: send toTransfer(x)");
});
