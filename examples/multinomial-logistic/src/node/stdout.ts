/** Standard output, written at once and in order: a failure is known where it happens, not after the end. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { UserError } from "../lesson/user-error.ts";
import { codeOf, why } from "./system-error.ts";

export interface Output {
  isTTY: boolean;
  /** How wide the terminal is now, if it is one and says so. */
  readonly columns: number | undefined;
  write(text: string): void;
  /** @throws UserError when some of what was written did not arrive. */
  finish(): void;
}

/**
 * When nobody takes the output any more, the run is over, unless there are files to write (`goesOn`): then it goes on
 * in silence and writes them, and only `finish` tells. A reader that has seen enough, such as `| head`, is no error.
 */
export function openStdout({ goesOn }: { goesOn: boolean }): Output {
  const isTTY = isatty(1);
  let failure: unknown;
  const finish = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    isTTY,
    // For a pipe even to ask Node's stream would make it non-blocking.
    get columns() {
      return isTTY ? process.stdout.columns : undefined;
    },
    write(text) {
      if (failure !== undefined) return;
      try {
        writeAll(1, text);
      } catch (error) {
        const closed = codeOf(error) === "EPIPE";
        failure = closed ? error : new UserError(`cannot write to standard output: ${why(error)}`);
        if (!goesOn) finish();
      }
    },
    finish,
  };
}

export function writeAll(file: number, content: string | Uint8Array): void {
  for (let rest: Uint8Array = Buffer.from(content); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(file, rest));
    } catch (error) {
      // A full pipe that somebody has made non-blocking: wait a little for its reader.
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
