/** Reads a table of numbers with one column of class names, and says exactly what is wrong with it when it is. */
// The build that brings its own Buffer, so that it runs in a browser too.
import { type CsvError, parse } from "csv-parse/browser/esm/sync";
import { counted, parseNumber } from "./numbers.ts";
import { printable } from "./printable.ts";
import { UserError } from "./user-error.ts";

export interface Table {
  features: string[];
  /** One row of numbers for each example. */
  rows: number[][];
  /** The class of each example, as it is written in the file. */
  labels: string[];
}

export interface TableOptions {
  /** What errors call the table: its file, most of the time. */
  name: string;
  /** The column that holds the class; the last one, unless it is given. */
  label?: string | undefined;
}

interface Line {
  number: number;
  cells: string[];
}

/**
 * Reads CSV: its first line names the columns, its label column holds the class, every other cell is a number.
 * @throws UserError, one line, naming the table and, where there is one, the line and the column.
 */
export function readTable(csv: string, { name, label }: TableOptions): Table {
  const problem = (text: string): UserError => new UserError(`${name}: ${text}`);
  const [header, ...lines] = splitLines(csv, problem);
  if (header === undefined) throw problem("the file is empty");

  const names = header.cells;
  const labelColumn = label === undefined ? names.length - 1 : names.indexOf(printable(label));
  checkHeader(names, { label, labelColumn, problem });
  if (lines.length === 0) throw problem("there is a header but no row of data");

  const table: Table = { features: names.filter((_, column) => column !== labelColumn), rows: [], labels: [] };
  for (const { number, cells } of lines) {
    if (cells.length !== names.length) {
      throw problem(`line ${number} has ${counted(cells.length, "cell")}, but the header has ${names.length}`);
    }
    const row: number[] = [];
    for (const [column, cell] of cells.entries()) {
      const where = `line ${number}, column "${names[column]}"`;
      if (cell === "") throw problem(`${where}: the cell is empty`);
      if (column === labelColumn) {
        table.labels.push(cell);
        continue;
      }
      const value = parseNumber(cell);
      if (value === undefined) throw problem(`${where}: ${JSON.stringify(cell)} is not a number`);
      row.push(value);
    }
    table.rows.push(row);
  }
  return table;
}

function splitLines(csv: string, problem: (text: string) => UserError): Line[] {
  try {
    // Ragged lines are let through here because the check above names the line and both counts.
    const options = { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: true } as const;
    const records = parse(csv, options) as unknown as { record: string[]; info: { lines: number } }[];
    // Names are printed: line breaks and terminal codes in them would tear the tables apart.
    return records.map(({ record, info }) => ({ number: info.lines, cells: record.map(printable) }));
  } catch (error) {
    // The parser's message can quote a whole field after its first comma; the part before says enough.
    const [message = ""] = (error as CsvError).message.split(/[,\n]/, 1);
    throw problem(`not a CSV file: ${message}`);
  }
}

function checkHeader(
  names: string[],
  {
    label,
    labelColumn,
    problem,
  }: { label?: string | undefined; labelColumn: number; problem(text: string): UserError },
): void {
  const listed = names.map((name) => JSON.stringify(name)).join(", ");
  const twice = names.find((name, column) => names.indexOf(name) !== column);
  if (names.includes("")) throw problem(`column ${names.indexOf("") + 1} has no name in the header`);
  if (twice !== undefined) throw problem(`the header names column ${JSON.stringify(twice)} twice`);
  if (labelColumn < 0) throw problem(`--label ${JSON.stringify(label)} is not a column; there are ${listed}`);
  if (names.length < 2)
    throw problem(`only one column, ${listed}: cells are separated by commas, and a label is needed`);
  // Whole numbers can be column names (some tools write 0, 1, 2 …), but 5.1 is a measurement.
  const measured = names.find((name) => parseNumber(name) !== undefined && !/^\d+$/.test(name));
  if (measured !== undefined)
    throw problem(`the first line must name the columns, but it holds the number ${measured}`);
}
