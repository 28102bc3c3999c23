// The process's workers, which take parts of the steps of compiled programs.
import type { Memory } from "../../backend/wasm/scratch.ts";
import { word } from "../code/threads.ts";

/** What a worker needs for a program. */
export interface Shared {
  readonly module: object;
  readonly memory: Memory;
  /** Where the words by which threads agree begin. */
  readonly at: number;
}

/** Words that the pool's own thread and its workers share: which program it is for, how many workers there are. */
const pool = { turn: 0, alive: 1 } as const;

/** A worker without work ends after this many milliseconds. */
const patience = 5000;

/**
 * What a worker does. It looks for parts for 2 ms before it sleeps: steps follow one another closely, and to be woken
 * takes a good part of a millisecond. Every 100 ms it looks whether it is wanted for another program.
 */
const source = `
const start = ({ module, memory, at, pool, turn }, end) => {
  const words = new Int32Array(memory.buffer, at, 8);
  let functions;
  for (let idle = performance.now(); ; ) {
    const next = Atomics.load(words, ${word.taken});
    if (next === Atomics.load(words, ${word.open})) {
      if (Atomics.load(pool, ${pool.turn}) !== turn) return;
      const waited = performance.now() - idle;
      if (waited < 2) continue;
      if (waited > ${patience}) return end();
      Atomics.wait(words, ${word.open}, next, 100);
      continue;
    }
    functions ??= new WebAssembly.Instance(module, { m: { m: memory } }).exports;
    if (Atomics.compareExchange(words, ${word.taken}, next, (next + 1) | 0) === next) {
      functions["part" + words[${word.step}]](next - words[${word.first}]);
      Atomics.add(words, ${word.done}, 1);
    }
    idle = performance.now();
  }
};
const port = typeof require === "function" ? require("node:worker_threads").parentPort : globalThis;
let timer;
const take = (data) => {
  clearTimeout(timer);
  let ended = false;
  const end = () => {
    if (!ended) Atomics.sub(data.pool, ${pool.alive}, 1);
    ended = true;
    port.close();
  };
  start(data, end);
  if (!ended) timer = setTimeout(end, ${patience});
};
if (port === globalThis) onmessage = ({ data }) => take(data);
else port.on("message", take);
`;

interface Worker {
  postMessage(message: unknown): void;
  unref?(): void;
  on?(event: "error", listener: () => void): void;
}
/** Browsers, Deno and Bun have Worker, and share memory only with isolated pages; Node has a module. */
interface Host {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly Worker?: new (url: string) => Worker;
  readonly URL: { createObjectURL(blob: object): string };
  readonly Blob: new (parts: string[]) => object;
  readonly process?: { getBuiltinModule?(name: string): unknown };
}
interface WorkerThreads {
  readonly Worker: new (code: string, options: object) => Worker;
}
const host = globalThis as unknown as Host;

/** Whether threads can share memory here. */
export const canShare = (): boolean =>
  typeof SharedArrayBuffer === "function" &&
  typeof Atomics === "object" &&
  (host.process?.getBuiltinModule !== undefined || (host.crossOriginIsolated === true && host.Worker !== undefined));

/** How many threads can run at once. */
function cores(): number {
  const os = host.process?.getBuiltinModule?.("node:os") as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.() ?? host.navigator?.hardwareConcurrency ?? 1;
}

let words: Int32Array | undefined;
let workers: Worker[] = [];
/** The program to which the workers are assigned. It is kept alive, with its memory, until another one takes its place. */
let current: Shared | undefined;
let forbidden = false;

/**
 * Assigns up to `count` of the process's workers to a program, if they are not yet: the program that runs has all of them.
 * There is one pool; it has as many workers as the largest request so far, and no more than there are other cores.
 */
export function callWorkers(program: Shared, count: number): void {
  words ??= new Int32Array(new SharedArrayBuffer(8));
  if (current === program && Atomics.load(words, pool.alive) >= workers.length) return;
  const before = current;
  current = program;
  if (Atomics.load(words, pool.alive) < workers.length) {
    // Some have ended, and it is not known which: all are replaced, and those that still run notice it and end.
    Atomics.add(words, pool.turn, 1);
    words = new Int32Array(new SharedArrayBuffer(8));
    workers = [];
  }
  const turn = Atomics.add(words, pool.turn, 1) + 1;
  if (before !== undefined) Atomics.notify(new Int32Array(before.memory.buffer, before.at), word.open);
  const wanted = Math.min(count, cores() - 1);
  try {
    while (workers.length < wanted && !forbidden) {
      workers.push(start());
      Atomics.add(words, pool.alive, 1);
    }
  } catch {
    forbidden = true; // by a page's policy: programs do all of their parts themselves
  }
  for (const worker of workers.slice(0, wanted)) worker.postMessage({ ...program, pool: words, turn });
}

function start(): Worker {
  const threads = host.process?.getBuiltinModule?.("node:worker_threads") as WorkerThreads | undefined;
  if (threads !== undefined) {
    const worker = new threads.Worker(source, { eval: true, execArgv: [] });
    worker.on?.("error", () => undefined); // one that cannot start takes no part, and the program does them all
    worker.unref?.();
    return worker;
  }
  return new (host.Worker as NonNullable<Host["Worker"]>)(host.URL.createObjectURL(new host.Blob([source])));
}
