/** What was chosen, each choice a signal of its own, so that what does not follow from it stays as it is. */
import { batch, type Signal, signal } from "@preact/signals";
import { type Choices, initial } from "./choices.ts";

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

/** One weight changed by hand: `index` counts W row by row, then b. It lasts until the run goes on. */
export interface Nudge {
  index: number;
  by: number;
}
export const nudge = signal<Nudge | undefined>(undefined);

/** What the page has to say about something that was given to it: an address, a table. */
export const notice = signal<string | undefined>(undefined);
