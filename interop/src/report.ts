// Counts what agreed and what did not, part by part, and prints it.
import type { Tensor } from "@tendril/tensor";

export class Report {
  #failed = 0;
  #partsFailed = 0;

  /** Runs a part, whose checks are counted; one that counts nothing has failed. */
  async part(name: string, checks: (part: Part) => Promise<void>): Promise<void> {
    const part = new Part();
    const start = performance.now();
    try {
      await checks(part);
    } catch (error) {
      part.check("the part itself", () => {
        throw error;
      });
    }
    if (part.passed + part.failed.length === 0) part.failed.push("nothing was checked");
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${name}: ${part.passed} passed, ${part.failed.length} failed (${seconds} s)`);
    for (const line of part.notes) console.log(`  ${line}`);
    for (const line of part.failed.slice(0, 400)) console.log(`  FAILED: ${line}`);
    this.#failed += part.failed.length;
    this.#partsFailed += Number(part.failed.length > 0);
  }

  /** The exit code. */
  end(): number {
    console.log(
      this.#failed === 0 ? "all parts passed" : `${this.#failed} checks failed in ${this.#partsFailed} parts`,
    );
    return this.#failed === 0 ? 0 : 1;
  }
}

export class Part {
  passed = 0;
  readonly failed: string[] = [];
  readonly notes: string[] = [];

  /** Counts as failed if `check` throws. */
  check(what: string, check: () => void): void {
    try {
      check();
      this.passed++;
    } catch (error) {
      this.failed.push(`${what}: ${error instanceof Error ? error.message : error}`);
    }
  }

  async checkAsync(what: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
      this.passed++;
    } catch (error) {
      this.failed.push(`${what}: ${error instanceof Error ? error.message.slice(0, 200) : error}`);
    }
  }
}

/** Throws unless types are the same and each element is within `relative` of the largest, or of 1. Returns the largest error. */
export function expectClose(actual: Tensor, expected: Tensor, relative: number): number {
  const [type, wanted] = [actual, expected].map(({ shape, dtype }) => `${dtype} [${shape}]`);
  if (type !== wanted) throw new Error(`is ${type}, not ${wanted}`);
  let largest = 1;
  for (const v of expected.data) if (Number.isFinite(v)) largest = Math.max(largest, Math.abs(v));
  let worst = 0;
  for (const [i, want] of [...expected.data].entries()) {
    const got = actual.data[i] as number;
    if (got === want || (Number.isNaN(got) && Number.isNaN(want))) continue;
    const error = Math.abs(got - want) / largest;
    if (!(error <= relative)) throw new Error(`element ${i} is ${got}, not ${want}`);
    worst = Math.max(worst, error);
  }
  return worst;
}
