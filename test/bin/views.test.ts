import { describe, expect, it } from "vitest";
import { approvalOf } from "../../bin/execution/own-stdin.ts";
import { JsonView, type ProgramRunView, ProgramView } from "../../bin/execution/program-view.ts";
import { TranscriptView } from "../../bin/execution/transcript-view.ts";
import type { Outputs } from "../../bin/output/output.ts";
import type { RunEvent } from "../../core/contract/index.ts";
import { capture } from "./capture.ts";
import { eventsOf, zero } from "./fake-run.ts";

async function shown(make: (outputs: Outputs) => ProgramRunView, events: readonly RunEvent[]) {
  const { outputs, stdout, stderr } = capture();
  const view = make(outputs);
  for (const event of events) await view.show(event);
  return { stdout: stdout(), stderr: stderr() };
}

describe("ProgramView", () => {
  it("should keep stdout and stderr apart and print nothing else", async () => {
    const { stdout, stderr } = await shown(
      (outputs) => new ProgramView(outputs),
      eventsOf(
        ["run-start", { flow: "run", session: "s", input: { code: "x" } }],
        ["exec-start", { language: "python", code: "x" }],
        ["exec-stdout", { text: "out\n", offset: 0 }],
        ["exec-stderr", { text: "err\n", offset: 0 }],
        ["exec-result", { data: { "text/plain": "42" } }],
        ["run-end", { status: "ok", ...zero }],
      ),
    );
    expect(stdout.toString()).toBe("out\n");
    expect(stderr).toBe("err\n");
  });

  it("should give bytes that are no text back as they were", async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
    const { stdout } = await shown(
      (outputs) => new ProgramView(outputs),
      eventsOf(["exec-stdout", { base64: bytes.toString("base64"), offset: 0 }]),
    );
    expect(stdout.equals(bytes)).toBe(true);
  });

  it("should show an error with its code and cure on stderr", async () => {
    const { stdout, stderr } = await shown(
      (outputs) => new ProgramView(outputs),
      eventsOf([
        "error",
        {
          code: "SLUICE_DOCKER_UNAVAILABLE",
          class: "unavailable",
          message: "no engine",
          cure: "Start it.",
          retryable: true,
        },
      ]),
    );
    expect(stdout).toHaveLength(0);
    expect(stderr).toBe("error[SLUICE_DOCKER_UNAVAILABLE]: no engine\n  = Start it.\n");
  });

  it("should not let a message move the cursor", async () => {
    const { stderr } = await shown(
      (outputs) => new ProgramView(outputs),
      eventsOf([
        "error",
        { code: "SLUICE_MODEL_REQUEST", class: "invalid", message: "bad \u001b[2J", cure: "c", retryable: false },
      ]),
    );
    expect(stderr).not.toContain("\u001b");
    expect(stderr).toContain("\\x1b[2J");
  });
});

describe("a question whether code may run", () => {
  const asked = eventsOf([
    "approval-request",
    { message: "Run this python code?", code: "print(1)", language: "python" },
  ]);

  it.each([
    ["ProgramView", ProgramView],
    ["TranscriptView", TranscriptView],
  ] as const)("should be put on stderr, so that stdout stays the program's: %s", async (_name, View) => {
    expect(await shown((outputs) => new View(outputs), asked)).toMatchObject({
      stdout: Buffer.from(""),
      stderr: "    print(1)\nRun this python code? [y/N] ",
    });
  });

  it("should be answered by a line: yes, no, or why not", () => {
    for (const line of ["y", "Yes", " yes "]) expect(approvalOf(line)).toEqual({ kind: "approval", approved: true });
    for (const line of ["", "n", "No", null]) expect(approvalOf(line)).toEqual({ kind: "approval", approved: false });
    expect(approvalOf("not on a Monday")).toEqual({ kind: "approval", approved: false, message: "not on a Monday" });
  });
});

describe("JsonView", () => {
  it("should print one event a line, unchanged", async () => {
    const events = eventsOf(["text-delta", { text: "a\nb" }], ["run-end", { status: "ok", ...zero }]);
    const { stdout } = await shown((outputs) => new JsonView(outputs), events);
    const lines = stdout.toString().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  });
});

describe("TranscriptView", () => {
  it("should put code between fences and its output after it, each on lines of its own", async () => {
    const { stdout } = await shown(
      (outputs) => new TranscriptView(outputs),
      eventsOf(
        ["text-delta", { text: "Look:" }],
        ["code-start", { language: "python" }],
        ["code-delta", { text: "print(" }],
        ["code-delta", { text: "1)" }],
        ["code-end", {}],
        ["exec-stdout", { text: "1", offset: 0 }],
        ["exec-result", { data: { "text/plain": "'shown'" } }],
        ["run-end", { status: "ok", ...zero }],
      ),
    );
    expect(stdout.toString()).toBe("Look:\n```python\nprint(1)\n```\n1\n'shown'\n");
  });

  it("should say on stderr what was void, what failed and what a picture is", async () => {
    const { stdout, stderr } = await shown(
      (outputs) => new TranscriptView(outputs),
      eventsOf(
        ["text-delta", { text: "half an ans" }],
        ["rewind", { from: 1, reason: "gpt stopped" }],
        ["exec-result", { data: { "image/png": "AAAA", "text/plain": "<Figure>" } }],
        [
          "exec-end",
          { status: "exited", exitCode: 1, signal: null, stateLost: true, wallMs: 20, cpuMs: 1, peakBytes: 1 },
        ],
      ),
    );
    expect(stdout.toString()).toBe("half an ans\n");
    expect(stderr).toContain("gpt stopped");
    expect(stderr).toContain("image/png, 3 B");
    expect(stderr).toContain("exit code 1");
    expect(stderr).toContain("variables are lost");
    expect(stderr).not.toContain("\u001b");
  });
});
