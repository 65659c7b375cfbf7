import { describe, expect, it } from "vitest";
import type { EventData } from "../../../core/contract/index.ts";
import { outcomeOf } from "../../../core/run/outcome.ts";

type End = EventData["exec-end"];

const conversation = {
  messages: [{ role: "execution", at: 1 }],
} as unknown as Parameters<typeof outcomeOf>[0];

function ended(end: Partial<End>): End {
  return { status: "killed", exitCode: 0, signal: null, ...end } as End;
}

describe("what a run came to", () => {
  it("should name the signal that ended its program, which the command says on standard error", () => {
    const outcome = outcomeOf(conversation, ended({ exitCode: 143, signal: "SIGTERM" }));
    expect(outcome).toEqual({
      status: "failed",
      exitCode: 143,
      signal: "SIGTERM",
      reason: "the program was ended by SIGTERM",
    });
  });

  it("should say nothing of a signal where a program exited", () => {
    const outcome = outcomeOf(conversation, ended({ status: "exited", exitCode: 143 }));
    expect(outcome).toEqual({ status: "failed", exitCode: 143, reason: "the program exited with 143" });
  });
});
