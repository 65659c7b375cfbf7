import { afterEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { Clock } from "../../../core/contract/index.ts";
import type { RemoteModelConfig } from "../../../core/kit/index.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { closeAll, modelAt, open } from "../../plugins/llm-openai-compatible/serve.ts";
import {
  type Answer,
  chunk,
  done,
  realClock,
  refuse,
  speak,
  sse,
  Upstream,
  usageChunk,
} from "../kit/upstream/upstream.ts";
import { endOf, flowsOver, model, pipeOf, sandbox } from "./flow-kit.ts";
import { foldedOf } from "./folded.ts";

afterEach(closeAll);

const once = { attempts: 1, backoff: 1, longest: 1 };
const price = { input: 1_000_000, output: 1_000_000 };
const overloaded = `data: ${JSON.stringify({ error: { message: "busy", type: "overloaded_error" } })}\n\n`;
/** The frame with which answers begin: a role, and no word yet. */
const firstFrame = chunk({ role: "assistant", content: "" });
const hangs: Answer = (response) => void sse(response).write(chunk({ content: "begun" }));

async function start(answer: Answer, changes: Partial<RemoteModelConfig> = {}, clock: Clock = realClock) {
  const upstream = await Upstream.start(answer);
  open.push(upstream);
  return { upstream, model: modelAt(`${upstream.url}/v1`, changes, clock) };
}

const fallbackFlow = { chat: { kind: "fallback" as const, branches: [model("first"), model("second")] } };

async function fallbackAfter(answer: Answer) {
  const first = await start(answer, { retry: once });
  const second = await start(speak("Whole ", "answer."));
  const flows = flowsOver({ models: { first: first.model, second: second.model } }, fallbackFlow);
  return { events: await flows.collect({ input: { text: "Go" } }), first, second };
}

/** What is left of the run's text when everything void is taken out, as every reader would have it. */
function textOf(events: readonly RunEvent[]): string {
  const conversation = foldedOf(events);
  return conversation.messages.map((message) => (message.role === "model" ? message.text : "")).join("|");
}

describe("a provider that fails, seen by a flow", () => {
  it("should be followed by the fallback when its first frame came and then an error", async () => {
    const { events, second } = await fallbackAfter((response) => void sse(response).end(firstFrame + overloaded));
    expect(second.upstream.bodies).toHaveLength(1);
    expect(events.some(({ type }) => type === "rewind")).toBe(false);
    expect(events.find(({ type }) => type === "error")).toMatchObject({ data: { code: "SLUICE_MODEL_OVERLOADED" } });
    expect(textOf(events)).toBe("|Whole answer.");
    expect(endOf(events).status).toBe("ok");
  });

  it.each([
    ["an error", (half: string) => (response: Parameters<Answer>[0]) => void sse(response).end(half + overloaded)],
    ["an end without a finish", (half: string) => (response: Parameters<Answer>[0]) => void sse(response).end(half)],
    [
      "a cut connection",
      (half: string) => (response: Parameters<Answer>[0]) => void sse(response).write(half, () => response.destroy()),
    ],
    [
      "broken JSON",
      (half: string) => (response: Parameters<Answer>[0]) => void sse(response).end(`${half}data: {\n\n`),
    ],
  ])("should have its text taken back, and none of it twice, after text and then %s", async (_name, answer) => {
    const { events } = await fallbackAfter(answer(chunk({ content: "Whole " })));
    expect(events.filter(({ type }) => type === "rewind")).toHaveLength(1);
    expect(textOf(events)).toBe("Whole answer.");
    expect(endOf(events).status).toBe("ok");
  });

  it("should carry a delta of 2 MB through the journal", async () => {
    const large = "0123456789abcdef".repeat(131_072);
    const { model: gpt } = await start(speak(large));
    const events = await flowsOver({ models: { gpt } }, { chat: model("gpt") }).collect({ input: { text: "Go" } });
    expect(textOf(events)).toBe(large);
  });

  it("should have usage it does not tell marked as estimated on the bill, and an unknown price as unknown", async () => {
    const mute: Answer = (response) =>
      void sse(response).end(`${chunk({ content: "12345678" })}${chunk({}, "stop")}${done}`);
    const { model: gpt } = await start(mute);
    const events = await flowsOver({ models: { gpt } }, { chat: model("gpt") }).collect({ input: { text: "Go" } });
    expect(endOf(events)).toMatchObject({ usage: { outputTokens: 2, estimated: true }, cost: { amount: null } });
  });

  it("should be closed and counted where it loses a race", async () => {
    const [loser, winner] = [await start(hangs, { price }), await start(speak("First."), { price })];
    const race = { kind: "race" as const, branches: [model("loser"), model("winner")], until: "first" as const };
    const flows = flowsOver({ models: { loser: loser.model, winner: winner.model } }, { chat: race });
    const events = await flows.collect({ input: { text: "Go" } });
    await loser.upstream.abandoned;
    const { usage, cost } = endOf(events);
    // The winner told 7 and 5; the loser's prompt is estimated, whether or not its word had come.
    expect(usage).toMatchObject({ estimated: true });
    expect(usage.inputTokens).toBe(7 + 1);
    expect(usage.outputTokens).toBeGreaterThanOrEqual(5);
    expect(cost.amount).toBe(usage.inputTokens + usage.outputTokens);
  });
});

describe("a client that goes away", () => {
  const untilAsked = async (upstream: Upstream) => {
    while (upstream.bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it("should close the provider's socket before the first token", async () => {
    const { upstream, model: gpt } = await start(() => {});
    const run = flowsOver({ models: { gpt } }, { chat: model("gpt") }).runs.open({ input: { text: "Go" } });
    await untilAsked(upstream);
    run.cancel();
    await upstream.abandoned;
    expect((await run.done).data.status).toBe("cancelled");
  });

  it("should close the provider's socket during the text", async () => {
    const { upstream, model: gpt } = await start(hangs);
    const run = flowsOver({ models: { gpt } }, { chat: model("gpt") }).runs.open({ input: { text: "Go" } });
    for await (const event of run.events()) if (event.type === "text-delta") run.cancel();
    await upstream.abandoned;
    expect((await run.done).data.status).toBe("cancelled");
  });

  it("should end a pause before another attempt, and nobody is asked again", async () => {
    let paused = () => {};
    const pausing = new Promise<void>((resolve) => {
      paused = resolve;
    });
    const clock: Clock = {
      now: realClock.now,
      sleep: (milliseconds, signal) => {
        if (milliseconds > 10_000 && milliseconds < 25_000) paused();
        return realClock.sleep(milliseconds, signal);
      },
    };
    const timeouts = { connect: 90_000, firstToken: 90_000, idle: 90_000, total: 90_000 };
    const retry = { attempts: 3, backoff: 24_000, longest: 60_000 };
    const { upstream, model: gpt } = await start(refuse(503), { retry, timeouts }, clock);
    const run = flowsOver({ models: { gpt } }, { chat: model("gpt") }).runs.open({ input: { text: "Go" } });
    await pausing;
    run.cancel();
    expect((await run.done).data.status).toBe("cancelled");
    await open.at(-1)?.[Symbol.asyncDispose]();
    await upstream.quiet();
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should stop the program that runs, and leave no socket open", async () => {
    const { upstream, model: gpt } = await start(speak("```python\nwait()\n```\n"));
    const box = new FakeSandbox(() => ({ hang: true }));
    const chat = pipeOf(model("gpt"), sandbox("box"));
    const run = flowsOver({ models: { gpt }, sandboxes: { box } }, { chat }).runs.open({ input: { text: "Go" } });
    let end: RunEvent | undefined;
    for await (const event of run.events()) {
      if (event.type === "exec-start") run.cancel();
      if (event.type === "exec-end") end = event;
    }
    expect(end?.data).toMatchObject({ status: "killed" });
    expect((await run.done).data.status).toBe("cancelled");
    await open.at(-1)?.[Symbol.asyncDispose]();
    await upstream.quiet();
  });
});

describe("a provider that asks for patience", () => {
  /** A clock whose pauses are written down and are over at once. */
  function recordingClock() {
    const pauses: number[] = [];
    const timeouts = { connect: 90_000, firstToken: 80_000, idle: 80_000, total: 90_000 };
    const clock: Clock = {
      now: realClock.now,
      sleep: async (milliseconds, signal) => {
        if (milliseconds > 70_000) return realClock.sleep(milliseconds, signal);
        if (milliseconds >= 1_000) pauses.push(milliseconds);
      },
    };
    return { pauses, timeouts, clock };
  }
  const answers = (...each: readonly Answer[]): Answer => {
    let count = 0;
    return (...given) => each[Math.min(count++, each.length - 1)]?.(...given);
  };
  const told: Answer = (response) => {
    sse(response).end([chunk({ content: "made it" }), chunk({}, "stop"), usageChunk, done].join(""));
  };

  it("should be given it: 429 with Retry-After twice, then 200", async () => {
    const { pauses, timeouts, clock } = recordingClock();
    const busy = (seconds: string) => refuse(429, {}, { "retry-after": seconds });
    const { upstream, model: gpt } = await start(answers(busy("2"), busy("7"), told), { timeouts }, clock);
    const events = await flowsOver({ models: { gpt } }, { chat: model("gpt") }).collect({ input: { text: "Go" } });
    expect(textOf(events)).toBe("made it");
    expect(upstream.bodies).toHaveLength(3);
    expect(pauses.map((pause) => Math.floor(pause / 1_000))).toEqual([2, 7]);
  });

  it("should be given more each time where it says none: 503 and 529", async () => {
    const { pauses, timeouts, clock } = recordingClock();
    const retry = { attempts: 4, backoff: 2_000, longest: 30_000 };
    const failing = answers(refuse(503), refuse(529), refuse(500), told);
    const { upstream, model: gpt } = await start(failing, { timeouts, retry }, clock);
    const events = await flowsOver({ models: { gpt } }, { chat: model("gpt") }).collect({ input: { text: "Go" } });
    expect(textOf(events)).toBe("made it");
    expect(upstream.bodies).toHaveLength(4);
    [2_000, 4_000, 8_000].forEach((most, index) => {
      expect(pauses[index]).toBeGreaterThanOrEqual(most / 2);
      expect(pauses[index]).toBeLessThanOrEqual(most);
    });
  });
});
