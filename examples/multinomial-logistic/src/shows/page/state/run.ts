/** The run that the worker trains, and how far of it is shown. */
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { LossName, Settings } from "../../../lesson/settings.ts";
import { UserError } from "../../../lesson/user-error.ts";
import type { Client } from "../run/client.ts";
import { type Frame, mostSteps } from "../run/frames.ts";
import { type Prepared, prepare, type Task } from "../run/prepare.ts";
import type { Choices } from "./choices.ts";
import { chosen, nudge } from "./chosen.ts";
import { points } from "./data.ts";

/** The loss of a mistake that only one can have. */
export function lossOfMistake(mistake: Choices["mistake"]): LossName | undefined {
  return mistake === "twice" || mistake === "unshifted" ? "ce" : undefined;
}

const settings: ReadonlySignal<Settings> = computed(() => {
  const { lr, batch, optimizer, loss, l2, smoothing, weights, seed, mistake } = chosen;
  const wrong = mistake.value === "none" ? undefined : mistake.value;
  const counts = points.value.classes.map((_, k) => weights.value[k] ?? 1);
  return {
    lr: lr.value,
    batchSize: batch.value,
    optimizer: optimizer.value,
    loss: lossOfMistake(mistake.value) ?? loss.value,
    labelSmoothing: smoothing.value,
    classWeights: counts.every((count) => count === 1) ? undefined : counts,
    l2: l2.value,
    seed: seed.value,
    mistake: wrong,
    epochs: mostSteps,
    eager: false,
    load: undefined,
  };
});

const task: ReadonlySignal<Task> = computed(() => ({
  points: points.value,
  squares: chosen.squares.value,
  settings: settings.value,
}));

/** What the views show: a run, as far as it has come, and what it follows from. */
export interface Shown {
  task: Task;
  prepared: Prepared;
  frames: readonly Frame[];
  /** No more frames will come. */
  over: boolean;
}
export const shown = signal<Shown | undefined>(undefined);
/** The run that follows from what was chosen has not come as far as is to be shown. */
export const busy: ReadonlySignal<boolean> = computed(
  () =>
    problem.value === undefined &&
    (shown.value?.task !== task.value || (!shown.value.over && shown.value.frames.length <= chosen.step.value)),
);
/** Why there is no run, in words. */
export const problem = signal<string | undefined>(undefined);
/** How far a run has come that is not shown yet, in words. */
export const progress = signal<string | undefined>(undefined);
export const playing = signal(false);
/** Steps for each frame of the screen while playing. */
export const speed = signal(1);

/** The worker trains so many steps ahead of what is shown. */
const ahead = 120;

let client: Client | undefined;

/** Starts to train, now and whenever something has changed that the run follows from. */
export function connect(worker: Client): void {
  client = worker;
  effect(() => {
    const current = task.value;
    let prepared: Prepared;
    try {
      prepared = prepare(current);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      batch(() => {
        progress.value = undefined;
        problem.value = error.message;
        playing.value = false;
      });
      return;
    }
    const frames: Frame[] = [];
    const goal = chosen.step.peek();
    const begun = performance.now();
    worker.train(current, goal + ahead, {
      onFrames: (more, over) => {
        frames.push(...more);
        // Until it has come as far as is shown, the run before stays in view.
        const needed = Math.min(goal, chosen.step.peek());
        if (!over && frames.length <= needed) {
          // What takes longer than a glance is said.
          if (performance.now() - begun > 500) progress.value = `Training: step ${frames.length} of ${needed}`;
          return;
        }
        batch(() => {
          progress.value = undefined;
          problem.value = undefined;
          shown.value = { task: current, prepared, frames: [...frames], over };
        });
      },
      onProblem: (message) => {
        problem.value = message;
      },
    });
  });
  effect(() => worker.more(chosen.step.value + ahead));
}

/** The worker, for questions. */
export function worker(): Client {
  if (client === undefined) throw new Error("the worker has not been started");
  return client;
}

/** The step that is shown: the chosen one, or the last there is. */
export const step: ReadonlySignal<number> = computed(() =>
  Math.max(0, Math.min(chosen.step.value, (shown.value?.frames.length ?? 1) - 1)),
);
export const frame: ReadonlySignal<Frame | undefined> = computed(() => shown.value?.frames[step.value]);

/** Goes to a step, forth or back; the worker hurries after. */
export function goTo(target: number): void {
  const { frames, over } = shown.peek() ?? { frames: [], over: false };
  const most = over ? frames.length - 1 : mostSteps;
  nudge.value = undefined;
  chosen.step.value = Math.max(0, Math.min(target, most));
}

/** Steps in an epoch. */
export const stepsPerEpoch: ReadonlySignal<number> = computed(() => {
  const rows = shown.value?.prepared.split.xTrain.shape[0] ?? 1;
  return Math.ceil(rows / (shown.value?.task.settings.batchSize ?? 1));
});

/** Goes on while playing; to be called for each frame of the screen. */
export function tick(): void {
  if (!playing.peek()) return;
  const run = shown.peek();
  if (run === undefined) return;
  const last = run.frames.length - 1;
  if (step.peek() < last) goTo(Math.min(last, step.peek() + speed.peek()));
  else if (run.over) playing.value = false;
}

/** A run that is drawn in grey beside the current one. */
export const pinned = signal<Shown | undefined>(undefined);
