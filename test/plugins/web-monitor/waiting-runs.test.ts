import { describe, expect, it } from "vitest";
import { stateOf, WaitingRuns } from "../../../plugins/web-monitor/page/lib/waiting-runs.ts";

type Told = Readonly<Record<string, unknown>>;

let seq = 0;
const event = (type: string, data: object = {}, more: object = {}): Told => {
  seq += 1;
  return { run: "r_1", seq, time: `2026-01-01T00:00:0${seq % 10}.000Z`, source: "guard", type, data, ...more };
};
const ask = (more: object = {}) => event("approval-request", { message: "May it?" }, more);
const approved = (more: object = {}) => event("approval-response", { approved: true }, more);
const asked = (events: readonly Told[]) => {
  const waiting = new WaitingRuns();
  waiting.take(events);
  return [...waiting.runs.keys()];
};

describe("which runs wait", () => {
  it.each<[what: string, events: () => Told[], waits: boolean]>([
    ["a question without its answer", () => [ask()], true],
    ["an answered question", () => [ask(), approved()], false],
    ["a line of input that is asked for", () => [event("input-request", { prompt: "name?" })], true],
    [
      "one of two branches that ask",
      () => [ask({ branch: "1" }), ask({ branch: "2" }), approved({ branch: "1" })],
      true,
    ],
    [
      "a branch that lost",
      () => [ask({ branch: "1" }), event("branch-end", { status: "lost" }, { branch: "1" })],
      false,
    ],
    ["what was made void", () => [ask(), event("rewind", { from: 1 }, { source: "core" })], false],
    ["the end of the run", () => [ask(), event("run-end", { status: "cancelled" }, { source: "core" })], false],
    ["an answer whose question has left memory", () => [approved()], false],
    ["an event of no run", () => [{ ...ask(), run: undefined }], false],
  ])("should be told by %s", (_what, events, waits) => {
    expect(asked(events())).toEqual(waits ? ["r_1"] : []);
  });

  it("should say what for, since when and until when", () => {
    const waiting = new WaitingRuns();
    const question = event("approval-request", { message: "May it?", until: "2026-01-01T01:00:00.000Z" });
    waiting.take([question]);
    expect(waiting.runs.get("r_1")).toEqual({
      ...{ what: "May it?", since: question["time"], until: "2026-01-01T01:00:00.000Z" },
    });
  });

  it("should be one state wherever a run is named", () => {
    expect([stateOf("running", true), stateOf(undefined, true), stateOf("running", false)]).toEqual([
      ...["waiting", "waiting", "running"],
    ]);
    expect(stateOf("failed", true)).toBe("failed");
  });
});
