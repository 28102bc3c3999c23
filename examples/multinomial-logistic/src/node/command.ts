/** How the program ends. */
import { printable } from "../lesson/printable.ts";
import { UserError } from "../lesson/user-error.ts";
import { codeOf } from "./system-error.ts";

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
