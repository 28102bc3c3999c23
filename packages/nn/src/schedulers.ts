import { div, logicalAnd, logicalOr, stack, sub, Tensor, ValueError, where } from "@tendril/tensor";
import { asTensor, requireBetween, requirePositiveInteger } from "./check.ts";
import { withDefaults } from "./optim/group.ts";
import type { Optimizer } from "./optim/optimizer.ts";

/** What schedules count, and for each group: the rate it starts from (that which the first schedule found), the last. */
interface Counts {
  lastEpoch: number;
  baseLrs: number[];
  lastLr: number[];
}

/** A schedule's options, counts and rates. `null` is a number that there is not yet. */
export type ScheduleState<Own = object> = Own & Counts;

/** The same as `step` reads them: all but words are float64 tensors, so that no program keeps their values. */
type Live<State> = { readonly [K in keyof State]: State[K] extends string ? State[K] : Tensor };

function live<State extends object>(state: State): Live<State> {
  const tensorOf = (x: string | number | number[] | null): string | Tensor =>
    typeof x === "string" ? x : asTensor(x ?? Number.NaN, "float64");
  return Object.fromEntries(Object.entries(state).map(([name, x]) => [name, tensorOf(x)])) as Live<State>;
}

/**
 * The base of schedules, which set the learning rates of an optimizer's groups once an epoch, after its steps. Each
 * rate follows from the one before, so several schedules combine. To resume, make the optimizer and its schedules
 * anew, then load the states of all: the learning rates are the optimizer's.
 *
 * As in optimizers, all numbers are tensors that `step` changes by `assign`: it may stand in a compiled step.
 * @see https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
 */
export abstract class LRScheduler<Own extends object = object> {
  protected readonly state: Live<Own> & Live<Counts>;

  /** `warmUp` is what the rates of epoch 0 are multiplied by. */
  constructor(
    readonly optimizer: Optimizer,
    own: Own,
    warmUp = 1,
  ) {
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    const baseLrs = optimizer.paramGroups.map(({ initialLr }) => initialLr as number);
    this.state = { ...live(own), ...live({ lastEpoch: 0, baseLrs, lastLr: baseLrs }) };
    this.#set((lr) => lr.mul(warmUp));
  }

  /** The learning rate of each group, as this schedule last set it. */
  getLastLr(): number[] {
    return [...this.state.lastLr.data];
  }

  /** A copy of the options, counts and rates, as JSON can hold them. */
  stateDict(): ScheduleState<Own> {
    const entries = Object.entries<Tensor | string>(this.state).map(([name, x]) => {
      const value = x instanceof Tensor ? x.toArray() : x;
      return [name, Number.isNaN(value) ? null : value];
    });
    return Object.fromEntries(entries);
  }

  /**
   * Goes on from what `stateDict` gave. Throws `ValueError`, and loads nothing, if it is of another kind of schedule, to
   * which its words (`mode`) belong: a compiled step would keep the old ones.
   */
  loadStateDict(dict: ScheduleState<Own>): void {
    const trait = ([name, x]: [string, unknown]): string =>
      typeof x === "string" ? `${name} "${x}"` : Array.isArray(x) ? `${name}[${x.length}]` : name;
    const [here, there] = [this.stateDict(), dict].map((state) => Object.entries(state).map(trait).sort().join(", "));
    if (here !== there) throw new ValueError(`loadStateDict: ${this.constructor.name} needs ${here}, got ${there}`);
    const loaded: Record<string, unknown> = live(dict);
    for (const [name, x] of Object.entries(this.state)) if (x instanceof Tensor) x.assign(loaded[name] as Tensor);
  }

  /** Begins the next epoch: sets the rates to what `next` makes of the last ones, [groups], and of the epoch's number. */
  protected advance(next: (lr: Tensor, epoch: Tensor) => Tensor): void {
    const { lastEpoch } = this.state;
    lastEpoch.assign(lastEpoch.add(1));
    this.#set((lr) => next(lr, lastEpoch));
  }

  #set(next: (lr: Tensor) => Tensor): void {
    const rates = this.optimizer.paramGroups.map(({ rate }) => rate);
    const { lastLr } = this.state;
    // Not below 0, where a cosine's ratio would lead a rate that was put below its etaMin: training would climb.
    lastLr.assign(next(stack(rates)).clamp({ min: 0 }));
    for (const [i, rate] of rates.entries()) rate.assign(lastLr.select(0, i));
  }
}

/** Whether the whole number `n` is a multiple of `of`. */
function isMultiple(n: Tensor, of: Tensor): Tensor {
  const times = n.div(of);
  return times.eq(times.floor());
}

/**
 * lr ← lr·gamma, every `stepSize` epochs.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 */
export class StepLR extends LRScheduler<{ stepSize: number; gamma: number }> {
  constructor(optimizer: Optimizer, { stepSize, gamma = 0.1 }: { stepSize: number; gamma?: number }) {
    requirePositiveInteger(new.target.name, "stepSize", stepSize);
    requireBetween(new.target.name, "gamma", gamma, 0);
    super(optimizer, { stepSize, gamma });
  }
  step(): void {
    const { stepSize, gamma } = this.state;
    this.advance((lr, epoch) => where(isMultiple(epoch, stepSize), lr.mul(gamma), lr));
  }
}

