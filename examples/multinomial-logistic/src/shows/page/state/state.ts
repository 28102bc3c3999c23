/** The state of the page: what was chosen, what follows from it, and the run that the worker trains. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { tensor } from "@tendril/tensor";
import type { Dataset } from "../../../lesson/data.ts";
import { type Slope, slope } from "../../../lesson/loss.ts";
import type { Model } from "../../../lesson/model.ts";
import { followExample, type Pipeline } from "../../../lesson/pipeline.ts";
import type { Plane } from "../../../lesson/plane.ts";
import { type Box, boxAround } from "../../../lesson/regions.ts";
import type { Settings } from "../../../lesson/settings.ts";
import { UserError } from "../../../lesson/user-error.ts";
import { applyEdits, type Edit, withEdit } from "../data/edits.ts";
import { featuresAt, type Point, type Points, planeOf, pointsOf } from "../data/points.ts";
import { presetData } from "../data/presets.ts";
import { bestAxes, tableData } from "../data/table.ts";
import type { Client } from "../run/client.ts";
import { type Frame, isNumber, modelWith, mostSteps } from "../run/frames.ts";
import { type Prepared, prepare, type Task } from "../run/prepare.ts";
import { type Choices, initial, readChoices, writeChoices } from "./choices.ts";

/** Every choice is a signal of its own, so that what does not follow from it stays as it is. */
export const chosen = Object.fromEntries(
  Object.entries(initial).map(([key, value]) => [key, signal(value)]),
) as unknown as { [K in keyof Choices]: Signal<Choices[K]> };

export function choose(change: Partial<Choices>): void {
  batch(() => {
    nudge.value = undefined;
    for (const [key, value] of Object.entries(change)) {
      const choice: Signal<unknown> = chosen[key as keyof Choices];
      choice.value = value;
    }
  });
}

/** What the page has to say about something that was given to it: an address, a table. */
export const notice = signal<string | undefined>(undefined);

// The data.

const table = signal<Dataset | undefined>(undefined);
export const dataset: ReadonlySignal<Dataset> = computed(() => {
  const { data, draw } = chosen;
  return data.value === "csv" && table.value !== undefined
    ? table.value
    : presetData(data.value === "csv" ? "blobs" : data.value, draw.value);
});

