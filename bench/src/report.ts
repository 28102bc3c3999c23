/** The tables, for the terminal and for RESULTS.md alike: Markdown, padded. */
import { cpus, totalmem } from "node:os";
import type { Memory } from "./child.ts";
import { type Cell, nothing } from "./measure.ts";
import { titles } from "./peers.ts";
import { digits, duration, type Spread } from "./statistics.ts";
import { works } from "./works.ts";

export interface Results {
  peers: readonly string[];
  /** By work, then by peer. */
  times: ReadonlyMap<string, ReadonlyMap<string, Cell>>;
  cold?: ReadonlyMap<string | null, Spread>;
  sizes?: ReadonlyMap<string, { script: number; wasm: number }>;
  memory?: ReadonlyMap<string, Memory>;
  memorySteps: number;
}

const timed = (cell: Cell | undefined): cell is Spread => cell !== undefined && "median" in cell;
/** Whether something went wrong, and not only that the peer cannot do it. */
const isVoid = (cell: Cell): boolean => !timed(cell) && cell.without.startsWith("void");
const title = (peer: string): string => titles[peer] ?? peer;

/** Pads the columns, so that the source reads as the table does. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, j) => Math.max(...rows.map((row) => (row[j] ?? "").length)));
  const line = (row: readonly string[]): string => `| ${widths.map((w, j) => (row[j] ?? "").padEnd(w)).join(" | ")} |`;
  const rule = widths.map((w) => "-".repeat(w));
  return [rows[0] ?? [], rule, ...rows.slice(1)].map(line).join("\n");
}

/** What the ratios are to: Tendril compiled where it took part, eager where not. */
const baseline = (cells: ReadonlyMap<string, Cell>): Spread | undefined =>
  ["tendril-compiled", "tendril-eager"].map((name) => cells.get(name)).find((cell) => timed(cell));

/** `640 µs (630–655) 35×`: median, quartiles, and how many times Tendril's time. */
function show(cell: Cell | undefined, base: Spread | undefined, flops: number | undefined): string {
  if (!timed(cell)) return cell !== undefined && isVoid(cell) ? "void" : nothing;
  const { q1, median, q3 } = cell;
  if (median === 0) return "agrees";
  const unit = duration(median).split(" ")[1];
  const amount = (ms: number): string => duration(ms, median).split(" ")[0] as string;
  const rate = flops === undefined ? "" : ` = ${digits(flops / median / 1e6)} GF/s`;
  const ratio = base === undefined ? "" : ` **${digits(median / base.median)}×**`;
  return `${amount(median)} ${unit} (${amount(q1)}–${amount(q3)})${rate}${ratio}`;
}

function timeTable({ peers, times }: Results): string {
  const names = [...times.keys()];
  const rows = peers.map((peer) => [
    title(peer),
    ...names.map((name) => {
      const cells = times.get(name) as ReadonlyMap<string, Cell>;
      return show(cells.get(peer), baseline(cells), works[name]?.flops);
    }),
  ]);
  return table([["", ...names], ...rows]);
}

/** What is compiled and cached in the first hundred steps would be counted, so this is for thousands. */
const growth = ({ bytesPerStep }: Memory): string =>
  bytesPerStep < 32 ? ", flat" : `, +${digits(bytesPerStep)} B a step`;

function costTable({ peers, cold, sizes, memory, memorySteps }: Results): string {
  const base = cold && baseline(cold as ReadonlyMap<string, Cell>);
  const rows = [null, ...peers].map((peer) => {
    const size = peer === null ? undefined : sizes?.get(peer);
    const peak = peer === null ? undefined : memory?.get(peer);
    return [
      peer === null ? "an empty script" : title(peer),
      show(cold?.get(peer), base, undefined),
      size === undefined ? "–" : `${digits(size.script)} kB${size.wasm > 0 ? ` + ${digits(size.wasm)} kB .wasm` : ""}`,
      peak === undefined ? "–" : `${digits(peak.peakKb / 1024)} MB${memorySteps < 1000 ? "" : growth(peak)}`,
    ];
  });
  const head = [
    "",
    "cold start: import, 100 W1 steps",
    "W1 program, min + gzip",
    `peak memory, ${memorySteps} W1 steps`,
  ];
  return table([head, ...rows]);
}

/** Why there are no times, in words: of what went wrong, or of what a peer cannot do. */
const reasons = ({ times }: Results): string[] =>
  [...times].flatMap(([work, cells]) =>
    [...cells].flatMap(([peer, cell]) =>
      timed(cell) || cell.without === nothing ? [] : [`${work}, ${title(peer)}: ${cell.without}`],
    ),
  );

/** Whether something went wrong. */
export const failed = ({ times }: Results): boolean =>
  [...times.values()].some((cells) => [...cells.values()].some(isVoid));

/** All tables and what they mean. */
export function tables(results: Results): string {
  const legend = [...results.times.keys()].map((name) => `${name}: ${works[name]?.title}`).join("; ");
  const parts = [
    timeTable(results),
    `Time of a step (or of an op): median (quartiles) over the rounds, **ratio** to Tendril compiled, or eager where there is no compiled form; above 1 is slower than Tendril. ${legend}.`,
  ];
  if (results.cold !== undefined) {
    parts.push(
      costTable(results),
      "The peak is the process's resident memory. Flat: a further step leaves behind less than 32 bytes, on average, once the garbage is collected.",
    );
  }
  return [...parts, ...reasons(results)].join("\n\n");
}

/** The machine in a line. */
export const machine = (): string => {
  const all = cpus();
  return `${all[0]?.model.trim()}, ${all.length} cores, ${digits(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
};
