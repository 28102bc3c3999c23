import { printable } from "./printable.ts";

/** Something the person at the keyboard can put right: shown as one line on stderr, exit code 2, no stack trace. */
export class UserError extends Error {
  override name = "UserError";
}

/** Runs the program; a `UserError` becomes its one line and the exit code 2, anything else is ours to mend. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    // A reader that has seen enough, such as `| head`, is no error.
    if (codeOf(error) === "EPIPE") return;
    if (!(error instanceof UserError)) throw error;
    console.error(printable(`error: ${error.message}`));
    process.exitCode = 2;
  }
}

/** The system's name for what went wrong, such as "ENOENT", or "". */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Says in a few plain words why the system refused a file. */
export function why(error: unknown): string {
  const words: Record<string, string> = {
    ENOENT: "no such file",
    EISDIR: "it is a directory",
    ENOTDIR: "a part of its path is not a directory",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "no space is left",
    EFBIG: "the file would be too large",
    ELOOP: "its links lead in a circle",
    ENAMETOOLONG: "its name is too long",
  };
  return words[codeOf(error)] ?? (error instanceof Error ? error.message.split("\n", 1).join("") : String(error));
}
