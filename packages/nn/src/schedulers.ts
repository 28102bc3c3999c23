// Learning-rate schedules.
import { div, logicalAnd, logicalOr, sub, Tensor, ValueError, where } from "@tendril/tensor";
import { asTensor, requireBetween, requireInstance, requirePositiveInteger } from "./check.ts";
import type { Optimizer } from "./optim/optimizer.ts";
import { checked, type Kinds, settle } from "./options.ts";
import { LRScheduler, requireWhole } from "./schedule.ts";

/** Whether the whole number `n` is a multiple of `of`. */
function isMultiple(n: Tensor, of: Tensor): Tensor {
  const times = n.div(of);
  return times.eq(times.floor());
}

/** The options of `StepLR`. */
export interface StepLROptions {
  /** How many epochs pass from one change to the next. */
  stepSize: number;
  /** What rates are multiplied by. Default 0.1. */
  gamma?: number;
}

const stepKinds: Kinds<StepLROptions> = { stepSize: "number", gamma: "number" };

/**
 * lr ← lr·gamma, every `stepSize` epochs.
 * @throws {ValueError} when it is given no optimizer, or an option is missing, unknown, of another kind or out of range
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 * @example
 * const optimizer = new SGD([parameter(zeros([2]))], { lr: 1 });
 * const schedule = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * const rates = [];
 * for (let epoch = 0; epoch < 5; epoch++) {
 *   rates.push(optimizer.lr);
 *   schedule.step();
 * }
 * rates // [1, 1, 0.5, 0.5, 0.25]
 */
export class StepLR extends LRScheduler<Required<StepLROptions>> {
  constructor(optimizer: Optimizer, options: StepLROptions) {
    super(optimizer, settle("StepLR", stepKinds, { gamma: 0.1 }, [options]));
  }
  protected override check({ stepSize, gamma }: Required<StepLROptions>): void {
    requirePositiveInteger(this.constructor.name, "stepSize", stepSize);
    requireBetween(this.constructor.name, "gamma", gamma, 0);
  }

  /** Begins the next epoch: sets the learning rates. */
  step(): void {
    const { stepSize, gamma } = this.state;
    this.advance((lr, epoch) => where(isMultiple(epoch, stepSize), lr.mul(gamma), lr));
  }
}

/**
 * lr ← lr·gamma, every epoch.
 * @throws {ValueError} when it is given no optimizer, or an option is missing, unknown, of another kind or out of range
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 * @example
 * const optimizer = new SGD([parameter(zeros([2]))], { lr: 1 });
 * const schedule = new ExponentialLR(optimizer, { gamma: 0.5 });
 * const rates = [];
 * for (let epoch = 0; epoch < 3; epoch++) {
 *   rates.push(optimizer.lr);
 *   schedule.step();
 * }
 * rates // [1, 0.5, 0.25]
 */
export class ExponentialLR extends StepLR {
  constructor(
    optimizer: Optimizer,
    options: {
      /** What rates are multiplied by. */
      gamma: number;
    },
  ) {
    const { gamma } = checked("ExponentialLR", options, { gamma: "number" });
    requireBetween("ExponentialLR", "gamma", gamma, 0);
    super(optimizer, { stepSize: 1, gamma });
  }
}

/** The options of `CosineAnnealingLR`. */
export interface CosineAnnealingLROptions {
  /** After how many epochs the rate is `etaMin`. */
  tMax: number;
  /** The least rate. Default 0. */
  etaMin?: number;
}

const cosineKinds: Kinds<CosineAnnealingLROptions> = { tMax: "number", etaMin: "number" };

/**
 * Half a cosine from the base rate down to `etaMin` in `tMax` epochs, then up again, and so on:
 * lr = etaMin + (base − etaMin)·(1 + cos(π·epoch / tMax)) / 2, written as a step from each epoch to the next.
 * @throws {ValueError} when it is given no optimizer, or an option is missing, unknown, of another kind or out of range
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 * @example
 * const optimizer = new SGD([parameter(zeros([2]))], { lr: 1 });
 * const schedule = new CosineAnnealingLR(optimizer, { tMax: 2 });
 * const rates = [];
 * for (let epoch = 0; epoch < 3; epoch++) {
 *   rates.push(optimizer.lr);
 *   schedule.step();
 * }
 * rates // [1, 0.5, 0]
 */
