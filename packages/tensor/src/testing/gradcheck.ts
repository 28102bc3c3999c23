// gradcheck: derivatives compared with differences.
import { checkTensor, noGrad } from "../bind.ts";
import { zerosLike } from "../create.ts";
import { isFloat } from "../dtype.ts";
import { TendrilError, ValueError } from "../errors.ts";
import { vjp } from "../grad.ts";
import { add, mul } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { checkFunction, checkInteger, checkOptions } from "../options.ts";
import { Generator, randn } from "../random.ts";
import { placeOf, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * A derivative that differs from the difference quotient. Never throws by itself.
 * @example
 * const wrong = customGrad({ name: "wrong", forward: (x) => x.square(), vjps: [(ct, [x]) => ct.mul(x)] });
 * gradcheck(wrong, [tensor([1, 2])]); // GradcheckError: gradcheck: order 1, input 0, element [1]: the gradient is -0.9476888535953918, the difference quotient -1.8953777071937608
 */
export class GradcheckError extends TendrilError {
  override name = "GradcheckError";
}

/** How to check. */
export interface GradcheckOptions {
  /** 1 checks the gradient, 2 also the gradient of the gradient, and so on. Default 1. */
  readonly order?: number;
  /** How many random directions to try for each input. Default 2. */
  readonly directions?: number;
  /** Seed of the random directions and cotangents. Default 0. */
  readonly seed?: number | string;
  /** Accepted is an error of `atol + rtol · |numeric|`. Default 1e-6. */
  readonly rtol?: number;
  /** See `rtol`. Default 1e-8. */
  readonly atol?: number;
  /** Step of the difference quotient. Its error is O(step⁴), so the default 1e-4 is far below the tolerances. */
  readonly step?: number;
}
const gradcheckKinds = {
  order: "number",
  directions: "number",
  seed: "any",
  rtol: "number",
  atol: "number",
  step: "number",
} as const;

/** What a passed check has seen. */
export interface GradcheckReport {
  /** The largest |analytic − numeric|, relative to the size of the terms that the derivative is the sum of. */
  readonly maxRelativeError: number;
  /** How many directional derivatives were compared. */
  readonly compared: number;
}

type Fn = (...inputs: Tensor[]) => Tensor;

/**
 * Checks the derivatives of `f` at `inputs`, of any shape, against difference quotients, in float64 whatever the inputs
 * are. With a random cotangent u and a random direction v, ⟨vjp(u), v⟩ must be the derivative of ⟨u, f⟩ along v. `f`
 * must be smooth near the inputs; inputs that are not floats pass through.
 * @throws {GradcheckError} when a derivative is wrong: it names the input, the element and both numbers
 * @throws {ValueError} when no input holds floats, or an option is wrong
 * @example
 * gradcheck((x) => x.tanh().sum(), [randn([3])], { order: 2 }).maxRelativeError < 1e-9 // true
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.html
 */
export function gradcheck<I extends Tensor[]>(
  f: (...inputs: I) => Tensor,
  inputs: readonly [...I],
  options: GradcheckOptions = {},
): GradcheckReport {
  checkFunction("gradcheck", f);
  checkOptions("gradcheck", options, gradcheckKinds);
  const { order = 1, directions = 2, seed = 0, rtol = 1e-6, atol = 1e-8, step = 1e-4 } = options;
  checkInteger("gradcheck", "order", order, 1);
  checkInteger("gradcheck", "directions", directions, 1);
  if (!Array.isArray(inputs)) throw new ValueError("gradcheck: takes the inputs in an array, as in gradcheck(f, [x])");
  for (const [i, x] of inputs.entries()) checkTensor("gradcheck", `input ${i}`, x);
  const generator = new Generator(seed);
  const random = (like: Tensor): Tensor => randn(like.shape, { generator, dtype: "float64" });
  const report = { maxRelativeError: 0, compared: 0 };

  const check = (g: Fn, xs: readonly Tensor[], names: readonly string[], level: number): void => {
    const [y, pullback] = vjp(g, ...xs);
    const u = random(y);
    const gradients = pullback(u);
    /** d/dt ⟨u, g(…, xᵢ + t·v, …)⟩ at t = 0, by the five-point stencil. */
    const numeric = (i: number, v: Tensor): number => {
      const along = (t: number): number =>
        noGrad(() => inner(u, g(...xs.map((x, j) => (j === i ? add(x, mul(v, t * step)) : x)))).item());
      return (8 * (along(1) - along(-1)) - (along(2) - along(-2))) / (12 * step);
    };
    const wrong = (a: number, n: number): boolean => !(Math.abs(a - n) <= atol + rtol * Math.abs(n));

    for (const [i, gradient] of gradients.entries()) {
      if (gradient.size === 0) continue;
      for (let d = 0; d < directions; d++) {
        const v = random(gradient);
        const terms = mul(gradient, v);
        const a = sum(terms).item();
        const n = numeric(i, v);
        const scale = Math.max(sum(terms.abs()).item(), Math.abs(n), 1e-3);
        report.maxRelativeError = Math.max(report.maxRelativeError, Math.abs(a - n) / scale);
        report.compared++;
        if (wrong(a, n)) throw worst(gradient, (e) => numeric(i, e), `order ${level}, ${names[i]}`);
      }
    }
    if (level === order) return;
    // The gradient is itself a function, of the inputs and of the cotangent: check that one, made a number by weights.
    const weights = gradients.map(random);
    const next: Fn = (...all) => {
      const [, pull] = vjp(g, ...all.slice(0, -1));
      return pull(all.at(-1))
        .map((gradient, i) => inner(weights[i] as Tensor, gradient))
        .reduce(add);
    };
    check(next, [...xs, u], [...names, `cotangent of order ${level}`], level + 1);
  };

  const floats = inputs.flatMap((x, i) => (isFloat(x.dtype) ? i : []));
  if (floats.length === 0)
    throw new ValueError("gradcheck: none of the inputs is a float, so there is nothing to check");
  const closed: Fn = (...xs) => {
    const all: Tensor[] = [...inputs];
    floats.forEach((position, k) => {
      all[position] = xs[k] as Tensor;
    });
    return f(...(all as I));
  };
  const start = floats.map((i) => (inputs[i] as Tensor).detach().to("float64"));
  check(
    closed,
    start,
    floats.map((i) => `input ${i}`),
    1,
  );
  return report;
}

const inner = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b));

/** The error for the element whose derivative is furthest from its difference quotient. */
function worst(gradient: Tensor, numeric: (direction: Tensor) => number, label: string): GradcheckError {
  let [at, a, n, gap] = [0, 0, 0, -1];
  for (let e = 0; e < gradient.size; e++) {
    const unit = zerosLike(gradient);
    unit.data[e] = 1;
    const quotient = numeric(unit);
    const analytic = gradient.data[e] as number;
    const distance = Math.abs(analytic - quotient);
    if (distance > gap || Number.isNaN(distance)) [at, a, n, gap] = [e, analytic, quotient, distance];
    if (Number.isNaN(distance)) break;
  }
  return new GradcheckError(
    `gradcheck: ${label}, element ${show(placeOf(at, gradient.shape))}: the gradient is ${a}, the difference quotient ${n}`,
  );
}
