// An exported step in eager mode, on tensors: what another engine will do, and whether that is right for small batches.
import { bind, noGrad } from "../bind.ts";
import { full, tensor } from "../create.ts";
import { isFloat } from "../dtype.ts";
import { broadcastTo, reshape } from "../ops/shape.ts";
import { isPlain } from "../options.ts";
import type { Params } from "../primitive.ts";
import type { Distribution } from "../random.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { ExportError, type ExportedRef, type ExportedStep, type ExportedValue } from "./graph.ts";
import { Affine, type Size } from "./size.ts";

/** Sizes and numbers for batches of n examples. */
function at(x: unknown, n: number): unknown {
  if (x instanceof Affine) return x.at(n);
  if (Array.isArray(x)) return x.map((entry) => at(entry, n));
  return isPlain(x) ? Object.fromEntries(Object.entries(x).map(([name, entry]) => [name, at(entry, n)])) : x;
}
const shapeAt = (shape: readonly Size[], n: number): number[] => at(shape, n) as number[];

/** In place of a random tensor, one that is the same in each program. */
function drawn({ name, low = 0 }: Distribution, shape: readonly number[], dtype: Tensor["dtype"]): Tensor {
  const numbers: Partial<Record<Distribution["name"], (i: number) => number>> = {
    rand: (i) => ((i * 37) % 64) / 64,
    randn: (i) => ((i * 37) % 64) / 16 - 2,
    bernoulli: (i) => i % 2,
    permutation: (i) => i,
  };
  return tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => (numbers[name] ?? (() => low))(i)),
    { shape, dtype },
  );
}

/** Does the ops of a step on tensors, in eager mode. Returns what reads its results. */
export function replay(
  step: ExportedStep,
  inputs: Readonly<Record<string, Tensor>>,
  states: ReadonlyMap<string, Tensor>,
): (ref: ExportedRef) => Tensor {
  const batched = step.inputs.find(({ shape }) => shape[0] instanceof Affine);
  const n = batched === undefined ? 0 : (inputs[batched.origin.name]?.shape[0] ?? 0);
  const values = new Map<ExportedValue, Tensor>(step.inputs.map((x) => [x, inputs[x.origin.name] as Tensor]));
  for (const state of step.states) values.set(state, states.get(state.origin.name) as Tensor);
  const read = ({ value, shape, dtype }: ExportedRef): Tensor => {
    const known = values.get(value);
    if (known !== undefined) return reshape(known, shapeAt(shape, n));
    const { elements } = value.origin as { elements: ArrayLike<Size> };
    if (elements.length === 1) return full(shapeAt(shape, n), at(elements[0], n) as number, { dtype });
    return tensor(elements as ArrayLike<number> as number[], { shape: shapeAt(shape, n), dtype });
  };
  for (const { primitive, inputs: refs, params, out } of step.ops) {
    if (primitive.kind === "check") continue;
    const shape = shapeAt(out.shape, n);
    const isDrawn = primitive.kind === "source";
    const result = isDrawn
      ? drawn(params.distribution as Distribution, shape, out.dtype)
      : bind(primitive, refs.map(read), at(params, n) as Params);
    values.set(out, broadcastTo(result, shape));
  }
  return read;
}

/** Numbers between 0 and 1 of which no two are equal. */
export const distinct = (shape: readonly number[], dtype: Tensor["dtype"]): Tensor =>
  tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i + 1) * 0.618033988749895) % 1),
    { shape, dtype },
  );

/** In place of a batch of n examples: for floats other numbers, for others the rows given. */
function batchLike({ shape: [, ...row], dtype, data }: Tensor, n: number): Tensor {
  const shape = [n, ...row];
  if (isFloat(dtype)) return distinct(shape, dtype);
  const elements = Array.from({ length: sizeOf(shape) }, (_, i) => Number(data[i % data.length] ?? 0));
  return tensor(elements, { shape, dtype });
}

const same = (a: Tensor, b: Tensor): boolean => {
  const [xs, ys] = [a.data, b.data] as [ArrayLike<number>, ArrayLike<number>];
  let largest = 1e-3;
  for (let i = 0; i < xs.length; i++) if (Number.isFinite(xs[i])) largest = Math.max(largest, Math.abs(Number(xs[i])));
  const agrees = (x: number, y: number): boolean => Object.is(x, y) || x === y || Math.abs(x - y) <= 1e-3 * largest;
  return xs.length === ys.length && Array.from(xs).every((x, i) => agrees(Number(x), Number(ys[i])));
};

/**
 * Throws where `step`, made of traces at `sizes`, gives batches of n examples something else than `own`, the trace at n: a
 * number in it depends on which of two sizes is smaller. What `own` itself cannot do is not compared.
 */
export function verify(
  op: string,
  step: ExportedStep,
  own: ExportedStep,
  n: number,
  sizes: readonly number[],
  args: ReadonlyMap<string, Tensor>,
  states: ReadonlyMap<string, Tensor>,
): void {
  const batched = new Set(step.inputs.filter(({ shape: [size] }) => size instanceof Affine).map((x) => x.origin.name));
  const inputs = Object.fromEntries([...args].map(([name, x]) => [name, batched.has(name) ? batchLike(x, n) : x]));
  const resultsOf = ({ outputs, writes }: ExportedStep): ExportedRef[] => [...outputs, ...writes].map((x) => x.result);
  const run = (x: ExportedStep): Tensor[] => noGrad(() => resultsOf(x).map(replay(x, inputs, states)));
  const attempt = (x: ExportedStep): Tensor[] | undefined => {
    try {
      return run(x);
    } catch {
      return undefined;
    }
  };
  const expected = attempt(own);
  if (expected === undefined) return;
  const got = attempt(step);
  if (got !== undefined && got.length === expected.length && expected.every((x, i) => same(x, got[i] as Tensor)))
    return;
  const what = `what the step does for batches of ${n} does not follow from what it does for ${sizes.join(", ")}`;
  const why = "a size or a number in it depends on which of two is smaller";
  throw new ExportError(`${op}: ${what}: ${why}; leave out batch`);
}
