// The names whose docstrings are still owed: lists that only ever shrink, one for each package.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const owedFiles: ReadonlyMap<string, string> = new Map(
  ["tensor", "nn"].map((name) => [name, join(import.meta.dirname, `owed-${name}.txt`)]),
);

export const owed = (): string[] =>
  [...owedFiles.values()].flatMap((file) =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [],
  );
