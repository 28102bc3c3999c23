/** The points: a dataset, what was done to them by hand, and the part of the plane that is drawn. */
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Dataset } from "../../../lesson/data.ts";
import { type Box, boxAround } from "../../../lesson/regions.ts";
import { UserError } from "../../../lesson/user-error.ts";
import { applyEdits, type Edit, withEdit } from "../data/edits.ts";
import { type Point, type Points, pointsOf } from "../data/points.ts";
import { presetData } from "../data/presets.ts";
import { bestAxes, tableData } from "../data/table.ts";
import { choose, chosen, notice } from "./chosen.ts";

/** The table that somebody gave. */
export const table = signal<Dataset | undefined>(undefined);
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
      choose({ data: "csv", axes: bestAxes(taken), edits: [], squares: false, weights: [], step: 0, point: -1 });
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

/** The point that is followed: the chosen one, or the first. */
export const pickedPoint: ReadonlySignal<Point | undefined> = computed(() => {
  const { list } = points.value;
  return list.find(({ id }) => id === chosen.point.value) ?? list[0];
});
