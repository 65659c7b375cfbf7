import type { LoadResult, Plan } from "../../config/plan.ts";
import type { PlannedInput, PlannedTest, PlannedTurn } from "../../config/tests/planned-test.ts";
import { SluiceError } from "../../contract/errors.ts";
import type { RunEvent } from "../../contract/event.ts";
import type { RunHandle, RunInput } from "../../contract/run.ts";
import type { Environment } from "../../contract/tokens.ts";
import { hostOfFlow } from "../../host/create-host.ts";
import type { Host } from "../../host/host.ts";
import { unknownName } from "../../kit/text/unknown-name.ts";
import { type Difference, differences } from "./compare.ts";
import { linesAsText, settledLines } from "./settled-lines.ts";
import { heldAgainst, snapshotPath } from "./snapshot.ts";

export interface ProfileTestOptions {
  /** Names of the tests to run. Default: all. */
  readonly only?: readonly string[];
  /** Keeps snapshots that are new or other than before. */
  readonly update?: boolean;
  readonly env: Environment;
  /** Ends the test that runs, and begins no other. */
  readonly signal?: AbortSignal;
}

/** An expectation that was not met, and where it stands. */
export interface TestFailure extends Difference {
  /** Of the turn it belongs to, where the test has several; from 1. */
  readonly turn?: number;
  /** `file:line:column` */
  readonly at: string;
}

/** What became of one test of a profile. */
export interface TestResult {
  readonly name: string;
  readonly flow: string;
  readonly passed: boolean;
  /** A snapshot was written. */
  readonly updated: boolean;
  /** Milliseconds. */
  readonly took: number;
  readonly failures: readonly TestFailure[];
}

/** Runs the tests of a profile, one after the other. @throws SluiceError SLUICE_USAGE for a name that none has */
export async function* runTests(loaded: LoadResult, options: ProfileTestOptions): AsyncGenerator<TestResult> {
  const { plan } = loaded;
  if (plan === undefined) return;
  const { only = [] } = options;
  const unknown = only.find((name) => !plan.tests.some((test) => test.name === name));
  if (unknown !== undefined) {
    const known = plan.tests.map(({ name }) => name);
    const none = "Add one under tests: of the profile.";
    throw unknownName({ code: "SLUICE_USAGE", what: "test", said: unknown, known, where: "the profile", none });
  }
  for (const test of plan.tests) {
    if (only.length > 0 && !only.includes(test.name)) continue;
    if (options.signal?.aborted) return;
    const own = loaded.planOfTest(test.name);
    if (own !== undefined) yield await runTest(test, own, options);
  }
}

async function runTest(test: PlannedTest, plan: Plan, options: ProfileTestOptions): Promise<TestResult> {
  const begun = performance.now();
  const failures: TestFailure[] = [];
  const fail = (turn: number, difference: Difference): void => {
    const pointer = test.turns[turn]?.pointer ?? "";
    const at = placeOf(plan, pointer, difference.key);
    failures.push({ ...difference, ...(test.turns.length > 1 ? { turn: turn + 1 } : {}), at });
  };
  const kept: string[] = [];
  try {
    await using host = await hostOfFlow(plan, test.flow, options.env, options.signal ?? new AbortController().signal);
    for (const [index, turn] of test.turns.entries()) {
      const { events, unanswered } = await play(host, test, turn, options.signal);
      if (unanswered) fail(index, { key: "answers", message: "the run asks for more than `answers` has" });
      for (const difference of differences(turn.expect, events)) fail(index, difference);
      if (turn.expect.snapshot) kept.push(linesAsText(settledLines(events)));
    }
  } catch (error) {
    const { code, message, cure } = SluiceError.from(error);
    fail(0, { key: "", message: `it could not be run: ${code}: ${message}. ${cure}` });
  }
  const snapshot =
    kept.length === 0
      ? undefined
      : heldAgainst(
          snapshotPath(plan.file, test.name),
          kept.join("\n"),
          options.update === true && failures.length === 0,
        );
  if (typeof snapshot === "object")
    fail(
      test.turns.findIndex(({ expect }) => expect.snapshot),
      snapshot,
    );
  const took = Math.round(performance.now() - begun);
  const { name, flow } = test;
  return { name, flow, passed: failures.length === 0, updated: snapshot === "updated", took, failures };
}

/** The nearest place that the profile has for it. */
function placeOf({ origins, file }: Plan, pointer: string, key: string): string {
  const whole = `${pointer}/${key}`.split("/");
  for (let length = whole.length; length > 1; length -= 1) {
    const start = whole.slice(0, length).join("/");
    const found = origins[start] ?? Object.entries(origins).find(([other]) => other.startsWith(`${start}/`))?.[1];
    if (found !== undefined) return found;
  }
  return file;
}

interface TurnEvents {
  readonly events: readonly RunEvent[];
  readonly unanswered: boolean;
}

async function play(
  host: Host,
  test: PlannedTest,
  turn: PlannedTurn,
  signal: AbortSignal | undefined,
): Promise<TurnEvents> {
  const handle = host.runs.open({
    flow: test.flow,
    input: inputOf(turn.input),
    timeout: test.timeout,
    interactive: turn.answers.length > 0,
    ...(test.turns.length > 1 ? { session: `test-${test.name}` } : {}),
  });
  const cancel = (): void => handle.cancel("run");
  signal?.addEventListener("abort", cancel, { once: true });
  const answers = [...turn.answers];
  const events: RunEvent[] = [];
  let unanswered = false;
  try {
    for await (const event of handle.events()) {
      events.push(event);
      if (event.type !== "input-request" && event.type !== "approval-request") continue;
      if (answers.length === 0) unanswered = true;
      await answer(handle, event.type, answers.shift());
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
  return { events, unanswered };
}

async function answer(
  handle: RunHandle,
  type: "input-request" | "approval-request",
  given: string | boolean | undefined,
) {
  if (type === "approval-request") await handle.input({ kind: "approval", approved: given === true });
  else await handle.input({ kind: "stdin", text: given === undefined ? null : String(given) });
}

function inputOf({ text, code, language, file, args, stdin, files = {} }: PlannedInput): RunInput {
  const given = Object.entries(files).map(([path, content]) => ({ path, content: new TextEncoder().encode(content) }));
  if (code === undefined) return { text: text ?? "", files: given };
  return {
    code,
    files: given,
    ...(language === undefined ? {} : { language }),
    ...(file === undefined ? {} : { file }),
    ...(args === undefined ? {} : { args }),
    ...(stdin === undefined ? {} : { stdin }),
  };
}
