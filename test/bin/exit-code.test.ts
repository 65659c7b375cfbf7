import { describe, expect, it } from "vitest";
import { RunVerdict } from "../../bin/execution/exit-code.ts";
import type { EventData, RunEvent } from "../../core/contract/index.ts";
import { eventsOf, zero } from "./fake-run.ts";

type End = EventData["run-end"];
const exec = (data: Partial<EventData["exec-end"]>): ["exec-end", EventData["exec-end"]] => [
  "exec-end",
  { status: "exited", exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1, ...data },
];
const end = (data: Partial<End>): ["run-end", End] => ["run-end", { status: "ok", ...zero, ...data }];

function verdictOf(events: readonly RunEvent[]): RunVerdict {
  const verdict = new RunVerdict();
  for (const event of events) verdict.observe(event);
  return verdict;
}

describe("Verdict", () => {
  it.each([
    ["0 for a run that is ok", eventsOf(exec({}), end({ exitCode: 0 })), 0],
    ["0 for a run without a program", eventsOf(end({})), 0],
    ["the program's own code", eventsOf(exec({ exitCode: 3 }), end({ status: "failed", exitCode: 3 })), 3],
    [
      "128 and the signal's number",
      eventsOf(
        exec({ status: "signalled", exitCode: null, signal: "SIGSEGV" }),
        end({ status: "failed", exitCode: null, signal: "SIGSEGV" }),
      ),
      139,
    ],
    ...[
      ["SIGRTMIN", 162],
      ["SIG35", 163],
      ["SIGRTMAX", 192],
      ["SIGNEW", 128],
    ].map(([signal, code]): [string, readonly RunEvent[], number] => [
      `${code} for ${signal}`,
      eventsOf(end({ status: "failed", exitCode: null, signal: String(signal) })),
      Number(code),
    ]),
    ["124 for a time-out", eventsOf(exec({ status: "timeout", exitCode: null }), end({ status: "timeout" })), 124],
    [
      "137 when it ran out of memory",
      eventsOf(
        exec({ status: "oom", exitCode: null, signal: "SIGKILL" }),
        end({ status: "failed", exitCode: null, signal: "SIGKILL" }),
      ),
      137,
    ],
    ["130 for a cancelled run", eventsOf(end({ status: "cancelled" })), 130],
    ["69 for a lost run", eventsOf(end({ status: "lost" })), 69],
    ["69 when no end was seen", [], 69],
    [
      "the class of the error that failed it",
      eventsOf(
        ["error", { code: "SLUICE_MODEL_UNREACHABLE", class: "unavailable", message: "m", cure: "c", retryable: true }],
        end({ status: "failed" }),
      ),
      69,
    ],
    [
      "the code of the last program where an earlier model failed",
      eventsOf(
        ["error", { code: "SLUICE_MODEL_AUTH", class: "auth", message: "m", cure: "c", retryable: false }],
        exec({ exitCode: 5 }),
        end({ status: "failed", exitCode: 5 }),
      ),
      5,
    ],
  ])("should exit with %s", (_, events, code) => {
    expect(verdictOf(events).exitCode).toBe(code);
  });

  it("should say why where the program's own output does not", () => {
    const verdict = verdictOf(
      eventsOf(exec({ status: "timeout" }), end({ status: "timeout", reason: "it took too long" })),
    );
    expect(verdict.notes).toEqual([expect.stringMatching(/it took too long.*--timeout/)]);
  });

  it("should say what is missing, also of a run that is ok", () => {
    const cut = (droppedBytes: number) =>
      verdictOf(eventsOf(exec({ truncated: true, droppedBytes }), exec({}), end({ exitCode: 0 })));
    expect(cut(3).notes).toEqual(["left out 3 bytes of output; output: of the sandbox allows more"]);
    expect(cut(0).notes).toEqual(["not all of the files that the run made are told"]);
  });

  it("should stay silent when the program exited by itself", () => {
    expect(verdictOf(eventsOf(exec({ exitCode: 3 }), end({ status: "failed", exitCode: 3 }))).notes).toEqual([]);
  });
});
