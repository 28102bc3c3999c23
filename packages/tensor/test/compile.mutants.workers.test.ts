// Tests that single changes of the source once passed all others, and fail here: of who starts workers, and how many.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { word } from "../src/compile/code/threads.ts";
import type * as Workers from "../src/compile/run/workers.ts";

interface Message {
  readonly module: object;
  readonly pool: Int32Array;
  readonly turn: number;
}
let made: Fake[] = [];
/** A worker that only keeps how it was made and what it was sent. */
class Fake {
  readonly messages: Message[] = [];
  readonly given: readonly unknown[];
  constructor(...given: unknown[]) {
    this.given = given;
    made.push(this);
  }
  postMessage(message: Message): void {
    this.messages.push(message);
  }
}
const program = () => ({ module: {}, memory: { buffer: new SharedArrayBuffer(64) } as never, at: 0 });

interface Platform {
  builtin?: (name: string) => unknown;
  isolated?: boolean;
  worker?: unknown;
  cores?: number;
}
/** The module as it is on such a platform: what it remembers begins anew. */
async function on({ builtin, isolated, worker, cores }: Platform): Promise<typeof Workers> {
  vi.stubGlobal("process", Object.assign(Object.create(process), { getBuiltinModule: builtin }));
  vi.stubGlobal("crossOriginIsolated", isolated);
  vi.stubGlobal("Worker", worker);
  vi.stubGlobal("navigator", cores === undefined ? undefined : { hardwareConcurrency: cores });
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => blob as never);
  vi.stubGlobal(
    "Blob",
    class {
      constructor(readonly parts: string[]) {}
    },
  );
  vi.resetModules();
  return import("../src/compile/run/workers.ts");
}

beforeEach(() => {
  made = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("memory can be shared", () => {
  const builtin = (): undefined => undefined;
  it.each<[string, Platform, boolean]>([
    ["in Node", { builtin }, true],
    ["in a page that is isolated", { isolated: true, worker: Fake }, true],
    ["not in one that is not", { worker: Fake }, false],
    ["not without workers", { isolated: true }, false],
    ["not without either", {}, false],
  ])("%s", async (_, platform, expected) => {
    expect((await on(platform)).canShare()).toBe(expected);
  });

  it("in a page, which has no process", async () => {
    const { canShare } = await on({ isolated: true, worker: Fake });
    vi.stubGlobal("process", undefined);
    const able = canShare();
    vi.unstubAllGlobals();
    expect(able).toBe(true);
  });
});

describe("workers", () => {
  it("are started from the text of a program, and each is sent what it needs", async () => {
    const { callWorkers } = await on({ isolated: true, worker: Fake, cores: 4 });
    const first = program();
    callWorkers(first, 2);
    expect(made).toHaveLength(2);
    expect(made[0]?.given).toEqual([{ parts: [expect.stringContaining("WebAssembly.Instance")] }]);
    for (const { messages } of made) expect(messages).toEqual([{ ...first, pool: expect.any(Int32Array), turn: 1 }]);
  });

  it("are no more than there are other cores", async () => {
    const { callWorkers } = await on({ isolated: true, worker: Fake, cores: 4 });
    callWorkers(program(), 99);
    expect(made).toHaveLength(3);
  });

  it("are none where nobody knows how many cores there are", async () => {
    const { callWorkers } = await on({ isolated: true, worker: Fake });
    callWorkers(program(), 2);
    expect(made).toHaveLength(0);
  });

  it("that are at a program are not called again", async () => {
    const { callWorkers } = await on({ isolated: true, worker: Fake, cores: 4 });
    const first = program();
    callWorkers(first, 2);
    callWorkers(first, 2);
    expect(made.map(({ messages }) => messages.length)).toEqual([1, 1]);
  });

  it("of which one has ended are replaced", async () => {
    const { callWorkers } = await on({ isolated: true, worker: Fake, cores: 4 });
    const first = program();
    callWorkers(first, 2);
    const pool = made[0]?.messages[0]?.pool as Int32Array;
    Atomics.sub(pool, 1, 1);
    callWorkers(first, 2);
    expect(made).toHaveLength(4);
    expect(made[3]?.messages[0]?.pool).not.toBe(pool);
    // Those of before find their program gone.
    expect(pool[0]).toBe(2);
  });

  it("go to another program, as many as it wants, and are woken from the one before", async () => {
    const { callWorkers } = await on({ isolated: true, worker: Fake, cores: 4 });
    const notify = vi.spyOn(Atomics, "notify");
    const [first, second] = [program(), program()];
    callWorkers(first, 2);
    expect(notify).not.toHaveBeenCalled();
    callWorkers(second, 1);
    expect(made.map(({ messages }) => messages.length)).toEqual([2, 1]);
    expect(notify).toHaveBeenCalledTimes(1);
    const [words, index] = notify.mock.calls[0] as unknown as [Int32Array, number];
    expect([words.buffer, index]).toEqual([(first.memory as { buffer: SharedArrayBuffer }).buffer, word.open]);
    expect(words.buffer).toBe((first.memory as { buffer: SharedArrayBuffer }).buffer);
  });

  it("that a page forbids are tried once", async () => {
    const worker = vi.fn(function refused() {
      throw new Error("refused by the policy");
    });
    const { callWorkers } = await on({ isolated: true, worker, cores: 4 });
    callWorkers(program(), 2);
    callWorkers(program(), 2);
    expect(worker).toHaveBeenCalledTimes(1);
  });

  it("of Node get no options of the process that starts them", async () => {
    const builtin = (name: string): unknown =>
      ({ "node:os": { availableParallelism: () => 3 }, "node:worker_threads": { Worker: Fake } })[name];
    const { callWorkers } = await on({ builtin });
    callWorkers(program(), 2);
    expect(made[1]?.given).toEqual([expect.any(String), { eval: true, execArgv: [] }]);
  });

  it.each([
    ["no such modules", (): undefined => undefined],
    ["an older one", (name: string) => (name === "node:os" ? {} : undefined)],
  ])("are the platform's own where there is a process with %s", async (_, builtin) => {
    const { callWorkers } = await on({ builtin, worker: Fake, cores: 3 });
    callWorkers(program(), 2);
    expect(made).toHaveLength(2);
  });
});
