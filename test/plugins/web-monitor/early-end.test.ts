import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import { earlyModel } from "../../../plugins/web-monitor/page/lib/early-end.ts";

const event = (seq: number, type: string, data: object): RunEvent =>
  ({ run: "r", seq, time: `2026-01-01T00:00:${seq}.000Z`, source: "box", type, data }) as unknown as RunEvent;

const printed = (seq: number) => event(seq, "exec-stdout", { text: `line ${seq}\n`, offset: seq * 8 });
const start = event(1, "run-start", { flow: "run", session: "s", input: { code: "1/0" } });
const begun = [start, event(2, "exec-start", { language: "python", code: "1/0" }), printed(3), printed(4)];
const error = { name: "ZeroDivisionError", message: "division by zero", line: 1 };
const exited = { status: "exited", exitCode: 1, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };
const end = { status: "failed", exitCode: 1, usage: { inputTokens: 0, outputTokens: 0 }, cost: { amount: 0 } };
const last = [printed(57), event(58, "exec-end", { ...exited, error }), event(59, "run-end", end)];

describe("a long run that is opened at its end", () => {
  it("should have its beginning and its end, and say what is being read", () => {
    const model = earlyModel(begun, last, "it is being read");
    expect(model?.end?.data.status).toBe("failed");
    expect(model?.programs.map(({ end: ended }) => ended?.error)).toEqual([error]);
    expect(model?.events.map(({ seq, type, data }) => (type === "gap" ? data : seq))).toEqual([
      ...[1, 2, 3, 4],
      { from: 5, to: 56, reason: "it is being read" },
      ...[57, 58, 59],
    ]);
  });

  it("should have each event once where the two meet", () => {
    const whole = [...begun, ...Array.from({ length: 53 }, (_, index) => printed(index + 5))];
    const seqs = earlyModel(whole, last, "it is being read")?.events.map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 59 }, (_, index) => index + 1));
  });

  it("should be read as ever where its beginning or its end is not there", () => {
    expect(earlyModel([], last, "")).toBeUndefined();
    expect(earlyModel(begun.slice(1), last, "")).toBeUndefined();
    expect(earlyModel(begun, [], "")).toBeUndefined();
    expect(earlyModel(begun, last.slice(0, 1), "")).toBeUndefined();
  });
});
