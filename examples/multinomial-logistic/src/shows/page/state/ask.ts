/** Questions to the worker that follow what moves: one is out at a time, and of those that wait only the last is asked. */
import type { Answers, Question } from "../run/answers.ts";
import { worker } from "./state.ts";

interface Asker<Q extends Question, About> {
  question: Q;
  /** What came of a question, and what it was asked about. */
  take(output: ReturnType<Answers[Q]>, about: About): void;
  /** Why there is no answer, in words. */
  fail(message: string): void;
}

type Ask<Q extends Question, About> = (input: Parameters<Answers[Q]>[0], about: About) => void;

/** The function that asks. */
export function asker<Q extends Question, About>({ question, take, fail }: Asker<Q, About>): Ask<Q, About> {
  let out = false;
  let waiting: Parameters<Ask<Q, About>> | undefined;
  const ask: Ask<Q, About> = (input, about) => {
    if (out) {
      waiting = [input, about];
      return;
    }
    out = true;
    worker()
      .ask(question, input)
      .then(
        (output) => take(output, about),
        (error: Error) => fail(error.message),
      )
      .finally(() => {
        out = false;
        const next = waiting;
        waiting = undefined;
        if (next !== undefined) ask(...next);
      });
  };
  return ask;
}