/** Takes a table in place of the data. What is wrong with it becomes the notice, and nothing else changes. */
export function takeTable(text: string, name: string): void {
  try {
    const taken = tableData(text, name);
    batch(() => {
      table.value = taken;
      notice.value = undefined;
      choose({ data: "csv", axes: bestAxes(taken), edits: [], squares: false, weights: [], step: 0, point: 0 });
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    notice.value = error.message;
  }
}

/** The axes as chosen, or the first columns where the data has no such columns. */
export const axes: ReadonlySignal<readonly [number, number]> = computed(() => {
  const [u, v] = chosen.axes.value;
  const count = Math.max(2, dataset.value.features.length);
  return u < count && v < count ? [u, v] : [0, 1];
});

const basePoints = computed(() => pointsOf(dataset.value, axes.value, chosen.seed.value));
export const points: ReadonlySignal<Points> = computed(() => applyEdits(basePoints.value, chosen.edits.value));

export function edit(change: Edit): void {
  choose({ edits: withEdit(chosen.edits.value, change) });
}

/** The part of the plane that is drawn. While a point is dragged it stays. */
export const dragging = signal(false);
let lastBox: Box | undefined;
export const box: ReadonlySignal<Box> = computed(() => {
  const places = points.value.list.map(({ at }) => at);
  if (!dragging.value || lastBox === undefined) {
    lastBox = boxAround(
      places.length > 0
        ? places
        : [
            [-1, -1],
            [1, 1],
          ],
      { margin: 0.08 },
    );
  }
  return lastBox;
});

// The run.

const settings: ReadonlySignal<Settings> = computed(() => {
  const { lr, batch, optimizer, loss, l2, smoothing, weights, seed, mistake } = chosen;
  const wrong = mistake.value === "none" ? undefined : mistake.value;
  const counts = points.value.classes.map((_, k) => weights.value[k] ?? 1);
  return {
    lr: lr.value,
    batchSize: batch.value,
    optimizer: optimizer.value,
    // Some mistakes are one loss' own.
    loss: wrong === "twice" || wrong === "unshifted" ? "ce" : loss.value,
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
        problem.value = error.message;
        playing.value = false;
      });
      return;
    }
    const frames: Frame[] = [];
    const goal = chosen.step.peek();
    worker.train(current, goal + ahead, {
      onFrames: (more, over) => {
        frames.push(...more);
        // Until it has come as far as is shown, the run before stays in view.
        if (!over && frames.length <= Math.min(goal, chosen.step.peek())) return;
        batch(() => {
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

// The model at the step that is shown, and what follows from it.

/** One weight changed by hand: `index` counts W row by row, then b. It lasts until the run goes on. */
export interface Nudge {
  index: number;
  by: number;
}
export const nudge = signal<Nudge | undefined>(undefined);

export const model: ReadonlySignal<Model | undefined> = computed(() => {
  if (shown.value === undefined || frame.value === undefined) return undefined;
  const { task, prepared } = shown.value;
  const weights = Float32Array.from(frame.value.weights);
  if (nudge.value !== undefined) {
    const { index, by } = nudge.value;
    weights[index] = (weights[index] ?? 0) + by;
  }
  return modelWith(weights, prepared.features.length, task.points.classes.length);
});

export const plane: ReadonlySignal<Plane | undefined> = computed(() => {
  if (shown.value === undefined) return undefined;
  const { task, prepared } = shown.value;
  return planeOf(task.points, task.squares, prepared.standardizer);
});

/** The point that is followed: the chosen one, or the first. */
export const pickedPoint: ReadonlySignal<Point | undefined> = computed(() => {
  const { list } = points.value;
  return list.find(({ id }) => id === chosen.point.value) ?? list[0];
});

/** The followed point on its way through the model. */
export const pipeline: ReadonlySignal<Pipeline | undefined> = computed(() => {
  const point = pickedPoint.value;
  if (model.value === undefined || plane.value === undefined || shown.value === undefined) return undefined;
  const { settings, points, squares } = { ...shown.value.task };
  if (point === undefined || point.class >= points.classes.length) return undefined;
  const uv = tensor([point.at], { dtype: "float64" });
  const y = tensor([point.class], { dtype: "int32" });
  return followExample({ measured: featuresAt(uv, squares), x: plane.value.lift(uv), y }, model.value, settings);
});

/** The gradient of the training loss by W and b. */
export const gradient: ReadonlySignal<Slope | undefined> = computed(() => {
  if (model.value === undefined || shown.value === undefined) return undefined;
  const { prepared, task } = shown.value;
  return slope(model.value, prepared.split.xTrain, prepared.split.yTrain, task.settings);
});

/** What the course of the loss means, in words. */
export const verdict: ReadonlySignal<string> = computed(() => {
  const run = shown.value;
  const [start] = run?.frames ?? [];
  if (run === undefined || start === undefined || frame.value === undefined) return "";
  const { loss } = frame.value;
  if (!isNumber(frame.value)) {
    return step.value === 0
      ? "The loss is not a number at once."
      : `After step ${step.value} the loss is not a number any more: the steps are longer than the valley is wide. Halve the rate.`;
  }
  if (step.value > 0 && loss > 1.02 * start.loss) {
    return "The loss is above where it began: the steps are longer than the valley is wide. Halve the rate.";
  }
  return step.value >= mostSteps ? `The run ends after ${mostSteps} steps, as many as are kept.` : "";
});

// The address.

/** Everything that was chosen, as one object. */
export function allChosen(): Choices {
  return Object.fromEntries(Object.entries(chosen).map(([key, { value }]) => [key, value])) as unknown as Choices;
}

/** Takes what an address says. */
export function takeAddress(hash: string): void {
  const { choices, problems } = readChoices(hash.replace(/^#/, ""));
  const lost = choices.data === "csv" && table.peek() === undefined;
  choose(lost ? { ...choices, data: "blobs", edits: [] } : choices);
  notice.value = lost
    ? "This link was made with a table of one's own, which a link cannot hold: drop the table here again."
    : problems.length > 0
      ? `Not understood in this link, and left out: ${problems.join(", ")}`
      : undefined;
}

export function address(): string {
  return `#${writeChoices(allChosen())}`;
}
