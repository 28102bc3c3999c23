import { afterAll, beforeAll } from "vitest";
import { type Engine, useEngine } from "../src/backend/index.ts";

/** Runs `f` on an engine. */
export function on<R>(engine: Engine, f: () => R): R {
  const before = useEngine(engine);
  try {
    return f();
  } finally {
    useEngine(before);
  }
}

/** All tests of the file run on an engine. */
export function allOn(engine: Engine): void {
  let before: Engine;
  beforeAll(() => {
    before = useEngine(engine);
  });
  afterAll(() => {
    useEngine(before);
  });
}
