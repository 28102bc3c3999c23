// Losses for numbers: squared, absolute, and what lies between.
import { type Tensor, ValueError } from "@tendril/tensor";
import { requireBetween, requireFloat, requireSameShape } from "../check.ts";
import { checked, type Kinds } from "../options.ts";
import { Loss, type Reduction, reduce, reductions } from "./loss.ts";

// How far a number is off, d = input − target: squared (MSE), absolute (L1), or squared near 0 and absolute beyond it
// (Huber, SmoothL1), so that outliers pull no harder than anybody else.

/** The options of `mse` and `MSE`. */
export interface MSEOptions {
  /** What becomes of the losses of single elements: kept, averaged or added up. Default `"mean"`. */
  reduction?: Reduction;
}

/** The options of `l1`: the reduction. */
export type L1Options = MSEOptions;

/** The options of `smoothL1` and `SmoothL1`. */
export interface SmoothL1Options extends MSEOptions {
  /** Up to which |d| the loss is a parabola; 0 makes it `l1`. Default 1. */
  beta?: number;
}

/** The options of `huber` and `Huber`. */
export interface HuberOptions extends MSEOptions {
  /** Up to which |d| the loss is a parabola, and its slope from there on. Default 1. */
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
 * The squared error d², d = input − target, of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 * @example
 * mse(tensor([1, 2]), tensor([1, 4])) // tensor(2.)
 * mse(tensor([1, 2]), tensor([1, 4]), { reduction: "none" }) // tensor([0., 4.])
 */
export function mse(input: Tensor, target: Tensor, options: MSEOptions = {}): Tensor {
  const { reduction = "mean" } = checked("mse", options, kinds);
  return reduce(difference("mse", input, target).square(), reduction);
}

/**
 * The absolute error |d|, d = input − target, of one shape [...]. Its gradient at d = 0 is 0.
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 * @example
 * l1(tensor([1, 2]), tensor([1, 4])) // tensor(1.)
 */
export function l1(input: Tensor, target: Tensor, options: L1Options = {}): Tensor {
  const { reduction = "mean" } = checked("l1", options, kinds);
  return reduce(difference("l1", input, target).abs(), reduction);
}

/**
 * Huber's loss: d²/2 up to |d| = δ, and δ·(|d| − δ/2) beyond, d = input − target, of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind, or delta is not above 0
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 * @example
 * huber(tensor([0.5, 3]), tensor([0, 0]), { reduction: "none" }) // tensor([0.1250, 2.5000])
 */
export function huber(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1, reduction = "mean" } = checked("huber", options, huberKinds);
  if (!(delta > 0)) throw new ValueError(`huber: delta must be above 0, got ${delta}`);
  return reduce(bowl(difference("huber", input, target), delta), reduction);
}

/**
 * Huber's loss over β: d²/(2β) up to |d| = β, and |d| − β/2 beyond, d = input − target, of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind, or beta is below 0
 * @throws {ShapeError} when the shapes differ
 * @throws {DTypeError} when the input is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 * @example
 * smoothL1(tensor([0.5, 3]), tensor([0, 0]), { beta: 2, reduction: "none" }) // tensor([0.0625, 2.0000])
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

/**
 * The squared error: `mse` with its options kept, for input and target of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 * @example
 * new MSE({ reduction: "sum" }).forward(tensor([1, 2]), tensor([1, 4])) // tensor(4.)
 */
export class MSE extends Loss<MSEOptions> {
  protected static override readonly kinds: Kinds<MSEOptions> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return mse(input, target, this.options);
  }
}

/**
 * The absolute error: `l1` with its options kept, for input and target of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 * @example
 * new L1({ reduction: "sum" }).forward(tensor([1, 2]), tensor([1, 4])) // tensor(2.)
 */
export class L1 extends Loss<L1Options> {
  protected static override readonly kinds: Kinds<L1Options> = kinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return l1(input, target, this.options);
  }
}

/**
 * The loss that is squared for small errors and absolute for large ones: `huber` with its options kept, for input and target of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 * @example
 * new Huber({ delta: 0.5 }).forward(tensor([1, 2]), tensor([1, 4])) // tensor(0.4375)
 */
export class Huber extends Loss<HuberOptions> {
  protected static override readonly kinds: Kinds<HuberOptions> = huberKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return huber(input, target, this.options);
  }
}

/**
 * The absolute error with a parabola around 0: `smoothL1` with its options kept, for input and target of one shape [...].
 * @throws {ValueError} when an option is unknown or of another kind
 * @throws {ShapeError} when the shapes differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 * @example
 * new SmoothL1({ beta: 0.5 }).forward(tensor([1, 2]), tensor([1, 4])) // tensor(0.8750)
 */
export class SmoothL1 extends Loss<SmoothL1Options> {
  protected static override readonly kinds: Kinds<SmoothL1Options> = smoothKinds;

  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1(input, target, this.options);
  }
}
