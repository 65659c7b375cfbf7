import { describe, expect, it } from "vitest";
import type { Model } from "../../../core/contract/index.ts";
import { ask, errorOf, eventsOf, runsOf, scripted, startTwo, textOf } from "./hosts.ts";
import { startRelay } from "./relay.ts";

describe("a flow of another host as a model", () => {
  it("should say its text as it comes, with usage and cost of the other host", async () => {
    const { here } = await startTwo({
      plugins: { actor: scripted({ text: "Hello there, reader.", usage: { inputTokens: 7, outputTokens: 5 } }) },
      flows: { chat: "actor" },
    });
    const events = await ask(here, "hi");
    expect(textOf(events)).toBe("Hello there, reader.");
    expect(events.filter(({ type }) => type === "text-delta").length).toBeGreaterThan(2);
    expect(events.find(({ type }) => type === "model-start")?.data).toMatchObject({
      model: expect.stringMatching(/^chat@/),
    });
    expect(events.at(-1)).toMatchObject({
      data: { status: "ok", usage: { inputTokens: 7, outputTokens: 5 }, cost: { amount: 0 } },
    });
  });

  it("should give its code to a sandbox here, as code", async () => {
    const { here } = await startTwo({
      plugins: { actor: scripted({ text: "Now:", code: "print(1)", language: "python" }) },
      flows: { chat: "actor" },
    });
    const events = await ask(here, "hi");
    expect(events.find(({ type }) => type === "code-start")?.data).toEqual({ language: "python" });
    expect(events.map((event) => (event.type === "code-delta" ? event.data.text : "")).join("")).toContain("print(1)");
  });

  it("should be told the whole conversation, and keep nothing", async () => {
    const { here, there } = await startTwo({
      plugins: { actor: scripted("First.", { expect: "two", text: "Second." }) },
      flows: { chat: "actor" },
    });
    expect(textOf(await ask(here, "one", "mine"))).toBe("First.");
    expect(textOf(await ask(here, "two", "mine"))).toBe("Second.");
    expect(there.sessions.list()).toEqual([]);
  });

  it("should keep a session for each of ours, where the profile wants that", async () => {
    const { here, there } = await startTwo(
      {
        plugins: { actor: scripted("First.", { expect: "two", text: "Second." }) },
        flows: { chat: "actor" },
      },
      { memory: "session" },
    );
    expect(textOf(await ask(here, "one", "mine"))).toBe("First.");
    expect(textOf(await ask(here, "two", "mine"))).toBe("Second.");
    expect(textOf(await ask(here, "one", "yours"))).toBe("First.");
    expect(there.sessions.list().map(({ session }) => session)).toEqual(["remote.mine", "remote.yours"]);
  });

  it("should be cancelled over there when its run is cancelled here", async () => {
    const { here, there } = await startTwo({
      plugins: { actor: scripted({ text: "waiting", hang: true }) },
      flows: { chat: "actor" },
    });
    const run = here.runs.open({ input: { text: "hi" } });
    for await (const event of run.events()) if (event.type === "text-delta") run.cancel();
    expect((await run.done).data).toMatchObject({ status: "cancelled" });
    const [other] = runsOf(there);
    expect((await other?.done)?.data).toMatchObject({ status: "cancelled" });
  });

  it("should fail as it failed over there", async () => {
    const { here } = await startTwo({
      plugins: { actor: scripted({ error: { status: 429, message: "slow down" } }) },
      flows: { chat: "actor" },
    });
    const events = await ask(here, "hi");
    expect(errorOf(events)).toMatchObject({
      code: "SLUICE_MODEL_RATE_LIMIT",
      message: expect.stringMatching(/^remote: .*slow down/),
    });
    expect(events.at(-1)).toMatchObject({ data: { status: "failed" } });
  });

  it("should take back what the other host took back", async () => {
    const { here } = await startTwo({
      plugins: { first: scripted({ text: "wrong", error: { status: 500 } }), second: scripted("right") },
      flows: { chat: { fallback: ["first", "second"] } },
    });
    const events = await ask(here, "hi");
    expect(events.filter(({ type }) => type === "rewind")).toHaveLength(1);
    const from = events.findIndex(({ type }) => type === "rewind");
    expect(textOf(events.slice(from))).toBe("right");
    expect(events.at(-1)).toMatchObject({ data: { status: "ok" } });
  });

  it("should tell a wrong token, an unknown flow and a host that is not there", async () => {
    const other = { plugins: { actor: scripted("x") }, flows: { chat: "actor" } };
    const refused = await startTwo(other, { token: "wrong-token-of-some-length" });
    expect(errorOf(await ask(refused.here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_AUTH" });
    const unknown = await startTwo(other, { flow: "nowhere" });
    expect(errorOf(await ask(unknown.here, "hi"))).toMatchObject({
      code: "SLUICE_MODEL_REQUEST",
      message: expect.stringContaining("nowhere"),
    });
    const away = await startTwo(other, { maxRetries: 1 }, () => "ws://127.0.0.1:9");
    expect(errorOf(await ask(away.here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_UNREACHABLE" });
    // It tries anew each time it is asked.
    expect(errorOf(await ask(away.here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_UNREACHABLE" });
  });

  it("should give up after its time", async () => {
    const { here, there } = await startTwo(
      { plugins: { actor: scripted({ text: "waiting", hang: true }) }, flows: { chat: "actor" } },
      { timeouts: { total: "150ms" } },
    );
    expect(errorOf(await ask(here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_TIMEOUT" });
    const [other] = runsOf(there);
    expect(["cancelled", "timeout"]).toContain((await other?.done)?.data.status);
  });

  it("should go on where it was after its connection broke, with nothing lost and nothing twice", async () => {
    const text = Array.from({ length: 60 }, (_, index) => `word${index} `).join("");
    const relay = await startRelay();
    const { here, there } = await startTwo(
      {
        plugins: { actor: { use: "llm-scripted", with: { script: [text], chunk: 7, delay: "5ms" } } },
        flows: { chat: "actor" },
      },
      {},
      (address) => relay.to(new URL(address).port),
    );
    let deltas = 0;
    let broken = 0;
    const events = await eventsOf(here, { input: { text: "hi" } }, (event) => {
      if (event.type !== "text-delta") return;
      deltas += 1;
      if (deltas % 20 === 0) broken += relay.cut();
    });
    expect(textOf(events)).toBe(text);
    expect(broken).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({ data: { status: "ok" } });
    expect(runsOf(there)).toHaveLength(1);
  });

  it("should say whether it is reached, and what it offers", async () => {
    const { here } = await startTwo(
      { plugins: { actor: scripted("x") }, flows: { chat: "actor", other: "actor" } },
      { flow: "other" },
    );
    const model = here.instance("remote") as Model;
    expect(await model.probe?.(new AbortController().signal)).toMatchObject({ reachable: true, modelKnown: true });
    const offered = (await model.list?.(new AbortController().signal))?.map(({ id }) => id);
    expect(offered).toEqual(["chat", "other", "actor"]);
  });
});
