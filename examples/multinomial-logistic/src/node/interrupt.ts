/** Ctrl-C: the first one ends the training, so that what there is can be saved; a second one ends the program. */
import { setImmediate, setTimeout } from "node:timers/promises";

export interface Interrupt {
  /** Whether Ctrl-C was pressed. Node hears of it only between two turns of its event loop: this makes one. */
  heard(): Promise<boolean>;
  /** After the training: from now on Ctrl-C ends the program at once, whatever it is doing. */
  done(): Promise<void>;
}

export function listenForInterrupt(): Interrupt {
  let pressed = false;
  const listener = (): void => {
    pressed = true;
  };
  process.on("SIGINT", listener);
  return {
    async heard() {
      await setImmediate();
      return pressed;
    },
    async done() {
      // What started this program (npm, tsx) may pass the same Ctrl-C on once more: that is not a second one.
      if (pressed) await setTimeout(100);
      process.off("SIGINT", listener);
    },
  };
}
