import {
  atomicAdd,
  atomicExchange,
  atomicLoad,
  atomicNotify,
  atomicStore,
  block,
  br,
  brIf,
  type Code,
  code,
  i32,
  loop,
  type NewLocal,
  store,
  when,
} from "../backend/wasm/assembler.ts";
import type { Memory } from "../backend/wasm/scratch.ts";

// Large steps of a program are cut into parts, which all threads take from one counter, the program's own thread among
// them: it waits only for parts that others have begun, and does all of them if nobody comes. What a part computes does
// not depend on who does it, so results do not depend on the number of threads.

/** Words of shared memory. Parts are numbered on from step to step, for ever: `open` ends those that may be taken. */
const word = { open: 0, taken: 1, done: 2, first: 3, step: 4, wrong: 5 } as const;
export const wordBytes = 32;

/** Notes (1), or forgets (0), that a part has met a wrong index; and whether one has. */
export const setWrong = (at: number, wrong: 0 | 1): Code => atomicStore(at + 4 * word.wrong, wrong);
export const isWrong = (at: number): Code => atomicLoad(at + 4 * word.wrong);

/** Code that has step `i` done by everybody, in so many parts; `part` is the code for one. The words are at `at`. */
export function shared(i: number, parts: number, at: number, part: (index: Code) => Code[], local: NewLocal): Code[] {
  const [first, next] = [local("i32"), local("i32")];
  const [open, taken, done] = [at + 4 * word.open, at + 4 * word.taken, at + 4 * word.done];
  const end = i32.add(first, parts);
  return [
    first.set(atomicLoad(open)),
    store("i32.store", code("i32", at), first, 4 * word.first),
    store("i32.store", code("i32", at), code("i32", i), 4 * word.step),
    atomicStore(open, end),
    atomicNotify(open),
    block((all) => [
      loop((again) => [
        next.set(atomicLoad(taken)),
        brIf(all, i32.eq(next, end)),
        when(i32.eq(atomicExchange(taken, next, i32.add(next, 1)), next), [
          ...part(i32.sub(next, first)),
          atomicAdd(done, 1),
        ]),
        br(again),
      ]),
    ]),
    loop((again) => [brIf(again, i32.ne(atomicLoad(done), end))]),
  ];
}

/**
 * What a worker does, for ever. It looks for work for 2 ms before it sleeps: steps follow one another closely, and to be
 * woken takes a good part of a millisecond.
 */
const source = `
const work = ({ module, memory, at }) => {
  const words = new Int32Array(memory.buffer, at, 8);
  const functions = new WebAssembly.Instance(module, { m: { m: memory } }).exports;
  for (let idle = performance.now(); ; ) {
    const next = Atomics.load(words, ${word.taken});
    if (next === Atomics.load(words, ${word.open})) {
      if (performance.now() - idle < 2) continue;
      Atomics.wait(words, ${word.open}, next);
    } else if (Atomics.compareExchange(words, ${word.taken}, next, (next + 1) | 0) === next) {
      functions["part" + words[${word.step}]](next - words[${word.first}]);
      Atomics.add(words, ${word.done}, 1);
    }
    idle = performance.now();
  }
};
typeof require === "function" ? work(require("node:worker_threads").workerData) : (onmessage = ({ data }) => work(data));
`;

interface Worker {
  terminate(): unknown;
  postMessage?(message: unknown): void;
  unref?(): void;
  on?(event: "error", listener: () => void): void;
}
/** Browsers, Deno and Bun have Worker, and share memory only with isolated pages; Node has a module. */
interface Host {
  readonly crossOriginIsolated?: boolean;
  readonly Worker?: new (url: string) => Worker;
  readonly URL: { createObjectURL(blob: object): string };
  readonly Blob: new (parts: string[]) => object;
  readonly process?: { getBuiltinModule?(name: string): { Worker: new (code: string, options: object) => Worker } };
}
const host = globalThis as unknown as Host;

/** Whether threads can share memory here. */
export const canShare = (): boolean =>
  host.process?.getBuiltinModule !== undefined || (host.crossOriginIsolated === true && host.Worker !== undefined);

/** Workers for one program, which end when `owner` is forgotten. */
export function startWorkers(owner: object, count: number, module: object, memory: Memory, at: number): void {
  const workers: Worker[] = [];
  ended.register(owner, workers);
  try {
    for (let i = 0; i < count; i++) workers.push(start({ module, memory, at }));
  } catch {
    // A page's policy may forbid workers: then nobody comes, and the program does all of its parts.
  }
}

const ended = new FinalizationRegistry<Worker[]>((workers) => {
  for (const worker of workers) worker.terminate();
});

function start(data: object): Worker {
  const node = host.process?.getBuiltinModule?.("node:worker_threads");
  if (node !== undefined) {
    const worker = new node.Worker(source, { eval: true, workerData: data, execArgv: [] });
    worker.on?.("error", () => undefined); // one that cannot start takes no work, and the others do it
    worker.unref?.();
    return worker;
  }
  const worker = new (host.Worker as NonNullable<Host["Worker"]>)(host.URL.createObjectURL(new host.Blob([source])));
  worker.postMessage?.(data);
  return worker;
}
