/** Interleaved rounds: each peer in a process of its own, one after the other, and again. */
import type { Measured, Memory } from "./child.ts";
import { bundleSize, child, wholeProcess } from "./peers.ts";
import { agree, type Spread, spread } from "./statistics.ts";
import { type Unable, type Work, works } from "./works.ts";

/** A cell of the table: a time per step, or why there is none. */
export type Cell = Spread | Unable;

/** How far results may be apart, relatively: of works whose numbers are known, and of others. */
const tolerance = { expected: 4e-6, peers: 1e-3 };

/** Instead of a time where a peer cannot do the work at all. */
export const nothing = "–";

/** How much is done. `quick`: just enough to see that everything works. */
export interface Amounts {
  rounds: number;
  /** Milliseconds for which each peer is timed in each round. */
  ms: number;
  /** Steps of W1 for the peak of memory. */
  memorySteps: number;
}

const say = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\x1b[2K\r${text}`);
};

const list = (values: readonly number[]): string => `[${values.map((x) => x.toPrecision(8)).join(", ")}]`;

const failure = (error: unknown): string => {
  const lines = String((error as { stderr?: string }).stderr || error)
    .trim()
    .split("\n");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "failed";
};

/** Times of `name` by peer. What must come out is what the work says, or else what the plain loops or the first peer did. */
export async function time(
  name: string,
  peers: readonly string[],
  { rounds, ms }: Amounts,
): Promise<Map<string, Cell>> {
  const work = works[name] as Work;
  const { ops = 1 } = work;
  const near = work.expected === undefined ? tolerance.peers : tolerance.expected;
  let expected = work.expected ?? (await child<Measured | null>("plain", "measure", work, 0))?.result;
  const times = new Map<string, number[]>();
  const without = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      if (without.has(peer)) continue;
      say(`${name}, round ${round + 1} of ${rounds}: ${peer}`);
      try {
        const measured = await child<Measured | Unable | null>(peer, "measure", work, ms);
        if (measured === null) without.set(peer, nothing);
        else if ("without" in measured) without.set(peer, measured.without);
        else {
          expected ??= measured.result;
          if (!agree(expected, measured.result, near)) {
            without.set(peer, `void: ${list(measured.result)} instead of ${list(expected)}`);
          }
          times.set(peer, [...(times.get(peer) ?? []), measured.ms / ops]);
        }
      } catch (error) {
        without.set(peer, `void: ${failure(error)}`);
      }
    }
  }
  say("");
  return new Map(
    peers.map((peer) => {
      const why = without.get(peer);
      return [peer, why === undefined ? spread(times.get(peer) ?? []) : { without: why }];
    }),
  );
}

/** Whole processes that import and make 100 steps of W1; by `null`, an empty one. */
export async function coldStart(peers: readonly string[], { rounds }: Amounts): Promise<Map<string | null, Spread>> {
  const times = new Map<string | null, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const peer of [null, ...peers]) {
      say(`cold start, round ${round + 1} of ${rounds}: ${peer ?? "empty"}`);
      times.set(peer, [...(times.get(peer) ?? []), await wholeProcess(peer, 100)]);
    }
  }
  say("");
  return new Map([...times].map(([peer, values]) => [peer, spread(values)]));
}

/** What a page would load. */
export async function bundles(peers: readonly string[]): Promise<Map<string, { script: number; wasm: number }>> {
  const sizes = new Map<string, { script: number; wasm: number }>();
  for (const peer of peers) if (peer !== "torch") sizes.set(peer, await bundleSize(peer));
  return sizes;
}

/** The peak of memory over the steps of W1. */
export async function memory(peers: readonly string[], { memorySteps }: Amounts): Promise<Map<string, Memory>> {
  const peaks = new Map<string, Memory>();
  for (const peer of peers) {
    say(`memory: ${peer}`);
    peaks.set(peer, await child<Memory>(peer, "memory", works.W1 as Work, memorySteps));
  }
  say("");
  return peaks;
}
