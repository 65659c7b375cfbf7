import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { JsonView, type ProgramRunView } from "../../bin/execution/program-view.ts";
import { TranscriptView } from "../../bin/execution/transcript-view.ts";
import { Output, type Outputs } from "../../bin/output/output.ts";
import type { EventData, EventType, RunEvent } from "../../core/contract/index.ts";
import { settledParts, Transcript, TranscriptText, toLogRecord } from "../../core/kit/index.ts";
import { prettyLine } from "../../plugins/log-console/pretty-lines.ts";
import { ToolAnswer } from "../../plugins/mcp/tool-answer.ts";
import { AnswerStream, answerOf } from "../../plugins/openai-api/answer-text.ts";
import { zero } from "./fake-run.ts";

type Given = { [Type in EventType]: [type: Type, data: EventData[Type], branch?: string] }[EventType];

const code = (text: string): Given[] => [
  ["code-start", { language: "python" }],
  ["code-delta", { text }],
  ["code-end", {}],
];
const said = (...texts: string[]): Given[] => [
  ["text-start", {}],
  ...texts.map((text): Given => ["text-delta", { text }]),
  ["text-end", {}],
];
const ended = { status: "exited", signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 } as const;
const ran = (stdout: readonly string[], stderr: readonly string[] = [], exitCode = 0): Given[] => [
  ["exec-start", { language: "python", code: "" }],
  ...stdout.map((text): Given => ["exec-stdout", { text, offset: 0 }]),
  ...stderr.map((text): Given => ["exec-stderr", { text, offset: 0 }]),
  ["exec-end", { ...ended, exitCode }],
];
const within = (branch: string, given: readonly Given[]): Given[] =>
  given.map(([type, data]) => [type, data, branch] as Given);
const failure: Given = [
  "error",
  { code: "SLUICE_SANDBOX_LOST", class: "unavailable", message: "it is gone", cure: "Ask again.", retryable: true },
];
const started = (branch: string, label: string): Given => ["branch-start", { label }, branch];
const over = (branch: string): Given => ["branch-end", { status: "ok" }, branch];

const texts: Readonly<Record<string, readonly Given[]>> = {
  "code with a line break at its end": [...said("Look:"), ...code("x = 1\n"), ...said("done")],
  "code without one": [...said("Look:"), ...code("x = 1"), ...said("done")],
  "code that begins with empty lines": [...said("Look:\n\n"), ...code("\n  \n\tx = 1\n"), ...said("\n\ndone")],
  "an answer that begins with code": [...code("\nx = 1"), ...said("\n", "\n", "done")],
  "output without a line break": [...code("x = 1"), ...ran(["out"]), ...said("done")],
  "output of another kind after it": [...code("x = 1"), ...ran(["out"], ["warning"]), ...said("done")],
  "an error after code": [...code("x = 1"), failure, ...said("done")],
  "an error after output": [...code("x = 1"), ...ran(["out"], [], 1), failure, ...said("done")],
  "two answers in a row": [...said("one"), ["model-start", { model: "m" }], ...said("done")],
  "colours that a program leaves": [...code("x = 1"), ...ran(["\u001b[31mout\n\u001b[3", "2m"]), ...said("done")],
  "colours after the last line": [...code("x = 1"), ...ran(["out\n\u001b[0m"]), ...said("done")],
  "carriage returns": [...code("x = 1\r\n"), ...ran(["10%\r", "out\r", "\n"]), ...said("done")],
  "a rewind in the middle of a line": [...said("half"), ["rewind", { from: 1, reason: "again" }], ...said("done")],
  "code in code, cut": [...code("x = 1"), ...code("\ny = 2"), ...ran(["out"]), ...said("done")],
  "branches that speak by turns": [
    started("0", "gpt"),
    started("1", "claude"),
    ...within("0", code("x = 1").slice(0, 2)),
    ...within("1", said("half a li", "ne")),
    ...within("0", code("").slice(2)),
    ...within("1", [...code("y = 2"), ...ran(["out"])]),
    ...within("0", ran(["out"])),
    over("0"),
    over("1"),
    ...said("done"),
  ],
};

