/** Something the person at the keyboard can put right: shown as one line on stderr, exit code 2, no stack trace. */
export class UserError extends Error {
  override name = "UserError";
}

/** Runs the program; a `UserError` becomes its one line and the exit code 2, anything else is ours to mend. */
export function runCommand(main: () => void): void {
  // A reader that has seen enough, such as `| head`, is no error.
  process.stdout.on("error", () => process.exit());
  try {
    main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 2;
  }
}

/** Says in a few plain words why the system refused a file. */
export function why(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words: Record<string, string> = {
    ENOENT: "no such file",
    EISDIR: "it is a directory",
    ENOTDIR: "a part of its path is not a directory",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
  };
  return words[code] ?? (error instanceof Error ? error.message.split("\n", 1).join("") : String(error));
}
