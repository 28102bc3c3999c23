/** What the system refused, in plain words. */

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
