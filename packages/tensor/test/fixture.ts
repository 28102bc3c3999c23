import { readdirSync, readFileSync } from "node:fs";
import { type DType, type Tensor, type TensorLike, tensor } from "@tendril/tensor";

/** A tensor in fixtures/ops*.json and functions.json: its shape, its elements ("NaN", "Infinity" as strings), its dtype if not float64. */
export type Encoded = readonly [shape: readonly number[], data: readonly (number | string)[], dtype?: DType];

/** What PyTorch answered for one call; the script fixtures/generate*.py says how it is made. */
export interface Case {
  readonly inputs: readonly (Encoded | number)[];
  readonly args?: Readonly<Record<string, unknown>>;
  readonly out: Encoded;
  readonly cotangent?: Encoded;
  readonly grads?: readonly (Encoded | null)[];
  /** Away from kinks, ties and infinities: finite differences apply. */
  readonly smooth?: true;
}

const folder = new URL("./fixtures/", import.meta.url);
const files = readdirSync(folder).filter((name) => /^(ops.*|functions)\.json$/.test(name));

/** The cases of every op, by the name of its row. */
export const cases: ReadonlyMap<string, readonly Case[]> = new Map(
  files.flatMap((name) => Object.entries(JSON.parse(readFileSync(new URL(name, folder), "utf8")))),
);

/** The precision to run a case in: fixtures are float64, and `float` takes its place. */
export type Float = "float32" | "float64";

const dtypeIn = (float: Float, dtype: DType = "float64"): DType => (dtype === "float64" ? float : dtype);

export function decode(x: Encoded, float: Float = "float64"): Tensor {
  return tensor(x[1].map(Number), { shape: x[0], dtype: dtypeIn(float, x[2]) });
}

/** A case's inputs; numbers stay numbers, and with `requiresGrad` every float tensor requires a gradient. */
export function inputsOf(c: Case, float: Float = "float64", { requiresGrad = false } = {}): TensorLike[] {
  return c.inputs.map((encoded) => {
    if (typeof encoded === "number") return encoded;
    const x = decode(encoded, float);
    if (requiresGrad && x.dtype.startsWith("float")) x.requiresGrad = true;
    return x;
  });
}

/** Whether a case means the same in float32: every input is the same number, and no argument names a dtype. */
export const isFloat32Exact = (c: Case): boolean =>
  c.args?.dtype === undefined &&
  c.inputs.every((x) => typeof x === "number" || x[1].map(Number).every((v) => Object.is(Math.fround(v), v)));

/** Shape and dtype are equal, and every element is within `rtol` of its own size plus `atol`. */
export function expectClose(
  actual: Tensor,
  expected: Encoded,
  rtol: number,
  atol: number,
  float: Float = "float64",
): void {
  const want = decode(expected, float);
  const [type, wanted] = [actual, want].map(({ shape, dtype }) => `${dtype} [${shape}]`);
  if (type !== wanted) throw new Error(`the result is ${type}, PyTorch's is ${wanted}`);
  want.data.forEach((e, i) => {
    const a = actual.data[i] as number;
    const close = Object.is(a, e) || a === e || Math.abs(a - e) <= atol + rtol * Math.abs(e);
    if (!close)
      throw new Error(`element ${i} is ${a}, PyTorch's is ${e}; all: [${actual.data}], PyTorch's: [${want.data}]`);
  });
}

export const isFloat = ({ dtype }: Tensor): boolean => dtype.startsWith("float");

/** Floats of another dtype; int32 holds no large ones, and 0 takes their place. */
export function retyped(x: Tensor, dtype: DType): Tensor {
  if (!isFloat(x)) return x;
  if (dtype !== "int32") return x.to(dtype);
  const values = [...x.data].map((v) => (Math.abs(v) < 2 ** 31 ? v : 0));
  return tensor(values, { shape: x.shape, dtype });
}

/** A cotangent of which no two neighbours are the same: of ones, the gradient of softmax is 0. */
export const cotangentFor = ({ shape, dtype, size }: Tensor): Tensor =>
  tensor(
    Array.from({ length: size }, (_, i) => ((i * 7) % 13) / 4 - 1.25),
    { shape, dtype },
  );
