import { describe, expect, it } from "vitest";
import type { Emission, RunEvent, RunQuery } from "../../../core/contract/index.ts";
import { openStore, runOf } from "./store-kit.ts";

const usage = { inputTokens: 1, outputTokens: 1 };

function run(
  name: string,
  input: object,
  between: readonly Partial<Emission>[],
  end: object,
  time: string,
  session = "s",
): RunEvent[] {
  const events = [
    { source: "core", type: "run-start", data: { flow: "chat", session, input } },
    ...between,
    { source: "core", type: "run-end", data: { usage, cost: { amount: null, currency: "USD" }, status: "ok", ...end } },
  ];
  return events.map((event, index) => ({ source: "box", ...event, run: name, seq: index + 1, time }) as RunEvent);
}

const ended = { status: "exited", signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 } as const;

describe("the search over all runs", () => {
  const store = () => {
    const opened = openStore();
    opened.append([
      ...run(
        "r1",
        { text: "Plot the Waves" },
        [
          { source: "gpt", type: "model-start", data: { model: "gpt-5.2" } },
          { type: "text-delta", data: { text: "Here is the pic" } },
          { type: "text-delta", data: { text: "ture." } },
        ],
        { cost: { amount: 0.02, currency: "USD" } },
        "2026-11-27T10:00:00.000Z",
      ),
      ...run(
        "r2",
        { code: "1/0" },
        [
          { type: "exec-start", data: { language: "python", code: "1/0" } },
          { type: "exec-stdout", data: { text: "x".repeat(200_000), offset: 0 } },
          { type: "exec-stdout", data: { text: "the last line 100%_sure", offset: 0 } },
          {
            type: "exec-end",
            data: { ...ended, exitCode: 1, error: { name: "ZeroDivisionError", message: "division by zero", line: 2 } },
          },
        ],
        { status: "failed", exitCode: 1, reason: "the program exited with 1" },
        "2026-11-28T10:00:00.000Z",
      ),
    ]);
    opened.append(runOf("r3", 500, false));
    return opened;
  };
  const ids = () => {
    const opened = openStore();
    const at = "2026-11-27T10:00:00.000Z";
    opened.append(run("r_1m8cats0000000000000", { text: "dogs" }, [], {}, at, "s_1m8cats000000000000"));
    opened.append(run("r_1m8nxr32bme6psh7vmw", { text: "cats" }, [], {}, at, "chat-babe1234"));
    opened.append(run("r_1m8nxs000000000000a", { text: "birds" }, [], {}, at, "the sales of May"));
    return opened;
  };

  const cases: readonly (readonly [RunQuery, readonly string[]])[] = [
    [{ search: "waves" }, ["r1"]],
    [{ search: "PICTURE here" }, ["r1"]],
    [{ search: "picture division" }, []],
    [{ search: "zerodivisionerror" }, ["r2"]],
    [{ search: "100%_sure" }, ["r2"]],
    [{ search: "l_st" }, []],
    [{ search: "ask r3" }, ["r3"]],
    [{ model: "gpt" }, ["r1"]],
    [{ model: "gpt-5.2" }, ["r1"]],
    [{ flow: "chat", status: "failed" }, ["r2"]],
    [{ minCost: 0.01 }, ["r1"]],
    [{ minCost: 0.1 }, []],
    [{ since: "2026-11-28T00:00:00.000Z" }, ["r2"]],
    [{ since: "2026-11-27T00:00:00.000Z", until: "2026-11-28T00:00:00.000Z" }, ["r1"]],
  ];

  it.each(cases)("should find by %j", (query, found) => {
    expect(
      store()
        .runs(query)
        .map(({ run: name }) => name),
    ).toEqual(found);
  });

  it.each([
    ["cats", ["r_1m8nxr32bme6psh7vmw"]],
    ["babe", []],
    ["chat-", []],
    ["r", ["r_1m8nxs000000000000a"]],
    ["R_1M8NXR", ["r_1m8nxr32bme6psh7vmw"]],
    ["r_1m8cats0000000000000 dogs", ["r_1m8cats0000000000000"]],
    ["chat-babe1234", ["r_1m8nxr32bme6psh7vmw"]],
    ["s_1m8cats", ["r_1m8cats0000000000000"]],
    ["SALES may", ["r_1m8nxs000000000000a"]],
  ])("should find words, and ids by their beginnings alone: %s", (search, found) => {
    const named = ids()
      .runs({ search })
      .map(({ run: name }) => name);
    expect(named).toEqual(found);
  });

  it("should find the oldest of more runs than a page holds, and say why one failed", () => {
    const opened = store();
    for (let index = 0; index < 120; index += 1) opened.append(runOf(`later-${index}`, 1));
    expect(opened.runs({ search: "waves", limit: 10 }).map(({ run: name, cost }) => [name, cost])).toEqual([
      ["r1", 0.02],
    ]);
    expect(opened.runs({ run: "r2" })[0]?.reason).toBe("ZeroDivisionError: division by zero, line 2");
  });
});
