/** Questions of the page that take longer than a frame of the screen, so that the worker answers them. */
import { stepProgram } from "./program.ts";
import { surfaces } from "./surface.ts";

/** Each is a pure function of what a message can carry. */
export const answers = { stepProgram, surfaces };

export type Answers = typeof answers;
export type Question = keyof Answers;
