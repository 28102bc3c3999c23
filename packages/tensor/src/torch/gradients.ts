// Whether PyTorch's autograd, which differentiates the ops of a program, will find the gradients that the function has here.
import { type Returned, returnedTensors } from "../compile/trace/returned.ts";
import { zerosLike } from "../create.ts";
import { isFloat } from "../dtype.ts";
import { ExportError, type ExportedStep } from "../export/graph.ts";
import { distinct, replay } from "../export/replay.ts";
import { exportStep } from "../export/trace.ts";
import { add } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import type { Tensor } from "../tensor.ts";

/** Σ of all floats that a function returned, to be differentiated. */
const total = (outputs: readonly Tensor[]): Tensor | undefined => {
  const sums = outputs.filter(({ dtype, requiresGrad }) => isFloat(dtype) && requiresGrad).map((x) => sum(x));
  return sums.length === 0 ? undefined : sums.reduce((a, b) => add(a, b));
};

/** Floats that are all the same, as in an example of zeros, hide gradients: other numbers take their place. */
function telling(x: Tensor): Tensor {
  const { data, shape, dtype } = x;
  return isFloat(dtype) && data.every((v) => v === data[0]) ? distinct(shape, dtype) : x;
}

/**
 * Throws unless the gradients of `f` by what it trains, at the inputs given, are those of the ops of `step`, its trace: the
 * trace does not tell where `f` stops gradients, or has others.
 */
export function checkGradients(
  step: ExportedStep,
  f: (...inputs: Tensor[]) => Returned,
  given: Readonly<Record<string, Tensor>>,
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
  const here = exportStep(op, gradients, given, { names: states });
  if (!isDifferentiable) return; // a function that asks for no gradients
  const inputs = Object.fromEntries(Object.entries(given).map(([name, x]) => [name, telling(x)]));
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
