import { firstValueFrom, lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Clock, ModelEvent, ModelRequest, PromptMessage } from "../../../core/contract/index.ts";
import type { ScriptedConfig } from "../../../plugins/llm-scripted/config.ts";
import plugin from "../../../plugins/llm-scripted/index.ts";
import manifest from "../../../plugins/llm-scripted/plugin.json" with { type: "json" };
import { ScriptedModel } from "../../../plugins/llm-scripted/scripted-model.ts";

const never = new AbortController().signal;

function model(config: Partial<ScriptedConfig>, clock: Clock = { now: Date.now, sleep: async () => {} }) {
  return new ScriptedModel(
    "actor",
    { model: "scripted", script: [], repeat: false, chunk: 12, delay: 0, ...config },
    clock,
  );
}

function request(...messages: readonly (string | PromptMessage)[]): ModelRequest {
  return {
    system: "",
    codeWanted: true,
    messages: messages.map((message) => (typeof message === "string" ? { role: "user", text: message } : message)),
  };
}

const said = (text: string): PromptMessage => ({ role: "assistant", text });

function play(actor: ScriptedModel, asked: ModelRequest): Promise<ModelEvent[]> {
  return lastValueFrom(actor.generate(asked, never).pipe(toArray()));
}

function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
}

describe("llm-scripted", () => {
  it("should give the answers in the order of its own answers in the conversation", async () => {
    const actor = model({ script: ["one", "two"] });
    expect(textOf(await play(actor, request("a")))).toBe("one");
    expect(textOf(await play(actor, request("a", said("one"), "b")))).toBe("two");
    expect(textOf(await play(actor, request("a")))).toBe("one");
  });

  it("should fail with SLUICE_MODEL_SCRIPT when no answer is left, and begin again with repeat", async () => {
    const asked = request("a", said("one"), "b");
    await expect(play(model({ script: ["one"] }), asked)).rejects.toMatchObject({ code: "SLUICE_MODEL_SCRIPT" });
    expect(textOf(await play(model({ script: ["one"], repeat: true }), asked))).toBe("one");
  });

  it("should cut text into deltas by characters and end with one finish", async () => {
    const events = await play(model({ script: ["ab😀cd"], chunk: 3 }), request("a"));
    expect(events).toEqual([
      { type: "text-delta", text: "ab😀" },
      { type: "text-delta", text: "cd" },
      { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 2, estimated: true } },
    ]);
  });

  it("should stream reasoning, text and fenced code in that order", async () => {
    const events = await play(
      model({ script: [{ reasoning: "hm", text: "So:", code: "print(1)" }], chunk: 0 }),
      request("a"),
    );
    expect(events.slice(0, -1)).toEqual([
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "So:" },
      { type: "text-delta", text: "\n\n```python\nprint(1)\n```\n" },
    ]);
  });

  it("should give code as a tool call when asked to", async () => {
    const events = await play(
      model({ script: [{ code: "ls", language: "bash", tool: true }], chunk: 0 }),
      request("a"),
    );
    expect(events).toMatchObject([
      { type: "code-delta", language: "bash", text: "ls", index: 0 },
      { type: "finish", reason: "tool" },
    ]);
  });

  it("should prefer an answer whose pattern matches the last message", async () => {
    const actor = model({ script: ["plain", { when: "NameError", text: "repaired" }] });
    expect(textOf(await play(actor, request("go")))).toBe("plain");
    expect(textOf(await play(actor, request("go", said("plain"), "NameError: x")))).toBe("repaired");
  });

  it("should refuse to go on when the last message is not what was expected", async () => {
    const actor = model({ script: [{ expect: "42", text: "yes" }] });
    await expect(play(actor, request("41"))).rejects.toMatchObject({ code: "SLUICE_MODEL_SCRIPT" });
    expect(textOf(await play(actor, request("it printed 42")))).toBe("yes");
  });

  it("should fail as a provider would, after the text before it", async () => {
    const actor = model({ script: [{ text: "begin", error: { status: 429, retryAfter: 1500 } }], chunk: 0 });
    const seen: ModelEvent[] = [];
    const failure = await new Promise((resolve) => {
      actor.generate(request("a"), never).subscribe({ next: (event) => seen.push(event), error: resolve });
    });
    expect(seen).toEqual([{ type: "text-delta", text: "begin" }]);
    expect(failure).toMatchObject({ code: "SLUICE_MODEL_RATE_LIMIT", retryAfter: 1500, retryable: true });
  });

  it("should hang until it is unsubscribed or its signal aborts", async () => {
    const actor = model({ script: [{ text: "then", hang: true }], chunk: 0 });
    expect(await firstValueFrom(actor.generate(request("a"), never))).toEqual({ type: "text-delta", text: "then" });
    const stop = new AbortController();
    const failure = new Promise((resolve) => {
      actor.generate(request("a"), stop.signal).subscribe({ next: () => stop.abort(), error: resolve });
    });
    expect(await failure).toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
  });

  it("should pause before the first delta and between deltas by the host's clock", async () => {
    const slept: number[] = [];
    const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void slept.push(milliseconds) };
    await play(model({ script: [{ wait: 500, text: "abc" }], chunk: 1, delay: 20 }, clock), request("a"));
    expect(slept).toEqual([500, 20, 20]);
  });

  it("should take changed options for the next request", async () => {
    const actor = model({ script: ["old"] });
    actor.reconfigure({ model: "renamed", script: ["new"], repeat: false, chunk: 0, delay: 0 });
    expect(actor.modelId).toBe("renamed");
    expect(textOf(await play(actor, request("a")))).toBe("new");
  });

  it("should find unknown codes and broken patterns before anything starts", () => {
    const script = [{ error: { code: "SLUICE_NONSENSE" } }, { when: "(" }, "fine"];
    const issues = plugin.check?.({ model: "m", script, repeat: false, chunk: 0, delay: 0 });
    expect(issues?.map((issue) => issue.path)).toEqual(["/script/0/error/code", "/script/1/when"]);
  });

  it("should offer a default script that prints and then ends", async () => {
    const actor = model({ script: manifest.config.properties.script.default });
    expect(textOf(await play(actor, request("a")))).toContain("```python\nprint('Hello, World!')\n```");
    expect(textOf(await play(actor, request("a", said("x"), "b")))).not.toContain("```");
  });
});
