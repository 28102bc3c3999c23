// Gradients limited in size.
import { div, ensure, noGrad, stack, Tensor, tensor, ValueError } from "@tendril/tensor";
import { listOf, requireBetween, requireTensor } from "../check.ts";
import { checked, type Kinds } from "../options.ts";

/** The options of `clipGradNorm`. */
export interface ClipOptions {
  /** The order of the norm; `Infinity` is the largest magnitude. Default 2. */
  normType?: number;
  /** Whether to throw for a norm that is infinite or NaN. Default false. */
  errorIfNonfinite?: boolean;
}

const kinds: Kinds<ClipOptions> = { normType: "number", errorIfNonfinite: "boolean" };

/**
 * Scales the gradients of all parameters [...] by min(1, maxNorm / (norm + 10⁻⁶)), and returns their norm before: 0-d, as
 * of one long vector, 0 if there are none. Gradients are replaced, not changed in place.
 * @param parameters a tensor, or any number of them, of any shapes; those without a gradient are left out
 * @param maxNorm the largest norm that the gradients may have together
 * @throws {ValueError} when a parameter is not a tensor, `maxNorm` is negative, `normType` is not positive, an option is
 *   unknown or of another kind, or with `errorIfNonfinite` when the norm is infinite or NaN
 * @see https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 * @example
 * const p = parameter(tensor([3, 4]));
 * p.square().mul(0.5).sum().backward();
 * clipGradNorm([p], 1) // tensor(5.)
 * p.grad // tensor([0.6000, 0.8000])
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipOptions = {},
): Tensor {
  const { normType = 2, errorIfNonfinite = false } = checked("clipGradNorm", options, kinds);
  requireBetween("clipGradNorm", "maxNorm", maxNorm, 0, Number.POSITIVE_INFINITY);
  if (!(normType > 0)) throw new ValueError(`clipGradNorm: normType must be above 0, got ${normType}`);
  const all = (
    parameters instanceof Tensor ? [parameters] : listOf("clipGradNorm", "parameters", parameters)
  ) as Tensor[];
  for (const [i, p] of all.entries()) requireTensor("clipGradNorm", `parameter ${i}`, p);
  return noGrad(() => {
    const norms = all.flatMap(({ grad }) => (grad === null ? [] : [grad.norm(undefined, { ord: normType })]));
    if (norms.length === 0) return tensor(0);
    const total = stack(norms).norm(undefined, { ord: normType });
    if (errorIfNonfinite) {
      const left = "they were left as they are";
      const error = () => new ValueError(`clipGradNorm: the norm of the gradients is ${total.item()}; ${left}`);
      ensure(total.isFinite(), error);
    }
    const scale = div(maxNorm, total.add(1e-6)).clamp({ max: 1 });
    for (const p of all) if (p.grad !== null) p.grad = p.grad.mul(scale);
    return total;
  });
}
