/** Tendril's step, exported, on ONNX Runtime, which interop/ installs. */
import { createRequire } from "node:module";
import type { Tensor } from "@tendril/tensor";
import { toOnnx } from "@tendril/tensor/onnx";
import type { Cnn, Gru, Transformer } from "../networks.ts";
import type { Mlp, Task } from "../works.ts";
import * as tendril from "./tendril.ts";
import * as networks from "./tendril-networks.ts";

/** What is used here of the runtime. Its types are where it is, which the bench need not have. */
type OrtTensor = { readonly data: ArrayLike<number> };
interface Session {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Record<string, OrtTensor>>;
}
interface Runtime {
  readonly Tensor: new (type: string, data: unknown, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(file: Uint8Array, options: object): Promise<Session> };
}

// From bench/dist, where this runs.
const ort: Runtime = createRequire(new URL("../../interop/package.json", import.meta.url))("onnxruntime-node");

/** The exported step on so many threads; what it changes is fed back. */
export const trainOn =
  (threads: number): tendril.Train =>
  (loss, optimizer, [x, y]) => {
    const parameters = optimizer.parameters.map((p, i): [string, Tensor] => [`p${i}`, p]);
    const names = [...parameters, ...Object.entries(optimizer.namedState())];
    const { bytes, state } = toOnnx(tendril.stepOf(loss, optimizer), { x, y }, { names });
    const ortTensor = (x: Tensor | (typeof state)[number], data: unknown): OrtTensor =>
      new ort.Tensor(x.dtype, data, x.shape);
    const feeds: Record<string, OrtTensor> = { x: ortTensor(x, x.data), y: ortTensor(y, y.data) };
    for (const one of state) feeds[one.input] = ortTensor(one, one.initial);
    let session: Session | undefined;
    let last = 0;
    return {
      async step() {
        session ??= await ort.InferenceSession.create(bytes, { intraOpNumThreads: threads, interOpNumThreads: 1 });
        const results = await session.run(feeds);
        for (const { input, output } of state) if (output !== null) feeds[input] = results[output] as OrtTensor;
        last = Number(results.output?.data[0]);
      },
      result: () => [last],
    };
  };

const train = trainOn(1);

export const mlp = (work: Mlp): Task => tendril.mlp(work, train);
export const cnn = (work: Cnn): Task => networks.cnn(work, train);
export const transformer = (work: Transformer): Task => networks.transformer(work, train);
export const gru = (work: Gru): Task => networks.gru(work, train);
