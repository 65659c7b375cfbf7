import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ComparedAnswer } from "../../bin/compare/answer.ts";
import { viewOf } from "../../bin/compare/views.ts";
import { JsonView, type ProgramRunView, ProgramView } from "../../bin/execution/program-view.ts";
import { TranscriptView } from "../../bin/execution/transcript-view.ts";
import { errorLine } from "../../bin/output/failure.ts";
import type { Outputs } from "../../bin/output/output.ts";
import { table } from "../../bin/output/table.ts";
import { renderText } from "../../core/command-line.ts";
import type { JsonSchema, Problem, RunEvent } from "../../core/contract/index.ts";
import { toLogRecord } from "../../core/kit/index.ts";
import { prettyLine } from "../../plugins/log-console/pretty-lines.ts";
import { capture } from "./capture.ts";

/** What a terminal obeys, what cannot be seen, and what turns the direction of text. */
const evil = "a\u001b[2K\u001b[G\u009b1m\u202eb\u2066c\u200bd\u2028e\u00ade\rf\u0007";
const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** Our own colours, and what makes a terminal plain before an approval. */
const own = new RegExp(["\u001b\\[[\\d;]*m", "\u001b\\[\\?25h", "\u000f", "\u001b\\[\\d*A\u001b\\[J"].join("|"), "g");

const folder = new URL("../../schema/events/", import.meta.url);
const schemas = new Map(
  readdirSync(folder)
    .filter((name) => name !== "event.json")
    .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(new URL(name, folder), "utf8")) as JsonSchema]),
);

/** A value with every field that the schema has, each text of it evil; choices are taken as texts too. */
function planted(schema: JsonSchema, root: JsonSchema): unknown {
  const { $ref, anyOf, oneOf, type, properties, items, additionalProperties } = schema;
  if (typeof $ref === "string") {
    const name = $ref.split("/").at(-1) ?? "";
    return planted(((root["$defs"] ?? {}) as Record<string, JsonSchema>)[name] ?? {}, root);
  }
  const [choice] = [anyOf, oneOf].flat().filter(Boolean) as JsonSchema[];
  const types = [type].flat();
  if (types.includes("object") || properties !== undefined) {
    const fields = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
    const planting = Object.fromEntries(fields.map(([key, each]) => [key, planted(each, root)]));
    return additionalProperties === false ? planting : { ...planting, [evil]: evil };
  }
  if (types.includes("array")) return [planted((items ?? {}) as JsonSchema, root), evil];
  if (types.includes("number") || types.includes("integer")) return 1;
  if (types.includes("boolean")) return true;
  return choice === undefined ? evil : planted(choice, root);
}

const events = [...schemas].map(
  ([type, schema], index) =>
    ({
      run: evil,
      seq: index + 1,
      time: new Date(0).toISOString(),
      source: evil,
      branch: evil,
      type,
      data: planted(schema, schema),
    }) as unknown as RunEvent,
);

/** A program's own streams and its own prompts pass as they are. */
const ofPrograms = new Set(["exec-stdout", "exec-stderr", "input-request"]);
const ours = events.filter(({ type }) => !ofPrograms.has(type));

async function shownOnTerminal(
  make: (outputs: Outputs) => ProgramRunView & { finish?(): Promise<void> },
): Promise<string> {
  const { outputs, stdout, stderr } = capture();
  for (const { stream } of [outputs.stdout, outputs.stderr])
    Object.assign(stream, { isTTY: true, columns: 100, rows: 30 });
  const view = make(outputs);
  for (const event of ours) await view.show(event);
  for (const mime of ["image/png", evil, "text/plain", "text/markdown"]) {
    const data = { data: { [mime]: evil, [evil]: evil } };
    await view.show({ ...ours[0], type: "exec-result", data } as RunEvent);
  }
  await view.finish?.();
  return stdout().toString() + stderr();
}

const views: Readonly<Record<string, (outputs: Outputs) => ProgramRunView & { finish?(): Promise<void> }>> = {
  program: (outputs) => new ProgramView(outputs),
  transcript: (outputs) => new TranscriptView(outputs),
  json: (outputs) => new JsonView(outputs),
};

describe("control characters in every field of every event", () => {
  it.each(Object.keys(views))("should reach no terminal through the view of %s", async (name) => {
    const text = await shownOnTerminal(views[name] as (outputs: Outputs) => ProgramRunView);
    expect(text.length).toBeGreaterThan(100);
    expect(text.replaceAll(own, "")).not.toMatch(obeyed);
  });

  it("should reach no terminal where answers are compared", async () => {
    const answers = [new ComparedAnswer(evil), new ComparedAnswer("b")];
    for (const event of ours) for (const answer of answers) answer.observe(event);
    const text = await shownOnTerminal((outputs) => viewOf(answers, outputs, false));
    expect(text.replaceAll(own, "")).not.toMatch(obeyed);
  });

  it("should reach no terminal through lines of a log", () => {
    for (const event of events) {
      // Levels are ours.
      const record = { ...toLogRecord(event), level: "info" as const };
      expect(prettyLine(record, true).replaceAll(own, "")).not.toMatch(obeyed);
    }
  });

  it("should reach no terminal through failures, problems and tables", () => {
    const { outputs } = capture();
    const error = errorLine({ code: evil, message: evil, cure: evil }, outputs.stderr.stream);
    const problem = {
      severity: "error",
      code: evil,
      message: evil,
      file: evil,
      line: 1,
      column: 1,
      cure: evil,
      suggestion: evil,
    };
    const problems = renderText([problem as unknown as Problem], { [evil]: `${evil}\n` });
    for (const text of [error, problems, table(["A"], [[evil]])]) expect(text).not.toMatch(obeyed);
  });

  it("should be the same JSON to whoever reads it", async () => {
    const { outputs, stdout } = capture();
    const view = new JsonView(outputs);
    for (const event of events) await view.show(event);
    const read = stdout()
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(read).toEqual(JSON.parse(JSON.stringify(events)));
  });

  it("should show code that is to be approved as it is, whatever was drawn before", async () => {
    const { outputs, stderr } = capture();
    Object.assign(outputs.stderr.stream, { isTTY: true });
    const data = {
      message: "Run this bash code?",
      code: "rm -rf ~\u001b[2K\u001b[G# lists files\nls",
      language: "bash",
    };
    await new ProgramView(outputs).show({ ...ours[0], type: "approval-request", data } as RunEvent);
    expect(stderr()).toBe(
      "\u001b[0m\u000f\u001b[?25h    rm -rf ~\\x1b[2K\\x1b[G# lists files\n    ls\nRun this bash code? [y/N] ",
    );
  });
});
