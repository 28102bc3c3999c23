/** The page's end of the line to the worker. */
import type { Answers, Question } from "./answers.ts";
import type { Frame } from "./frames.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import type { Task } from "./prepare.ts";

/** What a run tells. `frames` come in order, from step 0. */
export interface Listener {
  onFrames(frames: readonly Frame[], over: boolean): void;
  onProblem(message: string): void;
}

export class Client {
  #worker: Worker;
  #run = 0;
  #listener: Listener | undefined;
  #asked = 0;
  #waiting = new Map<number, { resolve(output: never): void; reject(error: Error): void }>();

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
  }

  /** Starts a run, in place of the one before, whose listener hears no more. */
  train(task: Task, until: number, listener: Listener): void {
    this.#listener = listener;
    this.#send({ kind: "train", run: ++this.#run, task, until });
  }

  /** Lets the run go on up to so many steps. */
  more(until: number): void {
    this.#send({ kind: "more", run: this.#run, until });
  }

  /** Asks the worker one of its questions. It answers when the portion of training it is at has ended. */
  ask<Q extends Question>(question: Q, input: Parameters<Answers[Q]>[0]): Promise<ReturnType<Answers[Q]>> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: "ask", id, question, input });
    });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (message.kind === "answer" || message.kind === "failed") {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === "answer") waiting?.resolve(message.output as never);
      else waiting?.reject(new Error(message.message));
    } else if (message.run === this.#run) {
      if (message.kind === "problem") this.#listener?.onProblem(message.message);
      else this.#listener?.onFrames(message.frames, message.over);
    }
  }
}
