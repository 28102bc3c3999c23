/** The parts of a step, from the scores to the update: whatever shows one stands out together with all that do. */
import { type ReadonlySignal, signal, useComputed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { Part } from "../chapters/program/parts.ts";

/** The part that the pointer or the focus is on. */
export const focusedPart = signal<Part | undefined>(undefined);
/** The part that stays, once its name was pressed. */
export const chosenPart = signal<Part | undefined>(undefined);

const litPart = (): Part | undefined => focusedPart.value ?? chosenPart.value;
export const useLitPart = (): ReadonlySignal<Part | undefined> => useComputed(litPart);

export function choosePart(part: Part): void {
  chosenPart.value = chosenPart.value === part ? undefined : part;
}

interface OfPart {
  "data-part": string;
  class: string;
  onPointerEnter(): void;
  onPointerLeave(): void;
  onFocusIn(): void;
  onFocusOut(): void;
}

/** For elements that show a part, or several of which the first is the one meant when the pointer is on them. */
export function ofPart(first: Part, ...others: Part[]): OfPart {
  const enter = (): void => {
    focusedPart.value = first;
  };
  const leave = (): void => {
    focusedPart.value = undefined;
  };
  const lit = litPart();
  return {
    "data-part": [first, ...others].join(" "),
    class: lit !== undefined && (lit === first || others.includes(lit)) ? "lit" : "",
    onPointerEnter: enter,
    onPointerLeave: leave,
    onFocusIn: enter,
    onFocusOut: leave,
  };
}

/** A part's name, which keeps the part in view when it is pressed. */
export function PartName({ part, children }: { part: Part; children: ComponentChildren }): JSX.Element {
  return (
    <button
      type="button"
      class="part-name"
      aria-pressed={chosenPart.value === part}
      title="Press to keep it in view, here and in the program"
      onClick={() => choosePart(part)}
    >
      {children}
    </button>
  );
}
