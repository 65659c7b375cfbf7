import { LLMock } from "@copilotkit/aimock";
import { lastValueFrom, tap, toArray } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/client/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { clientOf } from "../core/client/client-kit.ts";
import { modelHome } from "../e2e/cli-kit.ts";
import { cast, pullLocalModel } from "./cast.ts";

const answer = Array.from({ length: 60 }, (_, number) => `word${number}`).join(" ");
const pace = 15;

describe("one socket and five models", () => {
  const mock = new LLMock({ port: 0, chunkSize: 12, latency: pace });
  let far: TestHost;
  let near: TestHost;

  beforeAll(async () => {
    await pullLocalModel();
    mock.onMessage("Speak.", { content: answer });
    await mock.start();
    const speaker = { use: "llm-scripted", with: { script: [answer], chunk: 12, delay: `${pace}ms` } };
    const transport = { use: "websocket", with: { listen: "127.0.0.1:0" } };
    far = await startTestHost({
      transports: true,
      store: false,
      config: { version: 1, plugins: { speaker, transport }, flows: { chat: "speaker" } },
    });
    const provider = (use: string, model: string, path: string) => ({
      use,
      with: { model, apiKey: "key-for-tests", baseURL: `${mock.url}${path}` },
    });
    near = await cast(
      "many-models",
      {
        gpt: provider("llm-openai", "gpt-5.2", "/v1"),
        claude: provider("llm-anthropic", "claude-sonnet-5", "/v1"),
        gemini: provider("llm-google", "gemini-3-pro", "/v1beta"),
        own: { use: "llm-websocket", with: { url: far.host.addresses[0], token: far.host.info.token } },
        tiny: { use: "llm-local", with: { maxTokens: 40 } },
      },
      { transports: true, env: { SLUICE_HOME: modelHome } },
    );
  });

  afterAll(async () => {
    await near[Symbol.asyncDispose]();
    await far[Symbol.asyncDispose]();
    await mock.stop();
  });

  it("should stream all of them at once, interleaved, each complete", async () => {
    const connections = new Set<string>();
    const watching = near.host.hostEvents$.subscribe((event) => {
      if (event.type === "connection-status") connections.add(event.data.connection);
    });
    await using client = clientOf(near.host.addresses[0] ?? "", { token: near.host.info.token ?? "" });
    const received: { model: string; event: RunEvent }[] = [];
    const models = ["tiny", "gpt", "claude", "gemini", "own"];
    const ends = await Promise.all(
      models.map(async (model) => {
        const stream = client.run(model, "Speak.").pipe(
          tap((event) => void received.push({ model, event })),
          toArray(),
        );
        return (await lastValueFrom(stream)).at(-1);
      }),
    );
    watching.unsubscribe();
    expect(connections.size).toBe(1);
    for (const end of ends) expect(end).toMatchObject({ type: "run-end", data: { status: "ok" } });

    const places = (model: string) =>
      received.flatMap((each, index) => (each.model === model && each.event.type === "text-delta" ? [index] : []));
    for (const model of models) {
      const own = received.filter((each) => each.model === model).map(({ event }) => event);
      expect(own.map(({ seq }) => seq)).toEqual(own.map((_, index) => index + 1));
      const said = own.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("");
      if (model === "tiny") expect(said.trim()).not.toBe("");
      else expect(said).toBe(answer);
    }
    // All that keep one pace had begun before any of them was done.
    const paced = models.slice(1).map(places);
    expect(Math.max(...paced.map((at) => at[0] ?? Number.NaN))).toBeLessThan(
      Math.min(...paced.map((at) => at.at(-1) ?? 0)),
    );
  });

  it("should run them in one flow as well, side by side", async () => {
    await using client = clientOf(near.host.addresses[0] ?? "", { token: near.host.info.token ?? "" });
    const events = await lastValueFrom(client.run("compare", "Speak.").pipe(toArray()));
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    const said = new Map<string, string>();
    for (const event of events) {
      if (event.type !== "text-delta") continue;
      said.set(event.source, (said.get(event.source) ?? "") + event.data.text);
      expect(event.branch).toBeDefined();
    }
    expect([...said.keys()].toSorted()).toEqual(["claude", "gemini", "gpt", "own", "tiny"]);
    for (const [model, text] of said) if (model !== "tiny") expect(text).toBe(answer);
  });
});
