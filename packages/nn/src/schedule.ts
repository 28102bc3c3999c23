// What schedules of learning rates have in common.
import { describeValue, stack, Tensor, ValueError } from "@tendril/tensor";
import { asTensor, requireBetween, requireInstance } from "./check.ts";
import { Optimizer } from "./optim/optimizer.ts";
import { checked } from "./options.ts";
import { checkState, entriesOf, requireFit } from "./state.ts";

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
 * As in optimizers, all numbers are tensors that `step` changes by `assign`, so `step` may be called in a compiled step.
 * `extends LRScheduler` with a `step` that calls `advance` makes another schedule.
 * @throws {ValueError} when it is given no optimizer, or an option is unknown, of another kind or out of range
 * @see https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
 * @example
 * class Halving extends LRScheduler {
 *   step(): void {
 *     this.advance((lr) => lr.div(2)); // lr: [groups]
 *   }
 * }
 * const optimizer = new SGD([parameter(zeros([2]))], { lr: 1 });
 * const schedule = new Halving(optimizer, {});
 * schedule.step();
 * optimizer.lr // 0.5
 */
export abstract class LRScheduler<Own extends object = object> {
  /** Options, counts and rates as `step` reads them: float64 tensors, and words. */
  protected readonly state: Live<Own> & Live<Counts>;

  constructor(
    /** The optimizer whose learning rates it sets. */
    readonly optimizer: Optimizer,
    /** The options and counts of this kind of schedule. */
    own: Own,
    /** What the rates of epoch 0 are multiplied by. */
    warmUp = 1,
  ) {
    requireInstance(this.constructor.name, "optimizer", optimizer, Optimizer, "an optimizer");
    this.check(own);
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    const baseLrs = optimizer.paramGroups.map(({ initialLr }) => initialLr as number);
    this.state = { ...live(own), ...live({ lastEpoch: 0, baseLrs, lastLr: baseLrs }) };
    this.#set((lr) => lr.mul(warmUp));
  }

  /** Throws for options and counts of this schedule's own that are out of range: when it is made, and when it is loaded. */
  protected check(_own: Own): void {}

  /** The learning rate of each group, as this schedule last set it. */
  getLastLr(): number[] {
    return [...this.state.lastLr.data];
  }

  /**
   * The tensors that `step` reads and writes beside the learning rates themselves, which are the optimizer's, by name:
   * `schedule.lastEpoch` [] and so on, as in `stateDict` after the prefix. They are the tensors themselves, not copies.
   */
  namedState(
    options: {
      /** What is put before each name. Default `"schedule."`. */
      prefix?: string;
    } = {},
  ): Record<string, Tensor> {
    const { prefix = "schedule." } = checked("namedState", options, { prefix: "string" });
    const entries = Object.entries<Tensor | string>(this.state).map(([name, x]) => [prefix + name, x]);
    return Object.fromEntries(entries.filter(([, x]) => x instanceof Tensor));
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
   * Goes on from what `stateDict` gave: all of it or, when anything does not fit, nothing.
   * @throws {ValueError} when it is the state of another kind of schedule, its strings (`mode`) are not those that this
   *   one was made with (a compiled step would keep the old ones), or a number is one that the constructor would refuse
   */
  loadStateDict(dict: ScheduleState<Own>): void {
    checkState(() => {
      const [here, there] = [this.stateDict(), dict].map((state) => entriesOf(state).map(trait));
      requireFit(here ?? [], there ?? []);
      this.check(dict);
      const { name } = this.constructor;
      requireWhole(name, "lastEpoch", dict.lastEpoch);
      for (const lr of [...dict.baseLrs, ...dict.lastLr]) requireBetween(name, "a rate", lr, 0);
    });
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

/** What must agree in two states of one schedule. `null` is a number that there is not yet. */
function trait([name, x]: [string, unknown]): [string, string] {
  if (typeof x === "number" || x === null) return [name, "a number"];
  if (!Array.isArray(x)) return [name, describeValue(x)];
  return [name, `a list of ${x.length}${x.every((item) => typeof item === "number") ? "" : ", not all numbers"}`];
}

export function requireWhole(op: string, name: string, value: unknown): void {
  requireBetween(op, name, value, 0);
  if (!Number.isInteger(value)) throw new ValueError(`${op}: ${name} must be a whole number, got ${value}`);
}
