import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { tsconfigPaths: true }, // the packages' own names are their sources
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Far above what anything takes: on a busy machine none is to fail for the time.
    expect: { poll: { timeout: 30_000 } },
    // One browser for all; the machine need not hold more.
    fileParallelism: false,
  },
});
