import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startTestHost } from "../../../core/testing/index.ts";
import { speak, Upstream } from "../kit/upstream/upstream.ts";

/** Longer than a timer of JavaScript can count, which is 2^31 - 1 milliseconds. */
const long = ["25d", "100d", "2147483648ms", "99999d"];

async function hostOf(actor: object, time: string) {
  return startTestHost({
    store: false,
    config: {
      version: 1,
      plugins: { actor: { ...actor, restart: { within: time } } },
      flows: { chat: { loop: "actor", until: "done", max: 1 } },
      budgets: { run: { time } },
    },
  });
}

describe("a duration of weeks", () => {
  it.concurrent.each(long)("should not be over at once, as a limit: %s", async (time) => {
    await using upstream = await Upstream.start(async (response, ...rest) => {
      // A run that is out of its time is given half a second to end by itself.
      await delay(1_000);
      await speak("Here.")(response, ...rest);
    });
    const timeouts = { connect: time, firstToken: time, idle: time, total: time };
    const remote = { model: "m", baseURL: `${upstream.url}/v1`, timeouts, retry: { attempts: 1, longest: time } };
    await using started = await hostOf({ use: "llm-openai-compatible", with: remote }, time);
    const handle = started.host.runs.open({ flow: "chat", input: { text: "x" }, timeout: milliseconds(time) });
    const events = [];
    for await (const event of handle.events()) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    expect(events.some((event) => event.type === "text-delta")).toBe(true);
  });

  it.each(long)("should be waited for, as a pause: %s", async (time) => {
    const script = [{ text: "Now. Later.", chunk: 4, delay: time }];
    await using started = await hostOf({ use: "llm-scripted", with: { script } }, time);
    const handle = started.host.runs.open({ flow: "chat", input: { text: "x" } });
    await delay(100);
    handle.cancel("run");
    const said = [];
    for await (const event of handle.events()) if (event.type === "text-delta") said.push(event.data.text);
    expect(said.join("")).toBe("Now.");
  });
});

function milliseconds(time: string): number {
  return time.endsWith("ms") ? Number.parseInt(time, 10) : Number.parseInt(time, 10) * 86_400_000;
}
