import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { type Answer, chunk, done, sse, Upstream, usageChunk } from "../core/kit/upstream/upstream.ts";
import { cast, endOf, play, scripted } from "./cast.ts";

/** Says its program once `after` resolves, then either ends, or is silent for ever. */
const writes =
  (code: string, { after = Promise.resolve(), hang = false } = {}): Answer =>
  async (response) => {
    sse(response).write(chunk({ content: "I write.\n" }));
    await after;
    if (hang) return;
    response.end([chunk({ content: `\`\`\`python\n${code}\n\`\`\`\n` }), chunk({}, "stop"), usageChunk, done].join(""));
  };

const price = { input: 1_000_000, output: 1_000_000 };

const modelAt = ({ url }: Upstream) => ({
  use: "llm-openai-compatible",
  with: { model: "any", baseURL: `${url}/v1`, tools: "never", price },
});

describe("the profile race", () => {
  it("should be won by the slow model that is right, and close the others at once", async () => {
    await using wrong = await Upstream.start(writes("raise SystemExit(1)"));
    const hasLost = Promise.withResolvers<void>();
    await using right = await Upstream.start(writes("print(2 + 2)", { after: hasLost.promise }));
    await using hanging = await Upstream.start(writes("", { hang: true }));
    await using test = await cast("race", {
      gpt: modelAt(wrong),
      claude: modelAt(right),
      gemini: modelAt(hanging),
      tiny: { use: "llm-scripted", with: { script: [{ hang: true }], price } },
    });
    let closed: Promise<string> | undefined;
    const events: RunEvent[] = [];
    const run = test.host.runs.open({ flow: "chat", input: { text: "Print 2 + 2." } });
    for await (const event of run.events()) {
      events.push(event);
      if (event.type === "exec-end" && event.branch === "0") hasLost.resolve();
      if (event.type !== "branch-end" || event.data.status !== "won") continue;
      closed = Promise.race([hanging.abandoned.then(() => "closed"), sleep(2_000).then(() => "open for 2 s")]);
    }
    expect(await closed).toBe("closed");

    const outcomes = events.flatMap((event) =>
      event.type === "branch-end" ? [[event.branch, event.data.status]] : [],
    );
    expect(Object.fromEntries(outcomes)).toEqual({ "0": "lost", "1": "won", "2": "cancelled", "3": "cancelled" });
    expect(events.findLast((event) => event.type === "exec-stdout")).toMatchObject({
      branch: "1",
      data: { text: "4\n" },
    });

    // Two told 7 and 5 tokens; the one that was cut off is estimated from what was said and heard.
    const end = endOf(events);
    expect(end).toMatchObject({ status: "ok", exitCode: 0, usage: { estimated: true } });
    expect(end.usage.inputTokens).toBeGreaterThan(14);
    expect(end.usage.outputTokens).toBe(5 + 5 + Math.ceil("I write.\n".length / 4));
    // Every token costs a dollar, those of the losers too.
    expect(end.cost.amount).toBe(end.usage.inputTokens + end.usage.outputTokens);
  });

  it("should give each model its tries, and stop at the first program that runs", async () => {
    const hopeless = (word: string) => ({ text: "So:", code: `raise ValueError("${word}")` });
    await using test = await cast("race", {
      gpt: scripted(hopeless("a"), hopeless("b"), hopeless("c")),
      claude: scripted({ text: "So:", code: "print(anser)" }, { expect: "NameError", text: "So:", code: "print(42)" }),
      tiny: scripted({ hang: true }),
    });
    const events = await play(test, "tries", "Print 42.");
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0 });
    expect(events.find((event) => event.type === "branch-end" && event.data.status === "won")).toMatchObject({
      branch: "1",
    });
  });

  it("should leave the winner's sandbox to the session", async () => {
    await using test = await cast("race", {
      gpt: scripted({ text: "So:", code: "answer = 6 * 7" }),
      tiny: scripted({ hang: true }),
    });
    const { runs } = test.host;
    await runs.open({ flow: "chat", input: { text: "Go" }, session: "s" }).done;
    const events: RunEvent[] = [];
    for await (const event of runs.open({ flow: "run", input: { code: "print(answer)" }, session: "s" }).events()) {
      events.push(event);
    }
    expect(events.find((event) => event.type === "exec-stdout")?.data).toMatchObject({ text: "42\n" });
  });

  it("should fail with what each said when nobody is right", async () => {
    await using test = await cast("race", {
      gpt: scripted({ text: "So:", code: "raise SystemExit(1)" }),
      tiny: scripted("I have no program."),
    });
    const events = await play(test, "chat", "Print 42.");
    expect(endOf(events)).toMatchObject({ status: "failed", reason: "no branch of the race came through" });
  });
});