/**
 * lr ← lr·gamma, every epoch.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 */
export class ExponentialLR extends StepLR {
  constructor(optimizer: Optimizer, { gamma }: { gamma: number }) {
    super(optimizer, { stepSize: 1, gamma });
  }
}

/**
 * Half a cosine from the base rate down to `etaMin` in `tMax` epochs, then up again, and so on:
 * lr = etaMin + (base − etaMin)·(1 + cos(π·epoch / tMax)) / 2, written as a step from each epoch to the next.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 */
export class CosineAnnealingLR extends LRScheduler<{ tMax: number; etaMin: number }> {
  constructor(optimizer: Optimizer, { tMax, etaMin = 0 }: { tMax: number; etaMin?: number }) {
    requirePositiveInteger("CosineAnnealingLR", "tMax", tMax);
    requireBetween("CosineAnnealingLR", "etaMin", etaMin, 0);
    super(optimizer, { tMax, etaMin });
  }
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

/**
 * The warm-up: the base rate times a factor that goes from `startFactor` in (0, 1], at epoch 0, to `endFactor` in
 * [0, 1] in a straight line over `totalIters` epochs, and stays there.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 */
export class LinearLR extends LRScheduler<Required<LinearLROptions>> {
  constructor(optimizer: Optimizer, { startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: LinearLROptions = {}) {
    // The next rate is a multiple of the last: from 0 there is no way up.
    if (startFactor === 0) throw new ValueError("LinearLR: startFactor must be above 0; use a small one, such as 1e-6");
    requireBetween("LinearLR", "startFactor", startFactor, 0, 1);
    requireBetween("LinearLR", "endFactor", endFactor, 0, 1);
    requirePositiveInteger("LinearLR", "totalIters", totalIters);
    super(optimizer, { startFactor, endFactor, totalIters }, startFactor);
  }
  step(): void {
    const { startFactor, endFactor, totalIters } = this.state;
    const rise = endFactor.sub(startFactor);
    this.advance((lr, epoch) => {
      const last = totalIters.mul(startFactor).add(epoch.sub(1).mul(rise));
      return where(epoch.gt(totalIters), lr, lr.mul(rise.div(last).add(1)));
    });
  }
}

export interface LinearLROptions {
  startFactor?: number;
  endFactor?: number;
  totalIters?: number;
}

export interface PlateauOptions {
  /** Whether a smaller metric is better (`"min"`, as for a loss) or a larger one (`"max"`, as for accuracy). */
  mode?: "min" | "max";
  /** What rates are multiplied by, in [0, 1). */
  factor?: number;
  /** How many epochs in a row may pass without a better metric. */
  patience?: number;
  /** By how much a metric must beat the best: by this share of it (`"rel"`), or by this (`"abs"`). */
  threshold?: number;
  thresholdMode?: "rel" | "abs";
  /** For how many epochs after a reduction none are counted as without progress. */
  cooldown?: number;
  /** The least rate, of all groups or of each. */
  minLr?: number | readonly number[];
  /** Changes no larger than this are left out. */
  eps?: number;
}

/** `best` is `null` before the first metric. */
interface PlateauState extends Required<PlateauOptions> {
  best: number | null;
  numBadEpochs: number;
  cooldownCounter: number;
}

const plateau = { mode: "min", factor: 0.1, patience: 10, threshold: 1e-4, thresholdMode: "rel", cooldown: 0 } as const;

/**
 * lr ← max(lr·factor, minLr) once more than `patience` epochs in a row had no better metric.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 */
export class ReduceLROnPlateau extends LRScheduler<PlateauState> {
  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    const op = "ReduceLROnPlateau";
    const all = withDefaults<Required<PlateauOptions>>(op, { ...plateau, minLr: 0, eps: 1e-8 }, options);
    const { mode, factor, thresholdMode, minLr } = all;
    if (!(factor < 1)) throw new ValueError(`${op}: factor must be below 1, got ${factor}`);
    if (mode !== "min" && mode !== "max") throw new ValueError(`${op}: mode must be "min" or "max", got "${mode}"`);
    if (thresholdMode !== "rel" && thresholdMode !== "abs") {
      throw new ValueError(`${op}: thresholdMode must be "rel" or "abs", got "${thresholdMode}"`);
    }
    const groups = optimizer.paramGroups.length;
    if (typeof minLr !== "number" && minLr.length !== groups) {
      throw new ValueError(`${op}: minLr has ${minLr.length} rates for ${groups} groups; give one for each`);
    }
    super(optimizer, { ...all, best: null, numBadEpochs: 0, cooldownCounter: 0 });
  }

  /** Ends an epoch with its metric: a number, or a tensor of one element. In a compiled step only a tensor changes. */
  step(metric: number | Tensor): void {
    const { best, numBadEpochs, cooldownCounter, patience, cooldown, factor, minLr, eps } = this.state;
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
