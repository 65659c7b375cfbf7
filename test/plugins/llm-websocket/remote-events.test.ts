import { describe, expect, it } from "vitest";
import type { Emission, ModelEvent, RunEvent } from "../../../core/contract/index.ts";
import { RemoteEvents } from "../../../plugins/llm-websocket/remote-events.ts";

type Given = Emission extends infer One ? (One extends Emission ? Omit<One, "source"> : never) : never;

function receive(...given: readonly Given[]): ModelEvent[] {
  const passed: ModelEvent[] = [];
  const events = new RemoteEvents((event) => passed.push(event));
  for (const [index, each] of given.entries()) {
    events.receive({ ...each, source: "there", run: "r", seq: index + 1, time: "" } as RunEvent);
  }
  return passed;
}

const text = (said: string, branch?: string): Given => ({
  type: "text-delta",
  data: { text: said },
  ...(branch === undefined ? {} : { branch }),
});
const branchEnd = (branch: string, status: "won" | "lost" | "ok" | "failed" | "cancelled"): Given => ({
  type: "branch-end",
  branch,
  data: { status },
});
const textOf = (events: readonly ModelEvent[]) =>
  events.flatMap((event) => (event.type === "text-delta" ? [event.text] : event.type === "rewind" ? ["<<"] : []));

describe("the events of a run on another host", () => {
  it("should be a model's: text, reasoning, code and what was run", () => {
    const passed = receive(
      { type: "model-start", data: { model: "m" } },
      { type: "text-start", data: {} },
      text("one"),
      { type: "reasoning-delta", data: { text: "hm" } },
      { type: "code-start", data: { language: "bash" } },
      { type: "code-delta", data: { text: "ls" } },
      { type: "code-end", data: {} },
      { type: "code-start", data: { language: "python" } },
      { type: "code-delta", data: { text: "1" } },
      { type: "exec-start", data: { language: "bash", code: "ls" } },
      { type: "exec-stdout", data: { text: "a\n", offset: 0 } },
      { type: "input-request", data: { prompt: "?" } },
    );
    expect(passed).toEqual([
      { type: "text-delta", text: "one" },
      { type: "reasoning-delta", text: "hm" },
      { type: "code-delta", language: "bash", text: "", index: 0 },
      { type: "code-delta", language: "bash", text: "ls", index: 0 },
      { type: "code-delta", language: "python", text: "", index: 1 },
      { type: "code-delta", language: "python", text: "1", index: 1 },
      { type: "exec", event: { type: "exec-start", data: { language: "bash", code: "ls" } } },
      { type: "exec", event: { type: "exec-stdout", data: { text: "a\n", offset: 0 } } },
    ]);
  });

  it("should be those of the winner of a race alone", () => {
    const passed = receive(text("a1", "0"), text("b1", "1"), text("a2", "0"), branchEnd("0", "won"), text("after"));
    expect(textOf(passed)).toEqual(["a1", "a2", "after"]);
    expect(textOf(receive(text("a", "0"), branchEnd("0", "lost"), branchEnd("1", "cancelled")))).toEqual([]);
  });

  it("should be those of each branch in one piece, where all count", () => {
    const passed = receive(
      text("a1", "0"),
      text("b1", "1"),
      text("a2", "0"),
      branchEnd("1", "ok"),
      branchEnd("0", "ok"),
    );
    expect(textOf(passed)).toEqual(["b1", "a1", "a2"]);
  });

  it("should come out of a branch within a branch when both count", () => {
    const within = (outer: "won" | "lost") =>
      textOf(receive(text("a", "1.0"), branchEnd("1.0", "won"), text("b", "1"), branchEnd("1", outer)));
    expect(within("won")).toEqual(["a", "b"]);
    expect(within("lost")).toEqual([]);
  });

  it("should be taken back where they are there, and what stays be said again", () => {
    const rewind = (from: number, branch?: string): Given => ({
      type: "rewind",
      data: { from, reason: "failed" },
      ...(branch === undefined ? {} : { branch }),
    });
    expect(textOf(receive(text("a"), text("b"), rewind(2), text("c")))).toEqual(["a", "b", "<<", "a", "c"]);
    expect(textOf(receive(text("a"), rewind(2), text("c")))).toEqual(["a", "c"]);
    expect(textOf(receive(text("a", "0"), rewind(1, "0"), text("b", "0"), branchEnd("0", "won")))).toEqual(["b"]);
  });
});
