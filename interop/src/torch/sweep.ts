// The table of operations as PyTorch programs: values, gradients that Tendril wrote out, and PyTorch's own gradients.
import { type DType, Tensor, type TensorLike, vjp } from "@tendril/tensor";
import { toTorch } from "@tendril/tensor/torch";
import { showParam } from "../../../packages/tensor/src/primitive.ts";
import { type Case, cases, cotangentFor, inputsOf, isFloat, retyped } from "../../../packages/tensor/test/fixture.ts";
import { type Row, table } from "../../../packages/tensor/test/table.ts";
import type { Part } from "../report.ts";
import { runPrograms } from "./python.ts";

type Encoded = readonly [dtype: DType, shape: readonly number[], elements: readonly (number | string)[]];
const encode = ({ dtype, shape, data }: Tensor): Encoded => [
  dtype,
  shape,
  [...data].map((x) => (Number.isFinite(x) && !Object.is(x, -0) ? x : showParam(x))),
];

const counts = { programs: 0, batched: 0, thrown: 0, refused: 0 };
const lines: string[] = [];

/** Refused programs are counted, and their reasons kept. */
const reasons = new Map<string, number>();

function add(row: Row, c: Case, dtype: DType): void {
  const inputs: TensorLike[] = inputsOf(c, dtype === "float64" ? "float64" : "float32").map((x) =>
    x instanceof Tensor ? retyped(x, dtype) : x,
  );
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const call = (xs: readonly Tensor[]): Tensor =>
    row.run(
      inputs.map((x) => (x instanceof Tensor ? (xs[tensors.indexOf(x)] as Tensor) : x)),
      c.args,
    );
  const what = `${row.name} of ${tensors.map((x) => `${x.dtype}[${x.shape}]`)} ${JSON.stringify(c.args ?? {})}`;
  let value: Tensor;
  try {
    value = call(tensors);
    if (value === undefined) return;
  } catch {
    counts.thrown++;
    return;
  }
  const wrt = tensors.flatMap((x, i) => (isFloat(x) ? i : []));
  const differentiated = row.differentiable && wrt.length > 0 && isFloat(value);
  const forward = (...xs: Tensor[]): Tensor => call(xs);
  const withGradients = (...xs: Tensor[]): Record<string, Tensor> => {
    const own = xs.slice(0, tensors.length);
    const f = (...ys: Tensor[]): Tensor => call(own.map((x, i) => (wrt.includes(i) ? (ys.shift() as Tensor) : x)));
    const [out, pullback] = vjp(f, ...wrt.map((i) => own[i] as Tensor));
    return { out, ...Object.fromEntries(pullback(xs[tensors.length]).map((g, i) => [`gradient${i}`, g])) };
  };
  const cotangent = cotangentFor(value);
  const expected = differentiated ? withGradients(...tensors, cotangent) : { out: value };
  const { out, ...gradients } = expected as Record<string, Tensor>;
  const push = (f: (...xs: Tensor[]) => Tensor | Record<string, Tensor>, isForward: boolean, batch: boolean): void => {
    const args = isForward ? tensors : [...tensors, cotangent];
    const named = Object.fromEntries(args.map((x, i) => [`x${i}`, x]));
    try {
      const { python } = toTorch(f as (...xs: Tensor[]) => Tensor, named, { batch });
      const outputs = isForward ? { output: out as Tensor } : expected;
      lines.push(
        JSON.stringify({
          what: `${what}${isForward ? "" : ", with gradients"}${batch ? ", batched" : ""}`,
          python,
          inputs: args.map(encode),
          outputs: Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, encode(x)])),
          wrt: isForward && differentiated ? wrt : [],
          cotangent: encode(cotangent),
          gradients: Object.values(gradients).map(encode),
        }),
      );
      counts[batch ? "batched" : "programs"]++;
    } catch (error) {
      if (batch && !(error instanceof TypeError)) return; // sizes that a batch does not have
      if (!(error instanceof Error)) throw error;
      counts.refused++;
      const reason = `${row.name}: ${error.name}: ${error.message.slice(0, 110)}`;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  };
  push(forward, true, false);
  if (differentiated) push(withGradients, false, false);
  const [n] = tensors[0]?.shape ?? [];
  if (n !== undefined && n > 1 && tensors.every(({ shape }) => shape.length > 0 && shape[0] === n)) {
    push(forward, true, true);
    if (differentiated && value.shape[0] === n) push(withGradients, false, true);
  }
}

/** Where both may differ: how disagreements begin, and why. */
const known: readonly (readonly [beginning: RegExp, why: string])[] = [
  [/^xlogy of float64\[2\],int32\[2\].*gradient 0/, "Tendril takes the logarithm of integers in float32"],
  [
    /^logSumExp of float(32|64)\[2\] \{\}.*gradient/,
    "PyTorch's gradient is e^(x − out), which is rounded and hides NaN",
  ],
  [
    /^maxPool[12]d of .*"padding":1.*gradient/,
    "−∞ in the input is no larger than the padding: autograd sends it there",
  ],
];
/** What cannot be traced: its shape is that of values. */
const untraced = /^(oneHot|maskedSelect): TraceError/;

export async function sweep(part: Part): Promise<void> {
  for (const row of table) {
    const before = lines.length;
    for (const dtype of ["float32", "float64", "int32", "bool"] as const) {
      for (const c of cases.get(row.name) ?? []) add(row, c, dtype);
    }
    part.check(`${row.name}: no program`, () => {
      if (lines.length === before && row.name !== "maskedSelect") throw new Error("nothing was compared");
    });
  }
  for (const [reason, times] of reasons) {
    if (untraced.test(reason)) part.notes.push(`refused ${times} times: ${reason}`);
    else part.failed.push(reason);
  }
  const { said, sum } = runPrograms(lines);
  part.passed += lines.length - said.length;
  part.failed.push(...said.filter((line) => !known.some(([beginning]) => beginning.test(line))));
  for (const [beginning, why] of known) {
    const times = said.filter((line) => beginning.test(line)).length;
    if (times === 0) part.failed.push(`agrees now, so that the exception can go: ${why}`);
    part.notes.push(`${times} programs differ as they must: ${why}`);
  }
  part.notes.push(
    `${counts.programs} programs and ${counts.batched} for any batch, ${sum.values} values, ${sum.gradients} gradients`,
  );
}
