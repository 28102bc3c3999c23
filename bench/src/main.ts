/**
 * Tendril beside its peers: the same work, data and initial weights; one thread each, but where it says two.
 *
 *   npm start                              all of it, and RESULTS.md
 *   npm start -- --only W1,W4 --rounds 9   some of it, printed only
 *   npm start -- --peers plain,tendril-eager
 *   npm run smoke                          that everybody is there and does the same work; no timing to rely on
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Amounts, bundles, coldStart, memory, time } from "./measure.ts";
import { prepare, root, runtimes, titles, versions } from "./peers.ts";
import { failed, machine, type Results, tables } from "./report.ts";
import { works } from "./works.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string", default: "7" },
    quick: { type: "boolean", default: false },
  },
});

/** The chosen among `all`; throws for a name that is not there. */
function choose(chosen: string | undefined, all: readonly string[]): string[] {
  const names = chosen?.split(",") ?? [...all];
  const wrong = names.find((name) => !all.includes(name));
  if (wrong !== undefined) throw new Error(`${wrong} is not one of ${all.join(", ")}`);
  return names;
}

const costs = "costs"; // cold start, size, memory
const parts = choose(options.only, [...Object.keys(works), costs]);
const wanted = choose(
  options.peers,
  Object.keys(titles).filter((peer) => !runtimes.includes(peer)),
);
const amounts: Amounts = options.quick
  ? { rounds: 1, ms: 0, memorySteps: 20 }
  : { rounds: Number(options.rounds), ms: 600, memorySteps: 10_000 };

const missing = await prepare([...new Set(["plain", ...wanted])]);
for (const [peer, { why, optional }] of missing)
  console.log(`${optional ? "without" : "MISSING:"} ${titles[peer]}: ${why}`);
if ([...missing.values()].some(({ optional }) => !optional)) process.exit(1);
const peers = wanted.filter((peer) => !missing.has(peer));

const times: Results["times"] = new Map();
for (const part of parts) {
  if (part !== costs) (times as Map<string, unknown>).set(part, await time(part, peers, amounts));
}
const results: Results = {
  peers,
  times,
  memorySteps: amounts.memorySteps,
  ...(parts.includes(costs) && {
    cold: await coldStart(peers, amounts),
    sizes: await bundles(peers),
    memory: await memory(peers, amounts),
  }),
};
const used = (await versions(peers)).join(", ");
console.log(`\n${machine()}\n${used}\n\n${tables(results)}`);

const complete = options.only === undefined && options.peers === undefined && !options.quick;
if (complete) {
  const file = join(root, "RESULTS.md");
  const old = existsSync(file) ? readFileSync(file, "utf8") : "";
  const notes = old.includes("\n## Notes") ? old.slice(old.indexOf("\n## Notes")) : "";
  const command = `cd bench && npm start -- --rounds ${amounts.rounds}`;
  const date = new Date().toISOString().slice(0, 10);
  const head = `# Results\n\nWritten by \`${command}\` on ${date}, on ${machine()}; one thread each but where it says two.\n${used}.`;
  writeFileSync(file, `${head}\n\n${tables(results)}\n${notes}`);
  console.log(`\nwritten to ${file}`);
}
if (failed(results)) process.exitCode = 1;
