import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // Far above what any test takes: on a busy machine none is to fail for the time.
    testTimeout: 120_000,
  },
});
