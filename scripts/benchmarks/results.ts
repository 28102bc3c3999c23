/** Reads the tables of bench/RESULTS.md, which the benchmark writes: the one place where measured numbers stand. */

/** A table by its rows' names, then by its columns'. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const cellsOf = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Every Markdown table of a document, in its order. */
export function tablesOf(document: string): Table[] {
  return [...document.matchAll(/(?:^\|.*\|\n)+/gm)].map(([text]) => {
    const [head = [], , ...rows] = text.trimEnd().split("\n").map(cellsOf);
    const columns = head.slice(1);
    const named = rows.map(([name = "", ...cells]): [string, Map<string, string>] => [
      name,
      new Map(columns.map((column, i) => [column, cells[i] ?? ""])),
    ]);
    return { columns, rows: new Map(named) };
  });
}

export interface Results {
  /** When, where and with what it was measured. */
  readonly header: string;
  /** Time of a step: by peer, then by work. */
  readonly times: Table;
  /** Cold start, size and memory: by peer. */
  readonly costs: Table;
  /** Of the networks, which were measured for themselves: by peer, then by work. */
  readonly networks: Table;
  /** What each work is, by its short name. */
  readonly works: ReadonlyMap<string, string>;
}

/** Finds the table whose columns fit; throws where there is none. */
function tableWith(tables: readonly Table[], columns: RegExp): Table {
  const found = tables.find((table) => columns.test(table.columns.join(" | ")));
  if (found === undefined) throw new Error(`bench/RESULTS.md: no table has the columns ${columns}`);
  return found;
}

export function readResults(document: string): Results {
  const tables = tablesOf(document);
  const legend = /is slower than Tendril\. (.*)\.$/m.exec(document)?.[1];
  const header = /^Written by .*\n.*$/m.exec(document)?.[0];
  if (legend === undefined || header === undefined) throw new Error("bench/RESULTS.md: no legend, or no header");
  const works = legend.split("; ").map((entry): [string, string] => {
    const [name = "", ...words] = entry.split(": ");
    return [name, words.join(": ")];
  });
  return {
    header: header.replace(/\s+/g, " "),
    times: tableWith(tables, /^W1 \| W2/),
    costs: tableWith(tables, /cold start/),
    networks: tableWith(tables, /^W7: /),
    works: new Map(works),
  };
}

/** `640 µs (630–655) **35×**`: the median, and how many times Tendril's time it is. */
export function readTime(cell: string): { median: string; ratio: string } | undefined {
  const match = /^([\d.]+ (?:ns|µs|ms|s))\b.*?(?:\*\*([\d.]+×)\*\*)?$/.exec(cell);
  return match === null ? undefined : { median: match[1] ?? "", ratio: match[2] ?? "" };
}
