import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const shim = path("./src/fast-check.ts");

const tests = (process.env.MUTATE_TESTS ?? "").split(" ");

/** Runs test files in the order in which they are listed: those that notice most, in the shortest time, come first. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const position = ({ moduleId }: TestSpecification): number => tests.findIndex((name) => moduleId.endsWith(name));
    return [...files].sort((a, b) => position(a) - position(b));
  }
}

export default defineConfig({
  plugins: [
    {
      // Random tests import this in place of fast-check: fewer runs, the same ones each time.
      name: "fewer-runs",
      enforce: "pre",
      resolveId: (id: string, importer: string | undefined) =>
        id === "fast-check" && importer !== shim ? shim : undefined,
    },
  ],
  resolve: {
    // By its name a package would be the original, not the copy that is mutated.
    alias: [
      { find: /^@tendril\/(tensor|nn)$/, replacement: path("../packages/$1/src/index.ts") },
      { find: /^@tendril\/tensor\/(compile|testing)$/, replacement: path("../packages/tensor/src/$1/index.ts") },
    ],
  },
  test: {
    include: tests,
    sequence: { sequencer: AsListed },
    testTimeout: 120_000,
  },
});
