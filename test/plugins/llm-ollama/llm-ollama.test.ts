import { LLMock } from "@copilotkit/aimock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OllamaConfig } from "../../../plugins/llm-ollama/config.ts";
import { OllamaModel } from "../../../plugins/llm-ollama/ollama-model.ts";
import { png } from "../../core/kit/upstream/pictures.ts";
import {
  type Answer,
  ask,
  collect,
  realClock,
  refuse,
  remoteConfig,
  silentLog,
  Upstream,
} from "../../core/kit/upstream/upstream.ts";

const open: AsyncDisposable[] = [];
const signal = new AbortController().signal;

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function modelAt(baseURL: string, changes: Partial<OllamaConfig> = {}) {
  const config = { ...remoteConfig(baseURL, { apiKey: undefined }), model: "qwen3", ...changes } as OllamaConfig;
  const model = new OllamaModel(config, { id: "it", clock: realClock, log: silentLog });
  open.push(model);
  return model;
}

async function serve(changes: Partial<OllamaConfig>, ...answers: readonly Answer[]) {
  const upstream = await Upstream.start(...answers);
  open.push(upstream);
  return { upstream, model: modelAt(upstream.url, changes) };
}

const lines =
  (...objects: readonly object[]): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.end(objects.map((line) => `${JSON.stringify(line)}\n`).join(""));
  };

const end = { done: true, done_reason: "stop", prompt_eval_count: 7, eval_count: 5 };

describe("llm-ollama", () => {
  const mock = new LLMock({ port: 0, chunkSize: 4 });

  beforeAll(async () => {
    mock.onMessage("hello", { content: "Good morning, 世界 😀" });
    await mock.start();
  });
  afterAll(() => mock.stop());

  it("should stream a mock's answer", async () => {
    const { text, events, error } = await collect(modelAt(mock.url), ask("hello"));
    expect(error).toBeUndefined();
    expect(text).toBe("Good morning, 世界 😀");
    expect(events.length).toBeGreaterThan(3);
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
  });

  it("should say what Ollama is to do in Ollama's words", async () => {
    const { upstream, model } = await serve(
      { context: 8192, think: false, keepAlive: "30m", temperature: 0.5, maxTokens: 9, seed: 3 },
      lines({ message: { content: "hi" } }, end),
    );
    const { events } = await collect(model);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop", usage: { inputTokens: 7, outputTokens: 5 } });
    expect(upstream.paths).toEqual(["/api/chat"]);
    expect(upstream.bodies[0]).toEqual({
      model: "qwen3",
      stream: true,
      think: false,
      keep_alive: "30m",
      options: { temperature: 0.5, seed: 3, num_predict: 9, num_ctx: 8192 },
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
    });
  });

  it("should show pictures beside the words", async () => {
    const { upstream, model } = await serve({ vision: true }, lines({ message: { content: "A chart." } }, end));
    const base64 = png.toString("base64");
    const pictures = [{ mime: "image/png" as const, base64 }];
    await collect(model, { system: "", codeWanted: false, messages: [{ role: "user", text: "See", pictures }] });
    expect(upstream.bodies[0]?.["messages"]).toEqual([{ role: "user", content: "See", images: [base64] }]);
  });

  it("should give reasoning and tool calls", async () => {
    const called = { function: { name: "execute", arguments: { language: "bash", code: "ls" } } };
    const { model } = await serve(
      { tools: "auto" },
      lines({ message: { thinking: "hm" } }, { message: { content: "", tool_calls: [called] } }, end),
    );
    expect((await collect(model)).events).toMatchObject([
      { type: "reasoning-delta", text: "hm" },
      { type: "code-delta", language: "bash", text: "ls" },
      { type: "finish", reason: "tool" },
    ]);
  });

  it("should call an end without `done` incomplete, and broken lines malformed", async () => {
    const { model } = await serve({}, lines({ message: { content: "half" } }));
    expect(await collect(model)).toMatchObject({ text: "half", error: { code: "SLUICE_MODEL_INCOMPLETE" } });
    const { model: broken } = await serve({ retry: { attempts: 1, backoff: 1, longest: 1 } }, (response) => {
      response.end("{oops\n");
    });
    expect((await collect(broken)).error).toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
  });

  it("should tell a model that is not there", async () => {
    const { upstream, model } = await serve({}, refuse(404, { error: "model 'qwen3' not found" }));
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_REQUEST",
      message: expect.stringContaining("not found"),
    });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should close the socket when it is left", async () => {
    const { upstream, model } = await serve({}, (response) => {
      response.write(`${JSON.stringify({ message: { content: "a" } })}\n`);
    });
    const subscription = model.generate(ask("x"), signal).subscribe(() => subscription.unsubscribe());
    await upstream.abandoned;
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should list the server's models and know one without its tag", async () => {
    const { model } = await serve({}, refuse(200, { models: [{ name: "qwen3:latest", size: 5 }] }));
    expect(await model.list(signal)).toContainEqual({ id: "qwen3:latest", size: 5, installed: true });
    expect(await model.probe(signal)).toMatchObject({ modelKnown: true });
  });

  it("should pull with progress", async () => {
    const layer = { status: "pulling 1", total: 4, completed: 2 };
    const { upstream, model } = await serve({}, lines({ status: "pulling manifest" }, layer, { status: "success" }));
    const seen: (number | undefined)[] = [];
    await model.pull({ onProgress: ({ fraction }) => seen.push(fraction) }, signal);
    expect(seen).toEqual([undefined, 0.5, undefined]);
    expect(upstream.bodies[0]).toMatchObject({ model: "qwen3" });
  });

  it("should tell why a pull failed", async () => {
    const { model } = await serve({}, lines({ status: "pulling manifest" }, { error: "file does not exist" }));
    await expect(model.pull({}, signal)).rejects.toMatchObject({ code: "SLUICE_MODEL_DOWNLOAD" });
    const { model: cut } = await serve({}, lines({ status: "pulling manifest" }));
    await expect(cut.pull({}, signal)).rejects.toMatchObject({ code: "SLUICE_MODEL_DOWNLOAD" });
  });

  it("should cost nothing unless the profile says what", async () => {
    const { model } = await serve({}, lines(end));
    expect(model.cost({ inputTokens: 1e6, outputTokens: 1e6 })).toBe(0);
    const { model: dear } = await serve({ price: { input: 1, output: 2 } }, lines(end));
    expect(dear.cost({ inputTokens: 1e6, outputTokens: 1e6 })).toBe(3);
  });
});
