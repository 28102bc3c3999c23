/** What the chapter shows: the chosen graph, its numbers, and how far backward has come. */
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { tensor } from "@tendril/tensor";
import { model, pickedPoint, plane, playing, shown } from "../../state/state.ts";
import { type Case, type CaseName, smallCases, withValues } from "./cases.ts";
import { isFused, type ModelExample, modelCase } from "./model-case.ts";
import { differenceQuotients, gradientsAfter, type Walk, walk } from "./walk.ts";

const chosenName = signal<CaseName>("model");
export const caseName: ReadonlySignal<CaseName> = chosenName;
/** The model's cross-entropy as single ops. */
export const apart = signal(false);
const asked = signal(0);
/** The clock takes the turns. */
export const ticking = signal(false);
/** The node that the pointer or the focus is on. */
export const pointedAt = signal<number | undefined>(undefined);

/** Whether the chapter is on the screen, or near: elsewhere nothing is worked out for it. */
export const inView = signal(false);

/** The model and the picked point; ten times a second while the run is playing. */
const example = signal<ModelExample | undefined>(undefined);
let waiting: { timer: ReturnType<typeof setTimeout>; next: ModelExample | undefined } | undefined;
effect(() => {
  if (!inView.value && example.peek() !== undefined) return;
  const next = exampleNow();
  if (!playing.value) {
    clearTimeout(waiting?.timer);
    waiting = undefined;
    example.value = next;
  } else if (waiting !== undefined) {
    waiting.next = next;
  } else {
    const timer = setTimeout(() => {
      example.value = waiting?.next;
      waiting = undefined;
    }, 100);
    waiting = { timer, next };
  }
});

function exampleNow(): ModelExample | undefined {
  const [run, point] = [shown.value, pickedPoint.value];
  if (run === undefined || point === undefined || model.value === undefined || plane.value === undefined) return;
  const { points, settings } = run.task;
  if (point.class >= points.classes.length) return;
  const x = plane.value.lift(tensor([point.at], { dtype: "float64" }));
  return { model: model.value, x, target: point.class, className: points.classes[point.class] ?? "", fit: settings };
}

/** The case as it is given: by the list, or by the model and the picked point. */
const given: ReadonlySignal<Case | undefined> = computed(() => {
  const name = chosenName.value;
  if (name !== "model") return smallCases[name];
  return example.value && modelCase(example.value, apart.value);
});

/** Whether the model's loss is the one that can be taken apart. */
export const canTakeApart: ReadonlySignal<boolean> = computed(() => {
  return chosenName.value === "model" && example.value !== undefined && isFused(example.value.fit);
});

/** Leaves changed by hand. They are for one case with its numbers, and go when those change. */
const changed = signal<{ of: string; values: ReadonlyMap<string, number> }>({ of: "", values: new Map() });
const leavesGiven = computed(() => JSON.stringify(given.value?.leaves));
const changes: ReadonlySignal<ReadonlyMap<string, number>> = computed(() =>
  changed.value.of === leavesGiven.value ? changed.value.values : new Map(),
);
export const isChanged: ReadonlySignal<boolean> = computed(() => changes.value.size > 0);

export function changeLeaf(place: string, value: number): void {
  changed.value = { of: leavesGiven.peek(), values: new Map(changes.peek()).set(place, value) };
}

export function putBack(): void {
  changed.value = { of: "", values: new Map() };
}

export const current: ReadonlySignal<Case | undefined> = computed(
  () => given.value && withValues(given.value, changes.value),
);
export const walked: ReadonlySignal<Walk | undefined> = computed(() => current.value && walk(current.value));

/** What the graph computes: "the loss", or what a small graph calls its output. */
export const outputName: ReadonlySignal<string> = computed(() => {
  const name = walked.value?.nodes[0]?.name ?? "";
  return name === "loss" ? "the loss" : name;
});

/** How many nodes have had their turn. */
export const taken: ReadonlySignal<number> = computed(() => Math.min(asked.value, walked.value?.turns.length ?? 0));
export const gradients: ReadonlySignal<ReturnType<typeof gradientsAfter>> = computed(() =>
  walked.value === undefined ? new Map() : gradientsAfter(walked.value, taken.value),
);
export const atEnd: ReadonlySignal<boolean> = computed(() => taken.value === walked.value?.turns.length);
/** What the leaves' gradients are compared with, once they are there. */
export const quotients: ReadonlySignal<ReadonlyMap<string, number>> = computed(() =>
  atEnd.value && current.value !== undefined ? differenceQuotients(current.value) : new Map(),
);

export function goToTurn(turn: number): void {
  asked.value = Math.max(0, Math.min(turn, walked.peek()?.turns.length ?? 0));
}

export function chooseCase(name: CaseName): void {
  batch(() => {
    chosenName.value = name;
    startOver();
  });
}

export function takeApart(on: boolean): void {
  batch(() => {
    apart.value = on;
    startOver();
  });
}

function startOver(): void {
  asked.value = 0;
  ticking.value = false;
  pointedAt.value = undefined;
}

/** Long enough to read a rule of two lines. */
const pause = 1600;

effect(() => {
  if (!ticking.value) return;
  if (atEnd.peek()) asked.value = 0;
  const timer = setInterval(() => {
    goToTurn(taken.peek() + 1);
    if (atEnd.peek()) ticking.value = false;
  }, pause);
  return () => clearInterval(timer);
});
