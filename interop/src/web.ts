// The same files on ONNX Runtime's WebAssembly build, as pages run them.
import { SGD } from "@tendril/nn";
import { manualSeed, type Tensor } from "@tendril/tensor";
import { toOnnx } from "@tendril/tensor/onnx";
import * as ort from "onnxruntime-web";
import { fromOrt, toOrt } from "./ort.ts";
import { expectClose, type Part } from "./report.ts";
import { batchesOf, perceptron, trained } from "./training.ts";

export async function web(part: Part): Promise<void> {
  ort.env.wasm.numThreads = 1;
  manualSeed(6);
  const { step, names } = trained(perceptron(), (p) => new SGD(p, { lr: 0.1, momentum: 0.9 }));
  const batches = batchesOf(20, [32, 20], 5);
  const { bytes, state } = toOnnx(step, { ...batches[0] }, { names, batch: true });
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const held: Record<string, ort.Tensor> = {};
  for (const { input, initial, shape, dtype } of state) held[input] = toOrt(initial, shape, dtype, ort.Tensor);
  for (const [t, { x, y }] of batches.entries()) {
    await part.checkAsync(`step ${t}`, async () => {
      const given = { x: toOrt(x.data, x.shape, x.dtype, ort.Tensor), y: toOrt(y.data, y.shape, y.dtype, ort.Tensor) };
      const results = await session.run({ ...held, ...given });
      for (const { input, output } of state) if (output !== null) held[input] = results[output] as ort.Tensor;
      expectClose(fromOrt(results.loss as ort.Tensor), step(x, y).loss.detach() as Tensor, 1e-5);
    });
  }
}
