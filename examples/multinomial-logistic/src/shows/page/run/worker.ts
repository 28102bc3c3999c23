/** The worker: trains in small portions, so that it can hear in between that another run is wanted. */
import { answers } from "./answers.ts";
import { type Frame, frames } from "./frames.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** The part of a worker's global that is used here; the page's types know only windows. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

/** Milliseconds of training between two messages. */
const portion = 25;

export function serve(scope: WorkerScope): void {
  let current: { run: number; rest: Iterator<Frame>; done: number; until: number } | undefined;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || current === undefined || current.done >= current.until) return;
    scheduled = true;
    setTimeout(train);
  };

  const train = (): void => {
    scheduled = false;
    if (current === undefined) return;
    const { run, rest, done } = current;
    const list: Frame[] = [];
    let over = false;
    try {
      for (const end = performance.now() + portion; performance.now() < end && current.done < current.until; ) {
        const next = rest.next();
        over = next.done === true;
        if (next.done) break;
        list.push(next.value);
        current.done++;
      }
    } catch (error) {
      current = undefined;
      scope.postMessage({ kind: "problem", run, message: messageOf(error) });
      return;
    }
    scope.postMessage({ kind: "frames", run, from: done, frames: list, over });
    if (over) current = undefined;
    schedule();
  };

  scope.onmessage = ({ data }) => {
    if (data.kind === "ask") {
      try {
        const output = (answers as Record<string, (input: never) => unknown>)[data.question]?.(data.input as never);
        scope.postMessage({ kind: "answer", id: data.id, output });
      } catch (error) {
        scope.postMessage({ kind: "failed", id: data.id, message: messageOf(error) });
      }
      return;
    }
    if (data.kind === "train") {
      current = { run: data.run, rest: frames(data.task)[Symbol.iterator](), done: 0, until: data.until + 1 };
    } else if (current?.run === data.run) {
      current.until = Math.max(current.until, data.until + 1);
    }
    schedule();
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
