/** A table that somebody drops or pastes, read by the terminal's reader. */
import { trainTestSplit } from "@tendril/nn";
import { Generator } from "@tendril/tensor";
import { readTable } from "../../../lesson/csv.ts";
import { type Dataset, fromTable } from "../../../lesson/data.ts";
import { counted, matrix, vector } from "../../../lesson/numbers.ts";

/** As many rows are drawn and trained on. */
export const mostRows = 2000;

/**
 * A dataset from the text of a CSV file, its first line naming the columns and its last column the class.
 * @throws UserError, one line, naming the line and the column.
 */
export function tableData(text: string, name: string): Dataset {
  const dataset = fromTable(name, readTable(text, { name }));
  const [rows = 0] = dataset.x.shape;
  if (rows <= mostRows) return dataset;
  // A part is rounded up to whole rows.
  const options = {
    testSize: (mostRows - 0.5) / rows,
    stratify: dataset.y,
    generator: new Generator("rows of a table"),
  };
  const { xTest, yTest } = trainTestSplit(dataset.x, dataset.y, options);
  return { ...dataset, about: `${name} (${mostRows} of its ${counted(rows, "row")})`, x: xTest, y: yTest };
}

/**
 * The two columns that tell the classes apart best, each on its own: by how far the classes' means spread, measured in
 * standard deviations within the classes.
 */
export function bestAxes({ x, y, classes, features }: Dataset): [number, number] {
  const [rows, labels] = [matrix(x), vector(y)];
  const spread = features.map((_, j) => {
    const column = rows.map((row) => row[j] ?? 0);
    const means = classes.map((_, k) => mean(column.filter((_, i) => labels[i] === k)));
    const within = mean(column.map((value, i) => (value - (means[labels[i] ?? 0] ?? 0)) ** 2));
    const all = mean(column);
    const between = mean(labels.map((k) => ((means[k] ?? 0) - all) ** 2));
    return between === 0 ? 0 : between / within;
  });
  const order = [...spread.keys()].sort((a, b) => (spread[b] ?? 0) - (spread[a] ?? 0));
  const [u = 0, v = 1] = order.slice(0, 2).sort((a, b) => a - b);
  return [u, v];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
