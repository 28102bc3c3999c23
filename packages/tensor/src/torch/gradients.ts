// Whether PyTorch's autograd, which differentiates the ops of a program, will find the gradients that the function has here.
import { bind } from "../bind.ts";
import { type Returned, returnedTensors } from "../compile/trace/returned.ts";
import { full, tensor, zerosLike } from "../create.ts";
import { isFloat } from "../dtype.ts";
import { ExportError, type ExportedRef, type ExportedStep, type ExportedValue } from "../export/graph.ts";
import { Affine, type Size } from "../export/size.ts";
import { exportStep } from "../export/trace.ts";
import { add } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { broadcastTo, reshape } from "../ops/shape.ts";
import { isPlain } from "../options.ts";
import type { Params } from "../primitive.ts";
import type { Distribution } from "../random.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

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

/** Does the ops of a step on tensors, in eager mode: what PyTorch will do. Returns what reads its results. */
function replay(
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

/** Σ of all floats that a function returned, to be differentiated. */
const total = (outputs: readonly Tensor[]): Tensor | undefined => {
  const sums = outputs.filter(({ dtype, requiresGrad }) => isFloat(dtype) && requiresGrad).map((x) => sum(x));
  return sums.length === 0 ? undefined : sums.reduce((a, b) => add(a, b));
};

/**
 * Throws unless the gradients of `f` by what it trains, at the inputs given, are those of the ops of `step`, its trace: the
 * trace does not tell where `f` stops gradients, or has others.
 */
export function checkGradients(
  step: ExportedStep,
  f: (...inputs: Tensor[]) => Returned,
  inputs: Readonly<Record<string, Tensor>>,
  states: ReadonlyMap<string, Tensor>,
): void {
  const op = "toTorch";
  const trained = step.states.flatMap(({ origin }) => (origin.tensor.requiresGrad ? origin.name : []));
  let isDifferentiable = false;
  const gradients = (...xs: Tensor[]): Record<string, Tensor> => {
    for (const name of trained) (states.get(name) as Tensor).grad = null;
    const loss = total(returnedTensors(op, f(...xs)).map(([, x]) => x));
    isDifferentiable = loss !== undefined;
    loss?.backward();
    return Object.fromEntries(trained.map((name) => [name, gradientOf(states.get(name) as Tensor)]));
  };
  const here = exportStep(op, gradients, inputs, { names: states });
  if (!isDifferentiable) return; // a function that asks for no gradients
  const read = replay(here, inputs, states);
  const leaves = new Map([...states].map(([name, x]) => [name, x.detach()]));
  for (const name of trained) (leaves.get(name) as Tensor).requiresGrad = true;
  const readThere = replay(step, inputs, leaves);
  total(step.outputs.map(({ result }) => readThere(result)))?.backward();
  for (const { name, result } of here.outputs) {
    const [own, theirs] = [read(result).data, gradientOf(leaves.get(name) as Tensor).data];
    let largest = 1e-3;
    for (const g of own) if (Number.isFinite(g)) largest = Math.max(largest, Math.abs(g));
    const differs = own.some((g, i) => Math.abs(g - (theirs[i] as number)) > 1e-3 * largest);
    if (!differs) continue;
    const why = `the gradient of "${name}" is not that of the traced ops, which PyTorch would take`;
    throw new ExportError(`${op}: ${why}; export a step with its gradients, or leave out detach, noGrad or customGrad`);
  }
}

const gradientOf = (x: Tensor): Tensor => x.grad ?? zerosLike(x);
