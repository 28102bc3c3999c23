/**
 * Where moving on pays: the training steps of `compile` beside the same steps exported to ONNX Runtime, and PyTorch, by
 * width. Writes the table of docs/moving-on.md. ONNX Runtime is the one that interop/ installs.
 *
 *   npm run moving                  all of it, about 4 minutes on a quiet machine
 *   npm run moving -- --rounds 1    fewer rounds, printed only
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Measured } from "./child.ts";
import { child, prepare, root, titles, versions } from "./peers.ts";
import { machine } from "./report.ts";
import { agree, digits } from "./statistics.ts";
import { logistic, type Mlp, type Work, works } from "./works.ts";

const peers = ["tendril-compiled", "tendril-threads", "ort", "ort-threads", "torch"] as const;
const [steps, ms, usual] = [10, 600, 3];
/** Losses after these steps are sums of float32 in another order, and Adam divides small numbers by small ones. */
const near = 1e-4;

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: String(usual) } } });
const rounds = Number(options.rounds);

const wide = (width: number): Mlp => ({ rows: 128, sizes: [width, width, width, 10], lr: 0.01 });
const rows: readonly [name: string, call: Work["call"]][] = [
  ["300 × 2 → 3, SGD", ["mlp", logistic]],
  ...[64, 128, 256, 512, 1024, 2048].map((width): [string, Work["call"]] => [
    `128 × ${width}-${width}-${width}-10, SGD`,
    ["mlp", wide(width)],
  ]),
  ["CNN (W7), SGD", (works.W7 as Work).call],
  ["transformer (W8), Adam", (works.W8 as Work).call],
  ["GRU (W9), Adam", (works.W9 as Work).call],
];

for (const [peer, { why }] of await prepare(peers)) throw new Error(`MISSING: ${titles[peer]}: ${why}`);

const table = [
  `| a step | ${peers.map((peer) => titles[peer]).join(" | ")} |`,
  `| --- |${" ---: |".repeat(peers.length)}`,
];
for (const [name, call] of rows) {
  const seen = new Map<string, Measured[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [peer, measured] of seen) measured.push(await child<Measured>(peer, "measure", { call, steps }, ms));
  }
  const [expected] = [...seen.values()].map(([first]) => (first as Measured).result);
  for (const [peer, [first]] of seen) {
    if (agree(expected as number[], (first as Measured).result, near)) continue;
    throw new Error(`${name}: ${peer} computes ${(first as Measured).result}, not ${expected}`);
  }
  const least = [...seen.values()].map((measured) => Math.min(...measured.map((m) => m.ms)));
  const cells = least.map((ms, i) => {
    const ratio = `${digits(ms / (least[0] as number))}×`;
    return i === 0 ? `${digits(ms)} ms` : `${digits(ms)} ms (${ratio})`;
  });
  table.push(`| ${name} | ${cells.join(" | ")} |`);
  console.log(table.at(-1));
}

if (rounds >= usual) {
  const file = join(root, "../docs/moving-on.md");
  const written = `${new Date().toISOString().slice(0, 10)}, ${machine()}; ${(await versions(peers)).join(", ")}`;
  const text = `<!-- table: npm run moving -->\n\n${table.join("\n")}\n\n${written}.\n\n<!-- end -->`;
  const document = readFileSync(file, "utf8");
  const place = /<!-- table: npm run moving -->[\s\S]*?<!-- end -->/;
  if (!place.test(document)) throw new Error("docs/moving-on.md has no place for the table");
  writeFileSync(file, document.replace(place, text));
}
