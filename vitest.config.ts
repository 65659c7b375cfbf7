import { defineConfig } from "vitest/config";

/** Whole hosts, long streams and generated floods: they take seconds each, and are no part of `npm run test:unit`. */
const slow = [
  "test/ways.test.ts",
  "test/contract/*.test.ts",
  "test/bin/{ask-pictures,verify,watch-files}.test.ts",
  "test/core/client/client.test.ts",
  "test/core/config/{chains,concealed,no-plain-files}.test.ts",
  "test/core/host/long-durations.test.ts",
  "test/core/plugin/guard/watchdog.test.ts",
  // It listens to the process itself, as the runner does.
  "test/core/kit/untrusted/contained.test.ts",
  "test/core/plugin/{misbehaviour,misbehaviour-apart,misbehaviour-life,isolated,isolated-sinks,loads-for-ever,waits-for-ever}.test.ts",
  "test/core/testing/contract-suite.test.ts",
  "test/plugins/websocket/{acknowledgements,flow-control}.test.ts",
];

/** They load the whole machine, measure beside such a load, or look for what dead hosts left, which any host removes. */
const alone = [
  "test/docker/{floods,lifecycle,reload-soak}.test.ts",
  "test/e2e/{monitor-load,red-team}.test.ts",
  // `npm run soak:cluster`: it takes minutes, and needs networks of its own.
  ...(process.env["SLUICE_SOAK"] === undefined ? [] : ["test/nats/soak.test.ts"]),
];

/** What needs a Docker engine, a browser or a built command line. */
const real = {
  testTimeout: 240_000,
  // Below the limit of the test, so that a wait that was in vain says what it waited for.
  expect: { poll: { timeout: 60_000 } },
  // A real engine, browser or model on a busy machine may be late once; what fails twice is a fault.
  retry: 1,
  hookTimeout: 600_000,
};

/**
 * Unit tests run first, as many at a time as there are processors. Said in so many words: a single worker, the default on
 * two processors, comes last. Real tests wait more than they compute: two at a time.
 */
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
    hookTimeout: 60_000,
    reporters: ["default", "./test/summary-reporter.ts"],
    // What is polled for comes when it comes; one second is short for a machine that is slow or busy.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/*.test.ts", "test/{core,plugins,contract,bin}/**/*.test.ts"],
          exclude: slow,
          testTimeout: 60_000,
          maxWorkers: "100%",
        },
      },
      { extends: true, test: { name: "slow", include: slow, testTimeout: 60_000, maxWorkers: "100%" } },
      {
        extends: true,
        test: {
          ...real,
          name: "real",
          include: ["test/{docker,e2e,profiles,nats}/**/*.test.ts"],
          exclude: [...alone, "test/nats/soak.test.ts"],
          maxWorkers: 2,
          // After the unit tests: two cores cannot do both without one timing the other out.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { ...real, name: "alone", include: alone, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: {
          name: "fuzz",
          include: process.env["SLUICE_FUZZ_LOG"] === undefined ? [] : ["test/fuzz/every.test.ts"],
          sequence: { groupOrder: 3 },
        },
      },
    ],
    benchmark: { include: ["test/bench/**/*.bench.ts"] },
  },
});
