// The table of operations on ONNX Runtime: each case in each dtype, its value and its gradients.
import { type DType, full, Tensor, type TensorLike, vjp, where } from "@tendril/tensor";
import { toOnnx } from "@tendril/tensor/onnx";
import { type Case, cases, cotangentFor, inputsOf, isFloat, retyped } from "../../packages/tensor/test/fixture.ts";
import { type Row, table } from "../../packages/tensor/test/table.ts";
import { Running } from "./ort.ts";
import { expectClose, type Part } from "./report.ts";

const dtypes: readonly DType[] = ["float32", "float64", "int32", "bool"];
/** Of the largest element. */
const tolerances: Readonly<Record<DType, number>> = { float32: 4e-6, float64: 1e-12, int32: 0, bool: 0 };

interface Call {
  readonly f: (...xs: Tensor[]) => Tensor[];
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly expected: readonly Tensor[];
}

/** A case as a step: its value, and its gradients by all floats; an error where eager mode throws, too. */
function callOf(row: Row, c: Case, dtype: DType): Call {
  const given = inputsOf(c, dtype === "float64" ? "float64" : "float32");
  const inputs = given.map((x) => (x instanceof Tensor ? retyped(x, dtype) : x));
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const call = (xs: readonly Tensor[]): Tensor => {
    const own: TensorLike[] = inputs.map((x) => (x instanceof Tensor ? (xs[tensors.indexOf(x)] as Tensor) : x));
    const value: Tensor | undefined = row.run(own, c.args);
    if (value === undefined) throw new Error("there is no such part");
    return value;
  };
  const value = call(tensors);
  const wrt = tensors.map(isFloat);
  const differentiated = row.differentiable && wrt.includes(true) && isFloat(value);
  const f = (...xs: Tensor[]): Tensor[] => {
    const own = xs.slice(0, tensors.length);
    if (!differentiated) return [call(own)];
    const inner = (...ys: Tensor[]): Tensor => call(own.map((x, i) => (wrt[i] ? (ys.shift() as Tensor) : x)));
    const [out, pullback] = vjp(inner, ...own.filter((_, i) => wrt[i]));
    return [out, ...pullback(xs[tensors.length])];
  };
  const args = differentiated ? [...tensors, cotangentFor(value)] : tensors;
  const named = Object.fromEntries(args.map((x, i) => [`x${i}`, x]));
  return { f, inputs: named, expected: f(...args) };
}

/** Powers of integers that no int32 holds wrap around here, and are the least int32 there: the one known difference. */
function held({ name }: Row, dtype: DType, result: Tensor, want: Tensor): Tensor {
  if (name !== "pow" || dtype !== "int32" || want.dtype !== "int32") return result;
  return where(result.eq(-(2 ** 31)), want, result);
}

/** The reason of a refusal, without the shapes and numbers of the one case. */
const reasonOf = (error: unknown): string =>
  String(error)
    .replace(/\[[^\]]*\]/g, "[…]")
    .replace(/\d+(\.\d+)?/g, "…");

export async function sweep(part: Part): Promise<void> {
  const refused = new Map<string, number>();
  let eager = 0;
  let all = 0;
  for (const row of table) {
    const own = cases.get(row.name) ?? [];
    let compared = 0;
    for (const dtype of dtypes) {
      for (const [i, c] of own.entries()) {
        all++;
        const what = `${row.name} ${dtype}, case ${i}`;
        let call: Call;
        try {
          call = callOf(row, c, dtype);
        } catch {
          eager++; // some ops take floats alone, and say so
          continue;
        }
        let exported: ReturnType<typeof toOnnx>;
        try {
          exported = toOnnx(call.f, call.inputs);
        } catch (error) {
          const reason = reasonOf(error);
          refused.set(reason, (refused.get(reason) ?? 0) + 1);
          continue;
        }
        await part.checkAsync(what, async () => {
          const running = await Running.open(exported, { exact: dtype === "float64" });
          const read = new Set(running.session.inputNames);
          const feeds = Object.entries(call.inputs).filter(([name]) => read.has(name));
          const draws = exported.random.map(({ name, shape, dtype }) => [
            name,
            full(shape as number[], 0.5, { dtype }),
          ]);
          const results = [...(await running.run(Object.fromEntries([...feeds, ...draws]))).values()];
          for (const [k, want] of call.expected.entries()) {
            try {
              // Integers become float32 on the way to some results, and ONNX Runtime may leave out that rounding.
              const isMixed = Object.values(call.inputs).some((x) => x.dtype !== "float64");
              const tolerance = want.dtype === "float64" && isMixed ? 1e-7 : tolerances[want.dtype];
              expectClose(
                k === 0 ? held(row, dtype, results[k] as Tensor, want) : (results[k] as Tensor),
                want,
                tolerance,
              );
            } catch (error) {
              throw new Error(`${k === 0 ? "the value" : `gradient ${k - 1}`} ${(error as Error).message}`);
            }
          }
        });
        compared++;
      }
    }
    if (compared === 0 && row.name !== "maskedSelect") part.failed.push(`${row.name}: nothing was compared`);
  }
  part.notes.push(`${all} cases; ${eager} throw in eager mode, too; refused by toOnnx:`);
  for (const [reason, count] of refused) part.notes.push(`  ${count}: ${reason}`);
}
