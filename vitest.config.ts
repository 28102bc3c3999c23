import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // The packages' own names are their sources, by the paths of tsconfig.base.json: no test needs a build.
  resolve: { tsconfigPaths: true },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // By default one core is left free, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Far above what any test takes: on a busy machine none is to fail for the time.
    testTimeout: 120_000,
  },
});