export class CosineAnnealingLR extends LRScheduler<Required<CosineAnnealingLROptions>> {
  constructor(optimizer: Optimizer, options: CosineAnnealingLROptions) {
    super(optimizer, settle("CosineAnnealingLR", cosineKinds, { etaMin: 0 }, [options]));
  }
  protected override check({ tMax, etaMin }: Required<CosineAnnealingLROptions>): void {
    requirePositiveInteger(this.constructor.name, "tMax", tMax);
    requireBetween(this.constructor.name, "etaMin", etaMin, 0);
  }

  /** Begins the next epoch: sets the learning rates. */
  step(): void {
    const { tMax, etaMin, baseLrs } = this.state;
    const height = (epoch: Tensor): Tensor => epoch.mul(Math.PI).div(tMax).cos().add(1);
    this.advance((lr, epoch) => {
      const before = epoch.sub(1);
      const atBottom = isMultiple(before.sub(tMax), tMax.mul(2)); // where the height was 0: no ratio leads up
      const up = lr.add(
        baseLrs
          .sub(etaMin)
          .mul(sub(1, div(Math.PI, tMax).cos()))
          .div(2),
      );
      return where(atBottom, up, height(epoch).div(height(before)).mul(lr.sub(etaMin)).add(etaMin));
    });
  }
}

/** The options of `LinearLR`. */
export interface LinearLROptions {
  /** What the base rate is multiplied by at epoch 0, in (0, 1]. Default 1/3. */
  startFactor?: number;
  /** What it is multiplied by from epoch `totalIters` on, in [0, 1]. Default 1. */
  endFactor?: number;
  /** How many epochs the change takes. Default 5. */
  totalIters?: number;
}

const linearKinds: Kinds<LinearLROptions> = { startFactor: "number", endFactor: "number", totalIters: "number" };

/**
 * The warm-up: the base rate times a factor that goes from `startFactor` in (0, 1], at epoch 0, to `endFactor` in
 * [0, 1] in a straight line over `totalIters` epochs, and stays there.
 * @throws {ValueError} when it is given no optimizer, or an option is missing, unknown, of another kind or out of range
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 * @example
 * const optimizer = new SGD([parameter(zeros([2]))], { lr: 1 });
 * const schedule = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * const rates = [];
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   rates.push(optimizer.lr);
 *   schedule.step();
 * }
 * rates // [0.5, 0.75, 1, 1]
 */
export class LinearLR extends LRScheduler<Required<LinearLROptions>> {
  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    const defaults = { startFactor: 1 / 3, endFactor: 1, totalIters: 5 };
    const all = settle("LinearLR", linearKinds, defaults, [options]);
    super(optimizer, all, all.startFactor);
  }
  protected override check({ startFactor, endFactor, totalIters }: Required<LinearLROptions>): void {
    const { name } = this.constructor;
    // The next rate is a multiple of the last: from 0 there is no way up.
    if (startFactor === 0) throw new ValueError(`${name}: startFactor must be above 0; use a small one, such as 1e-6`);
    requireBetween(name, "startFactor", startFactor, 0, 1);
    requireBetween(name, "endFactor", endFactor, 0, 1);
    requirePositiveInteger(name, "totalIters", totalIters);
  }

  /** Begins the next epoch: sets the learning rates. */
  step(): void {
    const { startFactor, endFactor, totalIters } = this.state;
    const rise = endFactor.sub(startFactor);
    this.advance((lr, epoch) => {
      const last = totalIters.mul(startFactor).add(epoch.sub(1).mul(rise));
      return where(epoch.gt(totalIters), lr, lr.mul(rise.div(last).add(1)));
    });
  }
}

/** The options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether a smaller metric is better, `"min"`, or a larger one, `"max"`. Default `"min"`, as for a loss. */
  mode?: "min" | "max";
  /** What rates are multiplied by, in [0, 1). Default 0.1. */
  factor?: number;
  /** How many epochs in a row may pass without a better metric. Default 10. */
  patience?: number;
  /** By how much a metric must be better than the best so far. Default 1e-4. */
  threshold?: number;
  /** Whether `threshold` is a share of the best metric, `"rel"`, or a difference, `"abs"`. Default `"rel"`. */
  thresholdMode?: "rel" | "abs";
  /** For how many epochs after a reduction those without progress are not counted. Default 0. */
  cooldown?: number;
  /** The least rate, of all groups or of each. Default 0. */
  minLr?: number | readonly number[];
  /** Changes no larger than this are left out. Default 1e-8. */
  eps?: number;
}

