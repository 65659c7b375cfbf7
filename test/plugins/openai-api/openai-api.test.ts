import { createServer } from "node:net";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startTestHost } from "../../../core/testing/index.ts";

const scripted = (script: readonly unknown[], more: object = {}) => ({
  use: "llm-scripted",
  with: { script, chunk: 5, ...more },
});

async function serve(plugins: Record<string, unknown>, flows: Record<string, unknown>, options: object = {}) {
  const started = await startTestHost({
    config: {
      version: 1,
      plugins: { ...plugins, api: { use: "openai-api", with: { listen: "127.0.0.1:0", ...options } } },
      flows,
    },
    transports: true,
    store: false,
  });
  const { host } = started;
  const baseURL = `${host.addresses[0]}/v1`;
  const client = (apiKey = host.info.token ?? "") => new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  return { host, baseURL, client, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

const ask = (content: string) => [{ role: "user" as const, content }];

describe("the OpenAI transport", () => {
  it("should list flows and models, and tell of one", async () => {
    await using api = await serve({ actor: scripted(["Hi"]) }, { chat: "actor" });
    const models = await api.client().models.list();
    expect(models.data.map(({ id }) => id)).toEqual(["chat", "actor"]);
    expect(await api.client().models.retrieve("actor")).toMatchObject({ object: "model", owned_by: "sluicebox" });
    await expect(api.client().models.retrieve("nope")).rejects.toMatchObject({ status: 404 });
  });

  it("should answer at once, with usage", async () => {
    await using api = await serve({ actor: scripted(["Hello there, reader."]) }, { chat: "actor" });
    const answer = await api.client().chat.completions.create({ model: "chat", messages: ask("hi") });
    expect(answer.choices).toMatchObject([
      { index: 0, message: { role: "assistant", content: "Hello there, reader." }, finish_reason: "stop" },
    ]);
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    expect(answer.model).toBe("chat");
  });

  it("should stream deltas, the reason of the end, and usage when asked for", async () => {
    await using api = await serve({ actor: scripted(["Hello there, reader."]) }, { chat: "actor" });
    const stream = await api.client().chat.completions.create({
      ...{ model: "chat", messages: ask("hi"), stream: true, stream_options: { include_usage: true } },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Hello there, reader.");
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
  });

  it("should give the model the conversation so far, its own words as its own", async () => {
    await using api = await serve(
      { actor: scripted(["first", { expect: "and now?", text: "second" }]) },
      { chat: "actor" },
    );
    const messages = [
      { role: "system" as const, content: "Be brief." },
      { role: "user" as const, content: "hi" },
      { role: "assistant" as const, content: "first" },
      { role: "user" as const, content: [{ type: "text" as const, text: "and now?" }] },
    ];
    const answer = await api.client().chat.completions.create({ model: "actor", messages });
    expect(answer.choices[0]?.message.content).toBe("second");
  });

  it("should answer with the winner of a race alone, and with every answer of all", async () => {
    const models = {
      a: scripted(["from a"]),
      b: scripted(["from b"]),
      slow: scripted([{ wait: "10s", text: "late" }]),
    };
    await using api = await serve(models, { race: { race: ["a", "slow"] }, all: { all: ["a", "b"] } });
    const contentOf = async (model: string) =>
      (await api.client().chat.completions.create({ model, messages: ask("hi") })).choices[0]?.message.content;
    expect(await contentOf("race")).toBe("from a");
    const all = await contentOf("all");
    expect(all).toContain("from a");
    expect(all).toContain("from b");
  });

  it("should leave out what a failed attempt said, where nothing was sent yet", async () => {
    const broken = scripted([{ text: "half an ans", error: { status: 500, message: "broke" } }]);
    await using api = await serve(
      { broken, good: scripted(["whole answer"]) },
      { chat: { fallback: ["broken", "good"] } },
    );
    const answer = await api.client().chat.completions.create({ model: "chat", messages: ask("hi") });
    expect(answer.choices[0]?.message.content).toBe("whole answer");
    const stream = await api.client().chat.completions.create({ model: "chat", messages: ask("hi"), stream: true });
    const read = async () => {
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    };
    await expect(read()).rejects.toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should answer failures with a status, a type and when to try again", async () => {
    const busy = scripted([{ error: { code: "SLUICE_MODEL_RATE_LIMIT", message: "slow down", retryAfter: "7s" } }], {
      repeat: true,
    });
    await using api = await serve({ busy }, { chat: "busy" });
    for (const stream of [false, true]) {
      const asked = api.client().chat.completions.create({ model: "chat", messages: ask("hi"), stream });
      const error = await asked.then(() => undefined).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ status: 429, code: "SLUICE_MODEL_RATE_LIMIT", type: "rate_limit_error" });
      expect((error as { headers: Headers }).headers.get("retry-after")).toBe("7");
    }
  });

  it("should refuse wrong keys, unknown models and requests that flows cannot serve", async () => {
    await using api = await serve({ actor: scripted(["Hi"]) }, { chat: "actor" });
    const create = (body: object, key?: string) =>
      api.client(key).chat.completions.create({ model: "chat", messages: ask("hi"), ...body });
    await expect(create({}, "wrong")).rejects.toMatchObject({ status: 401 });
    await expect(create({ model: "nope" })).rejects.toMatchObject({ status: 404 });
    await expect(create({ messages: [] })).rejects.toMatchObject({ status: 400 });
    await expect(create({ n: 2 })).rejects.toMatchObject({ status: 400 });
    await expect(create({ messages: [{ role: "assistant", content: "x" }] })).rejects.toMatchObject({ status: 400 });
    const tool = { type: "function", function: { name: "f" } };
    await expect(create({ tools: [tool] })).rejects.toMatchObject({ status: 400 });
    const image = [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }];
    await expect(create({ messages: image })).rejects.toMatchObject({ status: 400 });
    const headers = { authorization: `Bearer ${api.host.info.token}` };
    for (const body of ["", "{", "5", "[]", "null"]) {
      expect((await fetch(`${api.baseURL}/chat/completions`, { method: "POST", headers, body })).status).toBe(400);
    }
  });

  it("should cancel the run of a client that goes away", async () => {
    await using api = await serve({ actor: scripted([{ text: "waiting", hang: true }]) }, { chat: "actor" });
    const abort = new AbortController();
    const asked = { model: "chat", messages: ask("hi"), stream: true as const };
    const stream = await api.client().chat.completions.create(asked, { signal: abort.signal });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    abort.abort();
    await expect.poll(() => api.host.runs.active).toBe(0);
  });

  it("should let a request under way end when the host stops, and take no other", async () => {
    await using api = await serve({ actor: scripted([{ text: "a long answer", delay: "20ms" }]) }, { chat: "actor" });
    const stream = await api.client().chat.completions.create({ model: "chat", messages: ask("hi"), stream: true });
    const closed = api.host.close();
    const late = api.client().chat.completions.create({ model: "chat", messages: ask("hi") });
    await expect(late).rejects.toMatchObject({ status: 503, code: "SLUICE_HOST_STOPPING" });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("a long answer");
    await closed;
  });

  it("should serve a model of another host as a model here", async () => {
    await using inner = await serve({ actor: scripted(["from within"]) }, {});
    const remote = {
      use: "llm-openai-compatible",
      with: { model: "actor", baseURL: inner.baseURL, apiKey: inner.host.info.token },
    };
    await using outer = await serve({ remote }, { chat: "remote" });
    const answer = await outer.client().chat.completions.create({ model: "chat", messages: ask("hi") });
    expect(answer.choices[0]?.message.content).toBe("from within");
  });

  it("should share its port with the other transports", async () => {
    const probe = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => probe.once("listening", resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const listen = `127.0.0.1:${port}`;
    const transports = { wire: { use: "websocket", with: { listen } }, classic: { use: "lmc", with: { listen } } };
    await using api = await serve({ actor: scripted(["Hi"]), ...transports }, { chat: "actor" }, { listen });
    expect(api.host.addresses).toEqual([`http://${listen}`]);
    expect(await (await fetch(`http://${listen}/heartbeat`)).json()).toEqual({ status: "alive" });
    expect((await api.client().models.list()).data.length).toBe(2);
  });
});
