/**
 * How time grows with sizes: of a step, per floating-point operation of its products, and of the first step, which traces
 * and compiles. Written to growth.json, from which `npm run pictures` draws docs/pictures/growth-*.svg.
 *
 *   npm run growth                              all of it
 *   npm run growth -- --only width,depth        some series, printed only
 *   npm run growth -- --quick                   the smallest and the second size of each, one round, printed only
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Measured } from "./child.ts";
import type { Growth, Point } from "./growth-file.ts";
import { child, prepare, root, titles, versions } from "./peers.ts";
import { machine } from "./report.ts";
import { all, flops, type Series } from "./series.ts";
import { digits } from "./statistics.ts";

// jax-js takes a minute for a step of 32 blocks.
const peers = ["tendril-compiled", "tfjs-wasm", "torch"] as const;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
  },
});
const names = options.only?.split(",") ?? Object.keys(all);
const wrong = names.find((name) => all[name] === undefined);
if (wrong !== undefined) throw new Error(`${wrong} is not one of ${Object.keys(all).join(", ")}`);
const [rounds, ms] = options.quick ? [1, 50] : [Number(options.rounds), 300];

for (const [peer, { why }] of await prepare(peers)) throw new Error(`MISSING: ${titles[peer]}: ${why}`);

const series: Growth["series"] = [];
for (const name of names) {
  const { title, sizes, call } = all[name] as Series;
  const points = (options.quick ? sizes.slice(0, 2) : sizes).map(
    (size): Point => ({ size, flops: flops(call(size)), times: {} }),
  );
  console.log(`\n${title}: ms of a step, ps per flop, ms of the first step`);
  for (const { size, flops, times } of points) {
    const seen = new Map<string, Measured[]>(peers.map((peer) => [peer, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [peer, measured] of seen) {
        measured.push(await child<Measured>(peer, "measure", { call: call(size), steps: 1 }, ms));
      }
    }
    for (const [peer, measured] of seen) {
      // What else the machine does can only add to a time.
      const least = (key: "ms" | "first"): number => Number(Math.min(...measured.map((m) => m[key])).toPrecision(4));
      times[peer] = { ms: least("ms"), first: least("first") };
    }
    const cells = Object.entries(times).map(
      ([peer, { ms, first }]) => `${peer} ${digits(ms)} ${digits((ms * 1e9) / flops)} ${digits(first)}`,
    );
    console.log(`${String(size).padStart(5)}: ${cells.join(" | ")}`);
  }
  series.push({ name, title, points });
}

if (options.only === undefined && !options.quick) {
  const written = `${new Date().toISOString().slice(0, 10)}, ${machine()}; ${(await versions(peers)).join(", ")}`;
  const growth: Growth = {
    written,
    peers: Object.fromEntries(peers.map((peer) => [peer, titles[peer] ?? peer])),
    series,
  };
  writeFileSync(join(root, "growth.json"), `${JSON.stringify(growth, null, 2)}\n`);
}
