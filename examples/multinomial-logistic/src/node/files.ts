/** The files that options name: never two of them the same, and written so that a failure leaves what was there. */
import { randomUUID } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../lesson/user-error.ts";
import { writeAll } from "./stdout.ts";
import { codeOf, why } from "./system-error.ts";

export interface NamedFile {
  option: string;
  path: string | undefined;
  use: "read" | "write";
}

/**
 * Makes sure before the training, not after it, that each file can be written and that no two options name one file.
 * Which names are one file (links, upper and lower case) only the file system knows: what is missing is created for a
 * moment and removed again. What is there stays as it is.
 */
export function checkFiles(files: readonly NamedFile[]): void {
  const seen: (NamedFile & { file: BigIntStats })[] = [];
  const created: string[] = [];
  try {
    for (const { option, path, use } of files) {
      if (path === undefined) continue;
      const file = use === "write" ? tryToWrite(path, () => touch(path, created)) : statSync(path, { bigint: true });
      const same = seen.find((other) => isSame(other.file, file));
      // Both pages on the terminal, or both to /dev/null: nothing is lost.
      const harmless = same?.use === "write" && use === "write" && !file.isFile();
      if (same !== undefined && !harmless) {
        const lost = use === "read" ? "it cannot be both" : "one would be lost";
        throw new UserError(
          `${same.option} and ${option} name the same file, ${path}: ${lost}; give ${option} another`,
        );
      }
      seen.push({ option, path, use, file });
    }
  } finally {
    for (const path of created) unlinkSync(path);
  }
}

/** Opens a file for writing, and closes it as it was. */
function touch(path: string, created: string[]): BigIntStats {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  // A terminal or a pipe takes what comes; to open it could mean to wait for its reader.
  if (found !== undefined && !found.isFile() && !found.isDirectory()) return found;
  const target = behindLinks(path);
  makeFolder(dirname(target));
  const file = openSync(target, "a");
  if (found === undefined) created.push(target);
  try {
    return fstatSync(file, { bigint: true });
  } finally {
    closeSync(file);
  }
}

/** The name that links lead to, of a file that need not be there yet. */
function behindLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  let link: string;
  try {
    link = readlinkSync(path);
  } catch {
    return path;
  }
  return behindLinks(resolve(realpathSync(dirname(path)), link));
}

/** Node's own `recursive: true` never returns where a parent exists but takes no folder, as in /proc (Node 20). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** The text of a file. @throws UserError, one line, which `hint` ends. */
export const readFile = (path: string, hint?: { hint?: string }): string =>
  new TextDecoder().decode(readBytes(path, hint));

/** The bytes of a file. @throws UserError, one line, which `hint` ends. */
export function readBytes(path: string, { hint = "" } = {}): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${why(error)}${hint}`);
  }
}

/** Writes a file whole or not at all. @throws UserError, one line; the file is then as it was. */
export function writeFile(path: string, content: string | Uint8Array): void {
  tryToWrite(path, () => {
    const old = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (old !== undefined && isSame(old, fstatSync(1, { bigint: true }))) writeAll(1, content);
    else if (old !== undefined && !old.isFile()) writeFileSync(path, content);
    else replace(behindLinks(path), content, old);
  });
}

/** Writes beside the file and renames, with the owner and the permissions of the old one. */
function replace(path: string, content: string | Uint8Array, old: BigIntStats | undefined): void {
  const temporary = join(dirname(path), `.tendril-${randomUUID()}.tmp`);
  try {
    const file = openSync(temporary, "wx");
    try {
      if (old !== undefined) {
        const { uid, gid } = fstatSync(file, { bigint: true });
        if (uid !== old.uid || gid !== old.gid) fchownSync(file, Number(old.uid), Number(old.gid));
        fchmodSync(file, Number(old.mode) & 0o7777);
      }
      writeFileSync(file, content);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // The folder takes no file, or the file must stay where it is (a mount, another owner's): then it is written itself.
    const onlyInPlace = old !== undefined && ["EACCES", "EPERM", "EBUSY"].includes(codeOf(error));
    if (!onlyInPlace) throw error;
    writeFileSync(path, content);
  }
}

function tryToWrite<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    // A pipe whose reader has gone is no mistake of the user's: see runCommand.
    if (codeOf(error) === "EPIPE") throw error;
    throw new UserError(`cannot write ${path}: ${why(error)}`);
  }
}