/** `best` is `null` before the first metric. */
interface PlateauState extends Required<PlateauOptions> {
  best: number | null;
  numBadEpochs: number;
  cooldownCounter: number;
}

const plateauKinds: Kinds<PlateauOptions> = {
  mode: ["min", "max"],
  factor: "number",
  patience: "number",
  threshold: "number",
  thresholdMode: ["rel", "abs"],
  cooldown: "number",
  minLr: "any", // one number, or a list of them
  eps: "number",
};
const plateau: Required<PlateauOptions> = {
  mode: "min",
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: "rel",
  cooldown: 0,
  minLr: 0,
  eps: 1e-8,
};

/**
 * lr ← max(lr·factor, minLr) once more than `patience` epochs in a row had no better metric, a number or a tensor [].
 * @throws {ValueError} when it is given no optimizer, or an option is missing, unknown, of another kind or out of range
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 * @example
 * const optimizer = new SGD([parameter(zeros([2]))], { lr: 1 });
 * const schedule = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 0 });
 * schedule.step(2);
 * schedule.step(3);
 * optimizer.lr // 0.5
 */
export class ReduceLROnPlateau extends LRScheduler<PlateauState> {
  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    const all = settle("ReduceLROnPlateau", plateauKinds, plateau, [options]);
    super(optimizer, { ...all, best: null, numBadEpochs: 0, cooldownCounter: 0 });
  }
  protected override check(state: PlateauState): void {
    const { name } = this.constructor;
    for (const option of ["factor", "patience", "threshold", "cooldown", "eps"] as const) {
      requireBetween(name, option, state[option], 0);
    }
    if (!(state.factor < 1)) throw new ValueError(`${name}: factor must be below 1, got ${state.factor}`);
    for (const count of ["numBadEpochs", "cooldownCounter"] as const) requireWhole(name, count, state[count]);
    const rates = [state.minLr].flat();
    for (const rate of rates) requireBetween(name, "minLr", rate, 0);
    const groups = this.optimizer.paramGroups.length;
    if (typeof state.minLr !== "number" && rates.length !== groups) {
      throw new ValueError(`${name}: minLr has ${rates.length} rates for ${groups} groups; give one for each`);
    }
  }

  /**
   * Ends an epoch with its metric: a number, or a tensor of one element. In a compiled step it must be a tensor, since
   * numbers are fixed when the step is traced.
   */
  step(metric: number | Tensor): void {
    const { best, numBadEpochs, cooldownCounter, patience, cooldown, factor, minLr, eps } = this.state;
    if (typeof metric !== "number")
      requireInstance(this.constructor.name, "metric", metric, Tensor, "a number or a tensor");
    const value = asTensor(metric, "float64").reshape([]).detach();
    const better = this.#isBetter(value);
    const bad = where(logicalOr(better, cooldownCounter.gt(0)), 0, numBadEpochs.add(1));
    const reduce = bad.gt(patience);
    best.assign(where(better, value, best));
    numBadEpochs.assign(where(reduce, 0, bad));
    cooldownCounter.assign(where(reduce, cooldown, cooldownCounter.sub(1).clamp({ min: 0 })));
    this.advance((lr) => {
      const next = lr.mul(factor).maximum(minLr);
      return where(logicalAnd(reduce, lr.sub(next).gt(eps)), next, lr);
    });
  }

  /** Beats the best so far by the threshold; NaN never does. */
  #isBetter(value: Tensor): Tensor {
    const { mode, best, threshold, thresholdMode } = this.state;
    const sign = mode === "min" ? -1 : 1;
    const bar = where(best.isNaN(), -sign * Number.POSITIVE_INFINITY, best);
    const margin = threshold.mul(sign);
    const goal = thresholdMode === "rel" ? bar.mul(margin.add(1)) : bar.add(margin);
    return value.mul(sign).gt(goal.mul(sign));
  }
}