function eventsOf(given: readonly Given[]): RunEvent[] {
  const all: readonly Given[] = [...given, ["run-end", { status: "ok", ...zero }]];
  return all.map(
    ([type, data, branch], index) =>
      ({
        ...{ run: "r", seq: index + 1, time: "2026-01-01T00:00:00.000Z", source: branch ?? "gpt", type, data },
        ...(branch === undefined ? {} : { branch }),
      }) as RunEvent,
  );
}

/** What a terminal is sent, or a pipe: both streams as they come, where they are one terminal. */
async function viewed(events: readonly RunEvent[], isTTY: boolean, make: (outputs: Outputs) => ProgramRunView) {
  const stdout: string[] = [];
  const stream = (name: "stdout" | "stderr") => {
    const through = new PassThrough({ encoding: "utf8" });
    through.on("data", (text: string) => (isTTY || name === "stdout") && stdout.push(text));
    return new Output(Object.assign(through, { isTTY }) as unknown as NodeJS.WriteStream);
  };
  const view = make({ stdout: stream("stdout"), stderr: stream("stderr") });
  for (const event of events) await view.show(event);
  return stdout.join("");
}

const views: Readonly<Record<string, (events: readonly RunEvent[]) => Promise<string> | string>> = {
  "the terminal": (events) => viewed(events, true, (outputs) => new TranscriptView(outputs)),
  "a file": (events) => viewed(events, false, (outputs) => new TranscriptView(outputs)),
  "openai-api, whole": (events) => {
    const transcript = new Transcript();
    for (const event of events) transcript.push(event);
    return answerOf(transcript, "all").content;
  },
  "openai-api, streamed": (events) => {
    const stream = new AnswerStream("all");
    return events
      .flatMap((event) => stream.read(event).map((piece) => (piece.kind === "text" ? piece.text : "")))
      .join("");
  },
  mcp: (events) => {
    const answer = new ToolAnswer(100_000);
    for (const event of events) answer.observe(event);
    const { content } = answer.result("r", undefined);
    return content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
  },
  "lmc and compare": (events) => {
    const transcript = new Transcript();
    for (const event of events) transcript.push(event);
    const text = new TranscriptText({ show: "all" });
    return settledParts(transcript.root)
      .map((part) => text.part(part))
      .join("");
  },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys and does not show
const unseen = /\u001b\[[0-9;?]*[A-Za-z]|\u000f/g;

/** The lines a person sees: what a carriage return lets be overwritten still counts as something. */
const linesOf = (text: string) =>
  text
    .replace(unseen, "")
    .split("\n")
    .map((line) => line.replace(/\r+$/, ""));

function checkLines(lines: readonly string[]): void {
  expect(lines[0]).not.toBe("");
  let fence: string | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.includes("```")) continue;
    // A fence stands alone on its line.
    expect(line).toMatch(/^```[a-z]*$/);
    const next = lines[index + 1] ?? "";
    if (fence === undefined) {
      expect(next.trim()).not.toBe("");
      fence = line;
    } else {
      expect(line).toBe("```");
      fence = undefined;
      // What follows begins at once; only the name of a branch has an empty line before it.
      if (index + 2 < lines.length && next === "") expect(lines[index + 2]).toMatch(/^(gpt|claude):$/);
    }
  }
  expect(fence).toBeUndefined();
}

describe.each(Object.entries(views))("%s", (_view, show) => {
  it.each(Object.entries(texts))("should put on lines of their own: %s", async (_name, given) => {
    const lines = linesOf(await show(eventsOf(given)));
    checkLines(lines);
    expect(lines.filter((line) => line === "done")).toHaveLength(1);
    const wanted = given.filter(
      ([type, data]) => type === "exec-stdout" && JSON.stringify(data).includes("out"),
    ).length;
    expect(lines.filter((line) => /(^|\r)out$/.test(line))).toHaveLength(wanted);
  });
});

describe("views of one event a line", () => {
  it.each(Object.entries(texts))("should need one line for each event: %s", async (_name, given) => {
    const events = eventsOf(given);
    const json = await viewed(events, false, (outputs) => new JsonView(outputs));
    expect(json.split("\n")).toHaveLength(events.length + 1);
    for (const event of events) {
      const line = prettyLine(toLogRecord(event), false);
      expect(line.match(/\n/g)).toHaveLength(1);
      expect(line).not.toContain("\u001b");
    }
  });
});
