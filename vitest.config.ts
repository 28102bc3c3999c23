import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Until vitest knows how long files take, it begins with the largest. The one that runs the programs of the documents is
 * small, and takes half a minute: begun last, it would leave the other cores without work.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith("/test/snippets.test.ts");
    return (await super.sort(files)).sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

export default defineConfig({
  // The packages' own names are their sources, also for programs that tests write elsewhere: no test needs a build.
  resolve: {
    alias: [
      { find: /^@tendril\/(\w+)$/, replacement: `${import.meta.dirname}/packages/$1/src/index.ts` },
      { find: /^@tendril\/(\w+)\/(\w+)$/, replacement: `${import.meta.dirname}/packages/$1/src/$2/index.ts` },
    ],
  },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // By default one core is left free, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Far above what any test takes: on a busy machine none is to fail for the time.
    testTimeout: 120_000,
    sequence: { sequencer: LongestFirst },
  },
});
