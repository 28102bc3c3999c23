/** The program of the run that is shown, joined to its parts: asked for when somebody looks at it. */
import { effect, signal } from "@preact/signals";
import type { Task } from "../../run/prepare.ts";
import { asker } from "../../state/ask.ts";
import { shown } from "../../state/state.ts";
import { chosenPart, focusedPart } from "../../views/parts.tsx";
import { type JoinedLine, joinParts } from "./join.ts";
import { type OpLine, type Program, parseProgram, type Summary, summaryOf } from "./parse.ts";
import type { Part } from "./parts.ts";

export interface Listing {
  task: Task;
  program: Program;
  lines: readonly JoinedLine[];
  summary: Summary | undefined;
}

export const listing = signal<Listing | undefined>(undefined);
/** Why there is no program, in words. */
export const listingProblem = signal<string | undefined>(undefined);
/** The chapter is on the screen. */
export const listingVisible = signal(false);

const ask = asker({
  question: "stepProgram",
  take: (text, task: Task) => {
    const program = parseProgram(text);
    listing.value = { task, program, lines: joinParts(program), summary: summaryOf(program) };
    listingProblem.value = undefined;
  },
  fail: (message) => {
    listingProblem.value = message;
  },
});

let asked: Task | undefined;
effect(() => {
  const wanted = listingVisible.value || focusedPart.value !== undefined || chosenPart.value !== undefined;
  const task = shown.value?.task;
  if (!wanted || task === undefined || task === asked) return;
  asked = task;
  ask(task, task);
});

/** The ops of a part, in the program's order. */
export function opsOf(part: Part, { lines }: Listing): OpLine[] {
  return lines.flatMap((one) => (one.line.kind === "op" && one.part === part ? [one.line] : []));
}
