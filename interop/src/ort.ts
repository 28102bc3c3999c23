// Tensors and exported steps on ONNX Runtime.
import { type DType, type Tensor, type TypedArray, tensor } from "@tendril/tensor";
import type { OnnxExport } from "@tendril/tensor/onnx";
import ort from "onnxruntime-node";

/** Their names of our dtypes. */
const types = { float32: "float32", float64: "float64", int32: "int32", bool: "bool" } as const;

/** `OrtTensor`: the class of the build that is to take it. */
export const toOrt = (
  data: TypedArray,
  shape: readonly number[],
  dtype: DType,
  OrtTensor: typeof ort.Tensor = ort.Tensor,
): ort.Tensor => new OrtTensor(types[dtype], data as never, shape);

export const fromOrt = ({ data, dims, type }: ort.Tensor): Tensor =>
  tensor(Array.from(data as Float32Array), { shape: dims, dtype: type as DType });

export type Feeds = Readonly<Record<string, Tensor>>;

/** `exact`: without the fusions that hold factors of float64 products in float32. */
export const open = (bytes: Uint8Array, { exact = false } = {}): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: exact ? "basic" : "all",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });

/** An exported step that keeps its state between calls. */
export class Running {
  readonly #state = new Map<string, ort.Tensor>();

  constructor(
    readonly session: ort.InferenceSession,
    readonly exported: OnnxExport,
  ) {
    for (const { input, initial, shape, dtype } of exported.state) {
      this.#state.set(input, toOrt(initial.slice() as TypedArray, shape, dtype));
    }
  }

  static async open(exported: OnnxExport, options?: { exact?: boolean }): Promise<Running> {
    return new Running(await open(exported.bytes, options), exported);
  }

  /** The outputs by name; what the step changes is what the next call starts with. */
  async run(feeds: Feeds): Promise<Map<string, Tensor>> {
    const given = Object.entries(feeds).map(([name, x]) => [name, toOrt(x.data, x.shape, x.dtype)]);
    const results = await this.session.run({ ...Object.fromEntries(this.#state), ...Object.fromEntries(given) });
    for (const { input, output } of this.exported.state) {
      if (output !== null) this.#state.set(input, results[output] as ort.Tensor);
    }
    return new Map(this.session.outputNames.map((name) => [name, fromOrt(results[name] as ort.Tensor)]));
  }

  /** What a state is now. */
  state(name: string): Tensor {
    return fromOrt(this.#state.get(name) as ort.Tensor);
  }
}
