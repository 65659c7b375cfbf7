import { defineConfig } from "vitest/config";

/** Whole hosts, long streams and generated floods: they take seconds each, and are no part of `npm run test:unit`. */
const slow = [
  "test/contract/*.test.ts",
  "test/bin/{ask-pictures,verify}.test.ts",
  "test/core/client/client.test.ts",
  "test/core/config/{concealed,no-plain-files}.test.ts",
  "test/core/host/{long-durations,watchdog}.test.ts",
  // It listens to the process itself, as the runner does.
  "test/core/kit/untrusted/contained.test.ts",
  "test/core/plugin/{misbehaviour,misbehaviour-life,isolated}.test.ts",
  "test/core/testing/contract-suite.test.ts",
  "test/plugins/websocket/{acknowledgements,flow-control}.test.ts",
];

/** Unit tests run side by side; what needs a Docker engine, a browser or a built command line runs one file at a time. */
export default defineConfig({
  // Plugins of other people import the package by name; in tests that is the sources.
  resolve: {
    alias: [
      { find: /^sluicebox$/, replacement: new URL("core/index.ts", import.meta.url).pathname },
      {
        find: /^sluicebox\/(contract|kit|client|testing)$/,
        replacement: new URL("core/$1/index.ts", import.meta.url).pathname,
      },
    ],
  },
  test: {
    reporters: ["default", "./test/summary-reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/*.test.ts", "test/{core,plugins,contract,bin}/**/*.test.ts"],
          exclude: slow,
          testTimeout: 20_000,
        },
      },
      { extends: true, test: { name: "slow", include: slow, testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: "real",
          include: ["test/{docker,e2e,profiles,nats}/**/*.test.ts"],
          testTimeout: 120_000,
          // A real engine, browser or model on a busy machine may be late once; what fails twice is a fault.
          retry: 1,
          hookTimeout: 600_000,
          fileParallelism: false,
          // After the unit tests: two cores cannot do both without one timing the other out.
          sequence: { groupOrder: 1 },
        },
      },
    ],
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
