/**
 * One peer, one work, in a process of its own: `node child.js PEER measure|cold|memory CALL STEPS AMOUNT`, where CALL is the
 * work's in JSON. Prints JSON: `null` where the peer has no such task, `{ without }` where it cannot do this one.
 * `peers/torch_peer.py` speaks the same protocol.
 */
import { type Call, type Peer, setUp, type Task } from "./works.ts";

/** What `measure` reports: the results after so many steps, and the milliseconds of the first step and of a later one. */
export interface Measured {
  result: number[];
  first: number;
  ms: number;
}

/** What `memory` reports: the most that the process has held, and what each further step leaves behind. */
export interface Memory {
  peakKb: number;
  bytesPerStep: number;
}

/** Milliseconds of so many steps. */
async function run(task: Task, steps: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const pending = task.step();
    if (pending !== undefined) await pending;
  }
  return performance.now() - start;
}

/** Checks, warms up, then times batches of about 2 ms; the median batch stands for the round. */
async function measure(task: Task, steps: number, ms: number): Promise<Measured> {
  const first = await run(task, 1);
  let warm = first + (await run(task, steps - 1));
  const result = await task.result();
  if (ms === 0) return { result, first, ms: 0 };
  while (warm < ms / 2) warm += await run(task, steps);
  const batch = Math.max(1, Math.round((2 * steps) / (await run(task, steps))));
  const times: number[] = [];
  for (let spent = 0; spent < ms || times.length < 3; ) {
    const t = await run(task, batch);
    times.push(t / batch);
    spent += t;
  }
  return { result, first, ms: times.sort((a, b) => a - b)[times.length >> 1] as number };
}

/** The peak is undisturbed; what is left behind is counted after it, between two collections of garbage. */
async function memory(task: Task, steps: number): Promise<Memory> {
  await run(task, steps);
  const peakKb = process.resourceUsage().maxRSS;
  const before = held();
  await run(task, steps / 2);
  return { peakKb, bytesPerStep: (held() - before) / (steps / 2) };
}

function held(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.(); // what finalizers release goes in the next round
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [name, mode, call, steps, amount] = process.argv.slice(2) as [string, string, string, string, string];
const peer: Peer = await import(new URL(`${name}.js`, import.meta.url).href);
await peer.prepare?.();
const task = setUp(peer, JSON.parse(call) as Call);
if (!task || "without" in task) console.log(JSON.stringify(task ?? null));
else if (mode === "measure") console.log(JSON.stringify(await measure(task, Number(steps), Number(amount))));
else if (mode === "memory") console.log(JSON.stringify(await memory(task, Number(amount))));
else await run(task, Number(amount));
