import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import { RunModel } from "../../../plugins/web-monitor/page/lib/run-model.ts";
import { saidBefore } from "../../../plugins/web-monitor/page/lib/run-spans.ts";

type Draft = readonly [at: number, source: string, branch: string | undefined, type: string, data?: object];

function modelOf(drafts: readonly Draft[]): RunModel {
  const model = new RunModel();
  for (const [index, [at, source, branch, type, data = {}]] of drafts.entries()) {
    const time = new Date(1_000_000 + at).toISOString();
    const place = { run: "r", seq: index + 1, time, source, ...(branch === undefined ? {} : { branch }) };
    model.push({ ...place, type, data } as RunEvent);
  }
  return model;
}

const usage = { inputTokens: 10, outputTokens: 20 };
const start: Draft = [0, "core", undefined, "run-start", { flow: "f", session: "s", input: { text: "q" } }];
const ended = { status: "exited", exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };
const told = (model: RunModel) =>
  model.spans.map(({ kind, source, branch, from, to, status }) =>
    [kind, source, branch ?? "-", from, to, status ?? "-"].join(" "),
  );

describe("the spans of a run", () => {
  it("should tell waits, answers and programs apart, with the first token", () => {
    const model = modelOf([
      start,
      [30, "gpt", undefined, "model-start", { model: "gpt-5" }],
      [80, "gpt", undefined, "text-delta", { text: "x" }],
      [100, "gpt", undefined, "model-end", { reason: "stop", usage, cost: { amount: 0.5, currency: "USD" } }],
      [110, "guard", undefined, "approval-request", { message: "?" }],
      [200, "guard", undefined, "approval-response", { approved: true }],
      [450, "box", undefined, "exec-start", { language: "python", code: "1" }],
      [500, "box", undefined, "exec-end", ended],
      [501, "core", undefined, "run-end", { status: "ok", usage, cost: { amount: 0.5, currency: "USD" } }],
    ]);
    expect(told(model)).toEqual([
      "turn gpt - 0 30 -",
      "model gpt - 30 100 ok",
      "person guard - 110 200 -",
      "opening box - 200 450 -",
      "exec box - 450 500 ok",
    ]);
    expect(model.spans.find(({ kind }) => kind === "model")).toMatchObject({ first: 80 });
  });

  it("should tell what was cut off from what failed", () => {
    const model = modelOf([
      start,
      [0, "core", "0", "branch-start", { label: "a" }],
      [0, "core", "1", "branch-start", { label: "b" }],
      [0, "gpt", "0", "model-start", { model: "m" }],
      [0, "box", "1", "exec-start", { language: "python", code: "1" }],
      [20, "box", "1", "exec-end", { ...ended, exitCode: 1 }],
      [30, "core", "1", "branch-end", { status: "ok" }],
      [30, "core", "0", "branch-end", { status: "cancelled" }],
      [40, "gpt", undefined, "model-start", { model: "m" }],
      [50, "core", undefined, "run-end", { status: "cancelled", usage }],
    ]);
    expect(told(model).filter((line) => /^(model|exec)/.test(line))).toEqual([
      "model gpt 0 0 30 cut",
      "exec box 1 0 20 failed",
      "model gpt - 40 50 cut",
    ]);
  });

  it("should keep branches that run at once apart", () => {
    const model = modelOf([
      start,
      [0, "core", "0", "branch-start", { label: "a" }],
      [0, "core", "1", "branch-start", { label: "b" }],
      [5, "gpt", "0", "model-start", { model: "m" }],
      [50, "gpt", "1", "model-start", { model: "m" }],
      [60, "gpt", "0", "text-delta", { text: "x" }],
      [70, "core", "1", "error", { code: "X", class: "limit", message: "", cure: "", retryable: true }],
      [90, "gpt", "0", "model-end", { reason: "stop", usage }],
      [95, "core", "0", "branch-end", { status: "ok" }],
      [95, "core", "1", "branch-end", { status: "failed" }],
      [130, "last", undefined, "model-start", { model: "m" }],
    ]);
    expect(told(model)).toEqual([
      "turn gpt 0 0 5 -",
      "model gpt 0 5 90 ok",
      "turn gpt 1 0 50 -",
      "model gpt 1 50 70 failed",
      "turn last - 95 130 -",
      "model last - 130  -",
    ]);
    const [second] = model.spans.filter(({ kind, branch }) => kind === "model" && branch === "1");
    const last = model.spans.at(-1);
    const saidTo = (span: typeof last) =>
      span?.kind === "model" ? saidBefore(model.transcript.parts, span).filter(({ kind }) => kind === "text") : [];
    expect([saidTo(second).length, saidTo(last).length]).toEqual([0, 1]);
  });
});
