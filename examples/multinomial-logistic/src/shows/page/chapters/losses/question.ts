/** What the worker is asked for the surfaces: which two weights, how far, and of which run. */
import { computed, signal } from "@preact/signals";
import type { SurfaceTask } from "../../run/surface.ts";
import { frame, pickedPoint, type Shown, shown, step } from "../../state/state.ts";

/** The class whose weights are moved; `undefined` is that of the ringed point. */
export const chosenRow = signal<number | undefined>(undefined);
/** Which two features. */
export const chosenColumns = signal<readonly [number, number]>([0, 1]);
/** How much farther than the path the surfaces reach. */
export const zoom = signal(2);

export interface MapTask {
  run: Shown;
  surface: SurfaceTask;
  /** The two weights after each step up to the one that is shown, or every so many-th. */
  path: [number, number][];
}

/** Surfaces reach at least so far from 0. */
const least = 4;
/** A path has at most so many points. */
const most = 300;
/** So many losses of single rows are no more than a moment's work. */
const affordable = 1_250_000;

const prepared = computed(() => shown.value?.prepared);
const rows = computed(() => {
  const { xTrain, yTrain } = prepared.value?.split ?? {};
  return { x: Float32Array.from(xTrain?.data ?? []), y: Int32Array.from(yTrain?.data ?? []) };
});

/** `undefined` where there is no run, or its weights are no numbers. */
export function mapTask(): MapTask | undefined {
  const [run, now] = [shown.value, frame.value];
  if (run === undefined || now === undefined || !now.weights.every(Number.isFinite)) return undefined;
  const { task, prepared, frames } = run;
  const classes = task.points.classes.length;
  const features = prepared.features.length;
  const row = rowOf(classes);
  const columns = columnsOf(features);
  const path = pathOf(frames.slice(0, step.value + 1), (weights) => [
    weights[row * features + columns[0]] ?? 0,
    weights[row * features + columns[1]] ?? 0,
  ]);
  const { labelSmoothing, classWeights, l2 } = task.settings;
  const { x, y } = rows.value;
  return {
    run,
    path,
    surface: {
      x,
      y,
      classes,
      weights: now.weights,
      row,
      columns,
      reach: [reachOf(path.map(([u]) => u)), reachOf(path.map(([, v]) => v))],
      cells: Math.max(12, Math.min(36, Math.floor(Math.sqrt(affordable / (y.length * classes))))),
      fit: { labelSmoothing, classWeights, l2 },
    },
  };
}

export function rowOf(classes: number): number {
  return Math.min(chosenRow.value ?? pickedPoint.value?.class ?? 0, classes - 1);
}

export function columnsOf(features: number): readonly [number, number] {
  return chosenColumns.value.every((column) => column < features) ? chosenColumns.value : [0, 1];
}

function pathOf(
  frames: readonly { weights: Float32Array }[],
  pair: (weights: Float32Array) => [number, number],
): [number, number][] {
  const stride = Math.ceil(frames.length / most);
  return frames.filter((_, i) => i % stride === 0 || i === frames.length - 1).map(({ weights }) => pair(weights));
}

/** The scale grows in powers of two, so that it stands still from step to step. */
function reachOf(values: readonly number[]): number {
  const far = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return zoom.value * Math.max(least, 2 ** Math.ceil(Math.log2(1.1 * far)));
}

/** What was chosen for the surfaces. */
export function choiceOfMap(): readonly unknown[] {
  return [chosenRow.value ?? pickedPoint.value?.class, chosenColumns.value, zoom.value];
}
