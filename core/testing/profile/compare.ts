import { isDeepStrictEqual } from "node:util";
import { structuredPatch } from "diff";
import type { Expectation, TextExpectation } from "../../config/tests/planned-test.ts";
import type { EventOf, RunEvent } from "../../contract/event.ts";
import { matchesGlob } from "../../kit/text/glob.ts";
import { plural } from "../../kit/text/plural.ts";
import { type SettledLine, settledLines, textsOf } from "./settled-lines.ts";

/** One expectation that was not met. */
export interface Difference {
  /** The key of `expect`, such as `stdout`, with where in it: `events/1`. */
  readonly key: string;
  readonly message: string;
  readonly expected?: unknown;
  readonly actual?: unknown;
  /** Both texts, line by line: `-` is expected, `+` is what came. */
  readonly lines?: readonly string[];
}

/** All that the events do not meet of the expectation; the snapshot is looked at elsewhere. */
export function differences(expect: Expectation, events: readonly RunEvent[]): readonly Difference[] {
  const lines = settledLines(events);
  const texts = textsOf(events);
  return [
    ...ofEnd(expect, events),
    ...(["text", "stdout", "stderr"] as const).flatMap((key) => ofText(key, expect[key], texts[key])),
    ...ofErrors(expect, events),
    ...ofEvents(expect, lines),
  ];
}

function ofEnd({ status, exitCode, errors }: Expectation, events: readonly RunEvent[]): Difference[] {
  const end = events.find((event): event is EventOf<"run-end"> => event.type === "run-end")?.data;
  const wanted = status ?? (exitCode === undefined && errors === undefined ? "ok" : undefined);
  const found: Difference[] = [];
  if (wanted !== undefined && end?.status !== wanted) {
    const message = `the run ended as ${end?.status ?? "nothing"}, and not as ${wanted}${reasonOf(events)}`;
    found.push({ key: "status", message, expected: wanted, actual: end?.status });
  }
  if (exitCode === undefined || end?.exitCode === exitCode) return found;
  const message = `the exit code is ${end?.exitCode ?? "none"}, and not ${exitCode ?? "none"}${reasonOf(events)}`;
  return [...found, { key: "exitCode", message, expected: exitCode, actual: end?.exitCode }];
}

/** Why, where the run says it. */
function reasonOf(events: readonly RunEvent[]): string {
  const error = events.findLast((event): event is EventOf<"error"> => event.type === "error")?.data;
  if (error !== undefined) return `: ${error.code}: ${error.message}`;
  const end = events.find((event): event is EventOf<"run-end"> => event.type === "run-end")?.data;
  return end?.reason === undefined ? "" : `: ${end.reason}`;
}

function ofText(key: string, expected: TextExpectation | undefined, actual: string): Difference[] {
  if (expected === undefined) return [];
  if (typeof expected === "string") {
    if (trimmed(expected) === trimmed(actual)) return [];
    const lines = lineDifference(trimmed(expected), trimmed(actual));
    return [{ key, message: `${key} is another text`, expected, actual, lines }];
  }
  const missing = [expected.contains ?? []].flat().filter((part) => !actual.includes(part));
  const found = missing.map((part) => ({
    key: `${key}/contains`,
    message: `${key} does not contain ${JSON.stringify(part)}`,
    expected: part,
    actual,
    lines: lineDifference("", trimmed(actual)),
  }));
  const { matches } = expected;
  if (matches === undefined || new RegExp(matches, "su").test(actual)) return found;
  const message = `${key} does not match /${matches}/`;
  return [
    ...found,
    { key: `${key}/matches`, message, expected: matches, actual, lines: lineDifference("", trimmed(actual)) },
  ];
}

/** How a text ends is seen by nobody, and written by YAML in five ways. */
function trimmed(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

function ofErrors({ errors }: Expectation, events: readonly RunEvent[]): Difference[] {
  if (errors === undefined) return [];
  const actual = events
    .filter((event): event is EventOf<"error"> => event.type === "error")
    .map(({ data }) => data.code);
  if (isDeepStrictEqual(actual, [...errors])) return [];
  const lines = lineDifference(errors.join("\n"), actual.join("\n"));
  return [{ key: "errors", message: "the errors are others", expected: errors, actual, lines }];
}

function ofEvents({ events = [], without = [] }: Expectation, lines: readonly SettledLine[]): Difference[] {
  const found: Difference[] = [];
  let at = 0;
  for (const [index, each] of events.entries()) {
    const { event, data } = typeof each === "string" ? { event: each, data: undefined } : each;
    const next = lines.findIndex(
      (line, place) => place >= at && fits(event, line) && (data === undefined || has(line.data, data)),
    );
    if (next >= 0) {
      at = next + 1;
      continue;
    }
    const after = at === 0 ? "" : ` after ${nameOf(lines[at - 1])}`;
    const near = lines
      .slice(at)
      .filter((line) => fits(event, line))
      .map(({ data: other }) => other);
    const others = near.length === 0 ? "" : `; its data is ${near.map((other) => JSON.stringify(other)).join(", ")}`;
    const wanted = data === undefined ? event : `${event} with ${JSON.stringify(data)}`;
    const message = `there is no ${wanted}${after}${others}`;
    found.push({
      key: `events/${index}`,
      message,
      expected: each,
      actual: lines.slice(at).map((line) => nameOf(line)),
    });
    break;
  }
  for (const [index, pattern] of without.entries()) {
    const line = lines.find((other) => fits(pattern, other));
    if (line === undefined) continue;
    const message = `there is ${nameOf(line)}, which ${JSON.stringify(pattern)} rules out`;
    found.push({ key: `without/${index}`, message, expected: pattern, actual: nameOf(line) });
  }
  return found;
}

function nameOf(line: SettledLine | undefined): string {
  return line === undefined ? "the start" : `${line.source}.${line.type}`;
}

function fits(pattern: string, line: SettledLine): boolean {
  return matchesGlob(pattern, pattern.includes(".") ? nameOf(line) : line.source);
}

/** Whether all that is wanted is there; a list has to be the same. */
function has(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return isDeepStrictEqual(actual, wanted);
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(wanted).every(([key, value]) => has((actual as Record<string, unknown>)[key], value));
}

/** Lines of a difference that are shown. */
const mostLines = 60;

/** Both texts line by line, with three lines around each change. */
export function lineDifference(expected: string, actual: string): readonly string[] {
  const patch = structuredPatch("", "", `${expected}\n`, `${actual}\n`, undefined, undefined, {
    context: 3,
    timeout: 1_000,
  });
  if (patch === undefined)
    return [...expected.split("\n").map((line) => `-${line}`), ...actual.split("\n").map((line) => `+${line}`)].slice(
      0,
      mostLines,
    );
  const lines = patch.hunks.flatMap((hunk, index) => (index === 0 ? hunk.lines : ["...", ...hunk.lines]));
  return lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines), `... ${plural(lines.length - mostLines, "more line")}`];
}
