/** What the page and its worker say to each other. */
import type { Frame } from "./frames.ts";
import type { Task } from "./prepare.ts";

export type ToWorker =
  /** Forget every other run, and go on with this one up to so many steps. */
  | { kind: "train"; run: number; task: Task; until: number }
  | { kind: "more"; run: number; until: number }
  /** One question, one answer; see `answers.ts`. */
  | { kind: "ask"; id: number; question: string; input: unknown };

export type FromWorker =
  /** Frames from a step on; `over` when no more will come. */
  | { kind: "frames"; run: number; from: number; frames: Frame[]; over: boolean }
  | { kind: "problem"; run: number; message: string }
  | { kind: "answer"; id: number; output: unknown }
  | { kind: "failed"; id: number; message: string };
