// Losses for numbers: squared, absolute, and what lies between.
import { type Tensor, ValueError } from "@tendril/tensor";
import { requireBetween, requireFloat, requireSameShape } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { Loss, type Reduction, reduce, reductions } from "./loss.ts";

// How far a number is off, d = input − target: squared (MSE), absolute (L1), or squared near 0 and absolute beyond it
// (Huber, SmoothL1), so that outliers pull no harder than anybody else.

export interface MSEOptions {
  reduction?: Reduction;
}
export type L1Options = MSEOptions;
export interface SmoothL1Options extends MSEOptions {
  /** Up to which |d| the loss is a parabola; 0 makes it `l1`. */
  beta?: number;
}
export interface HuberOptions extends MSEOptions {
  /** Up to which |d| the loss is a parabola, and its slope from there on. */
  delta?: number;
}

const kinds: Kinds<MSEOptions> = { reduction: reductions };
const smoothKinds: Kinds<SmoothL1Options> = { beta: "number", reduction: reductions };
const huberKinds: Kinds<HuberOptions> = { delta: "number", reduction: reductions };

/** input − target. Throws `DTypeError` for integers, and `ShapeError` where PyTorch warns and broadcasts. */
function difference(op: string, input: Tensor, target: Tensor): Tensor {
  requireFloat(op, "input", input);
  requireSameShape(op, input, target);
  return input.sub(target);
}

/**
 * The squared error d². input, target: any one shape. Throws `ShapeError` for shapes that differ.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export function mse(input: Tensor, target: Tensor, options: MSEOptions = {}): Tensor {
  const { reduction = "mean" } = checked("mse", options, kinds);
  return reduce(difference("mse", input, target).square(), reduction);
}

/**
 * The absolute error |d|, with gradient 0 at d = 0. input, target: any one shape. Throws `ShapeError` as `mse` does.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 */
export function l1(input: Tensor, target: Tensor, options: L1Options = {}): Tensor {
  const { reduction = "mean" } = checked("l1", options, kinds);
  return reduce(difference("l1", input, target).abs(), reduction);
}

/**
 * d²/2 up to |d| = δ, and δ·(|d| − δ/2) beyond. input, target: any one shape.
 * Throws `ShapeError` as `mse` does, and `ValueError` unless δ > 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 */
export function huber(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1, reduction = "mean" } = checked("huber", options, huberKinds);
  if (!(delta > 0)) throw new ValueError(`huber: delta must be above 0, got ${delta}`);
  return reduce(bowl(difference("huber", input, target), delta), reduction);
}

/**
 * Huber's loss over β: d²/(2β) up to |d| = β, and |d| − β/2 beyond. input, target: any one shape.
 * Throws `ShapeError` as `mse` does, and `ValueError` for β < 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 */
export function smoothL1(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { beta = 1, reduction = "mean" } = checked("smoothL1", options, smoothKinds);
  requireBetween("smoothL1", "beta", beta, 0);
  const d = difference("smoothL1", input, target);
  return reduce(beta === 0 ? d.abs() : bowl(d, beta).div(beta), reduction);
}

/** c·(d − c/2), where c is d held within ±δ: no |d|, whose kink at 0 would cost the second derivative. */
function bowl(d: Tensor, delta: number): Tensor {
  const c = d.clamp({ min: -delta, max: delta });
  return c.mul(d.sub(c.div(2)));
}

/** `mse` with its options kept. */
export class MSE extends Loss<MSEOptions> {
  static override readonly kinds: Kinds<MSEOptions> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return mse(input, target, this.options);
  }
}

/** `l1` with its options kept. */
export class L1 extends Loss<L1Options> {
  static override readonly kinds: Kinds<L1Options> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return l1(input, target, this.options);
  }
}

/** `huber` with its options kept. */
export class Huber extends Loss<HuberOptions> {
  static override readonly kinds: Kinds<HuberOptions> = huberKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return huber(input, target, this.options);
  }
}

/** `smoothL1` with its options kept. */
export class SmoothL1 extends Loss<SmoothL1Options> {
  static override readonly kinds: Kinds<SmoothL1Options> = smoothKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1(input, target, this.options);
  }
}
