import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends the output with one line that any reader of logs understands: `N passed, N failed, N skipped`. Before it stand the
 * tests that passed at a second try: each may hide a fault that a busier machine shows twice.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    const late: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        if (test.diagnostic()?.flaky === true) late.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
      if (module.errors().length > 0) count.failed += 1;
      // A hook that fails leaves its tests skipped: that is no success.
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed += 1;
    }
    for (const name of late) process.stdout.write(`\nPassed at a second try: ${name}`);
    process.stdout.write(`\nTests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  }
}
