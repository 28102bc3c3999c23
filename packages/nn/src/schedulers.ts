import { type Tensor, ValueError } from "@tendril/tensor";
import { requireBetween, requirePositiveInteger } from "./check.ts";
import { withDefaults } from "./optim/group.ts";
import type { Optimizer } from "./optim/optimizer.ts";

/** A schedule's options, and for each group: the rate it starts from (that which the first schedule found), the last. */
export type ScheduleState<Own = object> = Own & { lastEpoch: number; baseLrs: number[]; lastLr: number[] };

/**
 * The base of schedules, which set the learning rates of an optimizer's groups once an epoch, after its steps. Each
 * rate follows from the one before, so several schedules combine. To resume, make the optimizer and its schedules
 * anew, then load the states of all: the learning rates are the optimizer's.
 * @see https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
 */
export abstract class LRScheduler<Own extends object = object> {
  protected readonly state: ScheduleState<Own>;

  /** `warmUp` is what the rates of epoch 0 are multiplied by. */
  constructor(
    readonly optimizer: Optimizer,
    own: Own,
    warmUp = 1,
  ) {
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    const baseLrs = optimizer.paramGroups.map(({ initialLr }) => initialLr as number);
    this.state = { ...own, lastEpoch: 0, baseLrs, lastLr: [] };
    this.set((lr) => lr * warmUp);
  }

  /** The learning rate of each group, as this schedule last set it. */
  getLastLr(): number[] {
    return [...this.state.lastLr];
  }

  /** A copy of the options, counts and rates, as JSON can hold them. */
  stateDict(): ScheduleState<Own> {
    return structuredClone(this.state);
  }

  /** Goes on from what `stateDict` gave. Throws `ValueError`, and loads nothing, if it is of another kind of schedule. */
  loadStateDict(dict: ScheduleState<Own>): void {
    const names = (state: object): string[] =>
      Object.entries(state).map(([name, x]) => (Array.isArray(x) ? `${name}[${x.length}]` : name));
    const [here, there] = [this.state, dict].map((state) => names(state).sort().join(", "));
    if (here !== there) throw new ValueError(`loadStateDict: ${this.constructor.name} needs ${here}, got ${there}`);
    Object.assign(this.state, structuredClone(dict));
  }

  /** Begins the next epoch: sets each group's rate to what `next` makes of the last one and the one at the start. */
  protected advance(next: (lr: number, epoch: number, baseLr: number) => number): void {
    const epoch = ++this.state.lastEpoch;
    this.set((lr, i) => next(lr, epoch, this.state.baseLrs[i] as number));
  }

  protected set(next: (lr: number, group: number) => number): void {
    for (const [i, group] of this.optimizer.paramGroups.entries()) group.lr = next(group.lr, i);
    this.state.lastLr = this.optimizer.paramGroups.map(({ lr }) => lr);
  }
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
    this.advance((lr, epoch) => (epoch % stepSize === 0 ? lr * gamma : lr));
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
    const { tMax, etaMin } = this.state;
    const height = (epoch: number): number => 1 + Math.cos((Math.PI * epoch) / tMax);
    this.advance((lr, epoch, baseLr) => {
      const atBottom = (epoch - 1 - tMax) % (2 * tMax) === 0; // where the height was 0: no ratio leads up
      if (atBottom) return lr + ((baseLr - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
      return (height(epoch) / height(epoch - 1)) * (lr - etaMin) + etaMin;
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
    const rise = endFactor - startFactor;
    this.advance((lr, epoch) =>
      epoch > totalIters ? lr : lr * (1 + rise / (totalIters * startFactor + (epoch - 1) * rise)),
    );
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

/** `best` is `null` before the first metric, since JSON has no infinity. */
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

  /** Ends an epoch with its metric: a number, or a tensor of one element. */
  step(metric: number | Tensor): void {
    const { state } = this;
    const value = typeof metric === "number" ? metric : metric.item();
    const better = this.#isBetter(value);
    if (better) state.best = value;
    state.numBadEpochs = better || state.cooldownCounter > 0 ? 0 : state.numBadEpochs + 1;
    state.cooldownCounter = Math.max(0, state.cooldownCounter - 1);
    const reduce = state.numBadEpochs > state.patience;
    if (reduce) Object.assign(state, { numBadEpochs: 0, cooldownCounter: state.cooldown });
    state.lastEpoch++;
    this.set((lr, i) => {
      const least = typeof state.minLr === "number" ? state.minLr : (state.minLr[i] as number);
      const next = Math.max(lr * state.factor, least);
      return reduce && lr - next > state.eps ? next : lr;
    });
  }

  /** Beats the best so far by the threshold; NaN never does. */
  #isBetter(value: number): boolean {
    const { mode, best, threshold, thresholdMode } = this.state;
    const sign = mode === "min" ? -1 : 1;
    const bar = best ?? -sign * Number.POSITIVE_INFINITY;
    const goal = thresholdMode === "rel" ? bar * (1 + sign * threshold) : bar + sign * threshold;
    return sign * value > sign * goal;
  }
}
