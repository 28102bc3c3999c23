/** What `--data` names: clouds drawn from the seed, the table that comes with the demo, or a CSV file. */
import { fileURLToPath } from "node:url";
import { readTable } from "../lesson/csv.ts";
import { aboutIris, blobs, type Dataset, fromTable } from "../lesson/data.ts";
import { printable } from "../lesson/printable.ts";
import { UserError } from "../lesson/user-error.ts";
import { readFile } from "./files.ts";
import type { Options } from "./options.ts";

/** @throws UserError when the file or the label column will not do. */
export function loadDataset({ data, label, seed }: Pick<Options, "data" | "label" | "seed">): Dataset {
  const path = tableFile(data);
  if (path === undefined) {
    if (label !== undefined) throw new UserError("--label names a column of a CSV file; blobs has none");
    return blobs(seed);
  }
  const about = data === "iris" ? aboutIris : printable(data);
  const csv = readFile(path, { hint: " (--data takes blobs, iris or a CSV file)" });
  return fromTable(about, readTable(csv, { name: path, label }));
}

/** The file that `--data` reads; blobs have none. */
export function tableFile(data: string): string | undefined {
  if (data === "blobs") return undefined;
  return data === "iris" ? fileURLToPath(new URL("../../data/iris.csv", import.meta.url)) : data;
}
