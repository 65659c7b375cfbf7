import { demandTrust, type LoadResult, type TestResult } from "../../core/command-line.ts";
import { errorEntry } from "../../core/contract/index.ts";
import { printable, printableLines } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { duration, painter, plural } from "../output/style.ts";

export interface TestFlags {
  readonly only: readonly string[];
  readonly update: boolean;
}

export interface TestRun {
  readonly results: readonly TestResult[];
  /** After a signal; the tests that were left are not among the results. */
  readonly exitCode?: number;
}

/**
 * Runs the tests of a profile, and tells of each as it ends.
 * @throws SluiceError SLUICE_CONFIG_UNTRUSTED for a profile that nobody trusts: its flows would run
 */
export async function runProfileTests(
  loaded: LoadResult & { readonly trusted: boolean },
  flags: TestFlags,
  onResult: (result: TestResult) => void,
): Promise<TestRun> {
  if (loaded.plan === undefined) return { results: [] };
  demandTrust(loaded, loaded.plan.file);
  const { runTests } = await import("../../core/command-line.ts");
  using interrupts = new Interrupts();
  const results: TestResult[] = [];
  for await (const result of runTests(loaded, { ...flags, env: process.env, signal: interrupts.leaving })) {
    results.push(result);
    onResult(result);
  }
  return { results, ...(interrupts.exitCode === undefined ? {} : { exitCode: interrupts.exitCode }) };
}

/** One test as people read it: how it went, and what was not as expected. */
export function testText(result: TestResult, stream: NodeJS.WriteStream): string {
  const paint = painter(stream);
  const { name, passed, updated, took, failures } = result;
  const word = passed ? paint("green", "passed") : paint(["red", "bold"], "failed");
  const kept = updated ? ", snapshot written" : "";
  const rows = failures.map(({ message, turn, at, lines = [] }) => {
    const where = turn === undefined ? at : `turn ${turn}, ${at}`;
    const shown = lines.map((line) => `      ${paint(toneOf(line), printable(line))}\n`);
    return `    ${printableLines(message)} (${printable(where)})\n${shown.join("")}`;
  });
  return `${word} ${printable(name)} (${duration(took)}${kept})\n${rows.join("")}`;
}

function toneOf(line: string): "red" | "green" | "dim" {
  if (line.startsWith("-")) return "red";
  return line.startsWith("+") ? "green" : "dim";
}

/** `2 tests passed, 1 failed` */
export function testSummary(results: readonly TestResult[]): string {
  const passed = results.filter((result) => result.passed).length;
  const failed = results.length - passed;
  return `${plural(passed, "test")} passed${failed === 0 ? "" : `, ${failed} failed`}`;
}

/** The failures as problems, for the reports that have nothing but those. */
export function testProblems(results: readonly TestResult[]): LoadResult["problems"] {
  return results.flatMap(({ name, failures }) =>
    failures.map(({ message, at }) => {
      const [, file = at, line, column] = /^(.*):(\d+):(\d+)$/.exec(at) ?? [];
      const place = line === undefined ? {} : { line: Number(line), column: Number(column) };
      const cure = errorEntry("SLUICE_TEST_FAILED")?.cure ?? "";
      return {
        ...({
          severity: "error",
          code: "SLUICE_TEST_FAILED",
          message: `test ${name}: ${message}`,
          file,
          cure,
        } as const),
        ...place,
      };
    }),
  );
}
