/** The tables of README and docs/benchmarks.md, made of what bench/RESULTS.md holds. */
import { type Results, readTime, type Table } from "./results.ts";

/** Numbers stay with their units: the space between them does not break. */
const markdown = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows.map((row) =>
    row.map((text) => text.replace(/(?<=\d) (?=(?:[nµm]s|[kM]?B)\b)/g, "\u00a0")),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
};

function cell(table: Table, peer: string, column: string): string {
  const found = table.rows.get(peer)?.get(column);
  if (found === undefined) throw new Error(`bench/RESULTS.md: there is no ${peer} of ${column}`);
  return found;
}

/** The peers that README shows, by what it calls them. */
const few: readonly (readonly [string, string])[] = [
  ["Tendril compiled", "Tendril compiled"],
  ["Tendril eager", "eager"],
  ["plain JS loops", "plain JS loops"],
  ["TensorFlow.js wasm", "TensorFlow.js wasm"],
  ["jax-js jit", "jax-js jit"],
  ["PyTorch native", "PyTorch native"],
];

/** What README calls the works that it shows. */
const named: readonly (readonly [string, string])[] = [
  ["W1", "logistic regression, 300 × 2 → 3"],
  ["W2", "perceptron, 128 × 784-128-10"],
  ["W3", "perceptron, 256 × 784-512-256-10"],
  ["W5", "mean(tanh(x·w + b)·σ(x)), 10⁶, with gradients"],
  ["W6", "cross-entropy, 1024 × 1000, with its gradient"],
];

/** Medians: a row for each work, a column for each of a few peers. */
const summary = ({ times }: Results): string =>
  markdown([
    ["work", ...few.map(([, title]) => title)],
    ...named.map(([work, title]) => [title, ...few.map(([peer]) => readTime(cell(times, peer, work))?.median ?? "–")]),
  ]);

/** Medians and ratios of all peers: a row for each of them. */
function times(table: Table, columns: readonly string[]): string {
  const short = (column: string): string => /^\w+/.exec(column)?.[0] ?? column;
  const rows = [...table.rows.keys()].map((peer) => [
    peer,
    ...columns.map((column) => {
      const text = cell(table, peer, column);
      const time = readTime(text);
      if (time === undefined) return text;
      return time.ratio === "" ? time.median : `${time.median}, ${time.ratio}`;
    }),
  ]);
  return markdown([["peer", ...columns.map(short)], ...rows]);
}

const works = ({ works, networks }: Results): string =>
  [
    ...[...works].map(([name, title]) => `- **${name}**: ${title}`),
    ...networks.columns.map((column) => `- **${column.replace(": ", "**: ")}`),
  ].join("\n");

const costs = ({ costs: table }: Results): string =>
  markdown([
    ["peer", ...table.columns],
    ...[...table.rows.keys()].map((peer) => [
      peer,
      ...table.columns.map((column) => {
        const text = cell(table, peer, column);
        const time = readTime(text);
        return time === undefined ? text : `${time.median}, ${time.ratio}`;
      }),
    ]),
  ]);

/** All tables, by the names that the documents ask for them. */
export const tables: Readonly<Record<string, (results: Results) => string>> = {
  summary,
  header: ({ header }) => header,
  works,
  times: (results) => times(results.times, results.times.columns),
  networks: ({ networks }) => times(networks, networks.columns),
  costs,
};

/** `<!-- benchmarks: summary -->` … `<!-- end -->`: what stands between is written anew. */
export function withTables(document: string, results: Results): string {
  return document.replace(
    /(<!-- benchmarks: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, opening: string, name: string, closing: string) => {
      const table = tables[name];
      if (table === undefined)
        throw new Error(`there is no table ${name}; there are ${Object.keys(tables).join(", ")}`);
      return `${opening}\n${table(results)}\n\n${closing}`;
    },
  );
}
