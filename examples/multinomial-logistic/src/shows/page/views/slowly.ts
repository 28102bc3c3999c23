/** For views that cost more than a frame of the screen: they follow ten times a second, and at rest at once. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { playing } from "../state/state.ts";

export function useSlowly<T>(source: ReadonlySignal<T>): T {
  const seen = useSignal(source.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = source.subscribe((value) => {
      if (!playing.peek()) {
        clearTimeout(timer);
        timer = undefined;
        seen.value = value;
      } else {
        timer ??= setTimeout(() => {
          timer = undefined;
          seen.value = source.peek();
        }, 100);
      }
    });
    const stopAtRest = playing.subscribe((on) => {
      if (!on) seen.value = source.peek();
    });
    return () => {
      clearTimeout(timer);
      stop();
      stopAtRest();
    };
  }, [source, seen]);
  return seen.value;
}
