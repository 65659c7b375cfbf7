import { defineConfig } from "vitest/config";

/** Unit tests run side by side; what needs a Docker engine, a browser or a built command line runs one file at a time. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/summary-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{core,plugins,contract,profiles,bin}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "real",
          include: ["test/{docker,e2e}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
