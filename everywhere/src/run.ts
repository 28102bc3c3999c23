/** Checks, some at a time, each a line when it is done. */
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

/** What is checked, and what does it: gives a word on how it went, or throws. */
export type Check = readonly [name: string, run: () => Promise<string>];

/** Everything on one line. */
const line = (text: string): string =>
  text
    .trim()
    .replace(/\s*\n\s*/g, " | ")
    .slice(0, 600);

/** Runs checks, as many at a time as there are cores; returns how many failed. */
export async function runAll(checks: readonly Check[]): Promise<number> {
  let failed = 0;
  const waiting = [...checks];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, run] = next;
      try {
        console.log(`ok      ${name}: ${line(await run())}`);
      } catch (error) {
        failed++;
        const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
        console.log(`FAILED  ${name}: ${line(`${stdout} ${stderr}`) || line(message)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failed;
}

const exec = promisify(execFile);

/** What a program prints; its errors go to the error that is thrown where it fails. */
export async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", NODE_OPTIONS: "" };
  const { stdout } = await exec(command, args, { cwd, env, timeout: 240_000, maxBuffer: 1e8 });
  return stdout;
}

/** A check that a program says that it trains. */
export async function says(pattern: RegExp, text: Promise<string>): Promise<string> {
  const said = await text;
  if (!pattern.test(said)) throw new Error(`${said.trim() || "nothing"} is not ${pattern}`);
  return said;
}
