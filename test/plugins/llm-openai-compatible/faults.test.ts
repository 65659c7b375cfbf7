import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { RemoteModel, type RemoteModelConfig, type SluiceError } from "../../../core/index.ts";
import { openAICompatible } from "../../../plugins/llm-openai-compatible/provider.ts";
import {
  type Answer,
  ask,
  chunk,
  collect,
  done,
  realClock,
  refuse,
  remoteConfig,
  silentLog,
  speak,
  sse,
  Upstream,
  usageChunk,
} from "../../core/model/upstream.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function modelAt(baseURL: string, changes: Partial<RemoteModelConfig> = {}) {
  const config = { ...remoteConfig(baseURL, changes), name: "openai-compatible", usage: true };
  const model = new RemoteModel(openAICompatible("openai-compatible"), config, {
    id: "gpt",
    clock: realClock,
    log: silentLog,
  });
  open.push(model);
  return model;
}

async function serve(changes: Partial<RemoteModelConfig>, ...answers: readonly Answer[]) {
  const upstream = await Upstream.start(...answers);
  open.push(upstream);
  return { upstream, model: modelAt(`${upstream.url}/v1`, changes) };
}

describe("llm-openai-compatible: what a provider answers", () => {
  it("should stream text as it comes and end with the provider's usage", async () => {
    const { upstream, model } = await serve({}, speak("Hel", "lo"));
    const { events, error } = await collect(model);
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: "text-delta", text: "Hel" },
      { type: "text-delta", text: "lo" },
      { type: "finish", reason: "stop", usage: { inputTokens: 7, outputTokens: 5 } },
    ]);
    expect(upstream.paths).toEqual(["/v1/chat/completions"]);
    expect(upstream.headers[0]?.authorization).toBe("Bearer sk-planted-key-0123456789");
    expect(upstream.bodies[0]?.["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
    ]);
  });

  it("should wait as long as a 429 asks and then answer", async () => {
    const busy = refuse(429, { error: { message: "slow down" } }, { "retry-after": "0" });
    const { upstream, model } = await serve({}, busy, busy, speak("made it"));
    expect(await collect(model)).toMatchObject({ text: "made it" });
    expect(upstream.bodies).toHaveLength(3);
  });

  it("should give up at once when the provider asks for more patience than allowed", async () => {
    const { upstream, model } = await serve({}, refuse(429, {}, { "retry-after": "3600" }));
    const { error } = await collect(model);
    expect(error).toMatchObject({ code: "SLUICE_MODEL_RATE_LIMIT", class: "limit", retryAfter: 3_600_000 });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should not repeat a request with a refused key, nor show the key", async () => {
    const words = { error: { message: "Incorrect API key provided: sk-planted-key-0123456789 (sk-plant*****6789)" } };
    const { upstream, model } = await serve({ headers: { "x-team": "team-secret" } }, refuse(401, words));
    const { error } = await collect(model);
    expect(error).toMatchObject({ code: "SLUICE_MODEL_AUTH", class: "auth", retryable: false });
    expect(upstream.bodies).toHaveLength(1);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/planted|team-secret|sk-plant/);
  });

  it.each([500, 502, 503, 529])("should try again after HTTP %i", async (status) => {
    const { upstream, model } = await serve({}, refuse(status), speak("well again"));
    expect(await collect(model)).toMatchObject({ text: "well again" });
    expect(upstream.bodies).toHaveLength(2);
  });

  it("should stop trying after the attempts allowed", async () => {
    const { upstream, model } = await serve({}, refuse(503, { error: { message: "no capacity" } }));
    const { error } = await collect(model);
    expect(error).toMatchObject({ code: "SLUICE_MODEL_OVERLOADED", message: expect.stringContaining("no capacity") });
    expect(upstream.bodies).toHaveLength(3);
  });

  it.each([
    [400, "This model's maximum context length is 8192 tokens", "SLUICE_MODEL_CONTEXT"],
    [413, "Payload too large", "SLUICE_MODEL_CONTEXT"],
    [400, "Unknown parameter: foo", "SLUICE_MODEL_REQUEST"],
    [404, "The model `nope` does not exist", "SLUICE_MODEL_REQUEST"],
    [403, "Country not supported", "SLUICE_MODEL_AUTH"],
  ])("should make of HTTP %i with %j a %s", async (status, message, code) => {
    const { upstream, model } = await serve({}, refuse(status, { error: { message } }));
    expect((await collect(model)).error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should not wait for an account without money", async () => {
    const { upstream, model } = await serve(
      {},
      refuse(429, { error: { message: "empty", code: "insufficient_quota" } }),
    );
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_RATE_LIMIT", retryable: false });
    expect(upstream.bodies).toHaveLength(1);
  });
});

describe("llm-openai-compatible: streams that go wrong", () => {
  it("should try again when an error is all that the stream holds", async () => {
    const failing: Answer = (response) => {
      sse(response).end(`data: ${JSON.stringify({ error: { message: "overloaded", type: "overloaded_error" } })}\n\n`);
    };
    const { upstream, model } = await serve({}, failing, speak("second"));
    expect(await collect(model)).toMatchObject({ text: "second" });
    expect(upstream.bodies).toHaveLength(2);
  });

  it("should not try again once text was passed on", async () => {
    const failing: Answer = (response) => {
      sse(response).end(`${chunk({ content: "begun" })}data: ${JSON.stringify({ error: { message: "oops" } })}\n\n`);
    };
    const { upstream, model } = await serve({}, failing, speak("never"));
    expect(await collect(model)).toMatchObject({ text: "begun", error: { code: "SLUICE_MODEL_OVERLOADED" } });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should call an end without a finish incomplete, after text and before it", async () => {
    const { model } = await serve({ retry: { attempts: 1, backoff: 1, longest: 1 } }, (response) => {
      sse(response).end(chunk({ content: "half" }));
    });
    const { text, error, events } = await collect(model);
    expect({ text, error }).toMatchObject({ text: "half", error: { code: "SLUICE_MODEL_INCOMPLETE" } });
    expect(events.some((event) => event.type === "finish")).toBe(false);
    const { model: silent } = await serve({ retry: { attempts: 1, backoff: 1, longest: 1 } }, (response) => {
      sse(response).end();
    });
    expect((await collect(silent)).error).toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should call a connection that is cut in the middle incomplete", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).write(chunk({ content: "half" }), () => response.destroy());
    });
    expect(await collect(model)).toMatchObject({ text: "half", error: { code: "SLUICE_MODEL_INCOMPLETE" } });
  });

  it("should call broken JSON and pages of HTML malformed", async () => {
    const once = { retry: { attempts: 1, backoff: 1, longest: 1 } };
    const { model } = await serve(once, (response) => {
      sse(response).end(`data: {"choices": [\n\n`);
    });
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
    const { model: page } = await serve(once, (response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
    });
    expect((await collect(page)).error).toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
  });

  it("should bear one byte at a time, characters split in the middle included", async () => {
    const { model } = await serve({}, async (response) => {
      sse(response);
      const bytes = Buffer.from(`${chunk({ content: "naïve 😀 日本" })}${chunk({}, "stop")}${usageChunk}${done}`);
      for (const byte of bytes) await new Promise<void>((resolve) => response.write(Buffer.of(byte), () => resolve()));
      response.end();
    });
    expect(await collect(model)).toMatchObject({ text: "naïve 😀 日本" });
  });

  it("should bear a delta of 2 MB", async () => {
    const large = "0123456789abcdef".repeat(131_072);
    const { model } = await serve({}, speak(large));
    expect((await collect(model)).text).toBe(large);
  });

  it("should estimate the usage that a provider does not tell", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).end(`${chunk({ content: "12345678" })}${chunk({}, "stop")}${done}`);
    });
    const { events } = await collect(model, ask("x".repeat(31)));
    expect(events.at(-1)).toEqual({
      type: "finish",
      reason: "stop",
      usage: { inputTokens: 10, outputTokens: 2, estimated: true },
    });
  });

  it.each([
    ["length", "length"],
    ["content_filter", "filter"],
  ])("should tell that an answer ended by %s", async (told, reason) => {
    const { model } = await serve({}, (response) => {
      sse(response).end(`${chunk({ content: "x" })}${chunk({}, told)}${done}`);
    });
    expect((await collect(model)).events.at(-1)).toMatchObject({ type: "finish", reason });
  });

  it("should stream reasoning apart from text", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).end(`${chunk({ reasoning_content: "hm" })}${chunk({ content: "yes" })}${chunk({}, "stop")}${done}`);
    });
    expect((await collect(model)).events.slice(0, 2)).toEqual([
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "yes" },
    ]);
  });
});

describe("llm-openai-compatible: tool calls", () => {
  const call = (argumentsDelta: string, first = false) =>
    chunk({
      tool_calls: [
        {
          index: 0,
          ...(first ? { id: "call_1", type: "function" } : {}),
          function: { ...(first ? { name: "execute" } : {}), arguments: argumentsDelta },
        },
      ],
    });

  it("should stream the program out of arguments that come byte by byte", async () => {
    const program = 'print("zwölf\\n" + \'\t{"a": [1]}\')\n';
    const json = JSON.stringify({ language: "python", code: program });
    const { upstream, model } = await serve({ tools: "auto" }, (response) => {
      const pieces = [...json].map((piece) => call(piece));
      sse(response).end([call("", true), ...pieces, chunk({}, "tool_calls"), done].join(""));
    });
    const { events } = await collect(model);
    const code = events.filter((event) => event.type === "code-delta");
    expect(code.map((event) => event.text).join("")).toBe(program);
    expect(code.length).toBeGreaterThan(5);
    expect(code[0]).toMatchObject({ language: "python", index: 0 });
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "tool" });
    expect(upstream.bodies[0]?.["tools"]).toMatchObject([{ type: "function", function: { name: "execute" } }]);
  });

  it("should take arguments that come in one piece, code first", async () => {
    const { model } = await serve({ tools: "auto" }, (response) => {
      const json = JSON.stringify({ code: "ls -l", language: "bash" });
      sse(response).end([call(json, true).replace('"arguments":""', ""), chunk({}, "tool_calls"), done].join(""));
    });
    expect((await collect(model)).events[0]).toEqual({ type: "code-delta", language: "bash", text: "ls -l", index: 0 });
  });

  it("should offer no tool where none is wanted", async () => {
    const { upstream, model } = await serve({ tools: "auto" }, speak("hi"));
    await collect(model, { ...ask("Hello"), codeWanted: false });
    expect(upstream.bodies[0]).not.toHaveProperty("tools");
  });
});

describe("llm-openai-compatible: time-outs and leaving", () => {
  const oneAttempt = { attempts: 1, backoff: 1, longest: 1 };

  it("should name the connect time-out", async () => {
    // A TLS handshake that nobody answers: the connection never stands.
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    const sockets: { destroy(): void }[] = [];
    server.on("connection", (socket) => sockets.push(socket));
    open.push({
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    });
    const timeouts = { connect: 50, firstToken: 20_000, idle: 20_000, total: 20_000 };
    const model = modelAt(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      timeouts,
      retry: oneAttempt,
    });
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("connect"),
    });
  });

  it("should name the first-token time-out, though comments keep the connection alive", async () => {
    const { upstream, model } = await serve(
      { timeouts: { connect: 5_000, firstToken: 60, idle: 20_000, total: 20_000 }, retry: oneAttempt },
      (response) => {
        sse(response);
        const timer = setInterval(() => response.write(": keep-alive\n\n"), 5);
        response.on("close", () => clearInterval(timer));
      },
    );
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("firstToken"),
    });
    await upstream.abandoned;
  });

  it("should name the idle time-out, though comments keep the connection alive", async () => {
    const { upstream, model } = await serve(
      { timeouts: { connect: 5_000, firstToken: 20_000, idle: 60, total: 20_000 } },
      (response) => {
        sse(response).write(chunk({ content: "then nothing" }));
        const timer = setInterval(() => response.write(": keep-alive\n\n"), 5);
        response.on("close", () => clearInterval(timer));
      },
    );
    expect(await collect(model)).toMatchObject({
      text: "then nothing",
      error: { code: "SLUICE_MODEL_TIMEOUT", message: expect.stringContaining("idle") },
    });
    await upstream.abandoned;
  });

  it("should name the total time-out, though tokens go on", async () => {
    const { upstream, model } = await serve(
      { timeouts: { connect: 5_000, firstToken: 20_000, idle: 20_000, total: 80 } },
      (response) => {
        sse(response);
        const timer = setInterval(() => response.write(chunk({ content: "." })), 5);
        response.on("close", () => clearInterval(timer));
      },
    );
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("total"),
    });
    await upstream.abandoned;
  });

  it("should try again where nobody listens, and then say so", async () => {
    const { upstream } = await serve({}, speak("x"));
    const gone = upstream.url;
    await open.pop()?.[Symbol.asyncDispose]();
    await open.pop()?.[Symbol.asyncDispose]();
    expect((await collect(modelAt(gone))).error).toMatchObject({
      code: "SLUICE_MODEL_UNREACHABLE",
      class: "unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it.each(["before the first token", "during the text"])("should close the socket when left %s", async (moment) => {
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { upstream, model } = await serve({}, (response) => {
      if (moment === "during the text") sse(response).write(chunk({ content: "a" }));
      arrived();
    });
    const seen = new Promise<void>((resolve) => {
      const subscription = model
        .generate(ask("Hello"), new AbortController().signal)
        .subscribe({ next: () => leave() });
      const leave = () => {
        subscription.unsubscribe();
        resolve();
      };
      if (moment === "before the first token") void asked.then(leave);
    });
    await seen;
    await upstream.abandoned;
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should ask no more when left during the pause before another attempt", async () => {
    const { upstream, model } = await serve({ retry: { attempts: 3, backoff: 60_000, longest: 60_000 } }, refuse(503));
    const stop = new AbortController();
    const failure = new Promise<SluiceError>((resolve) => {
      model.generate(ask("Hello"), stop.signal).subscribe({ error: resolve });
    });
    while (upstream.bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await failure).toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should end what is under way when it is disposed", async () => {
    const { upstream, model } = await serve({}, (response) => {
      sse(response).write(chunk({ content: "a" }));
    });
    const failure = new Promise((resolve) => {
      model
        .generate(ask("Hello"), new AbortController().signal)
        .subscribe({ next: () => void model[Symbol.asyncDispose](), error: resolve });
    });
    expect(await failure).toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
    await upstream.abandoned;
  });
});

describe("llm-openai-compatible: the breaker", () => {
  it("should leave a failing model alone, then let one request through", async () => {
    let now = 0;
    const upstream = await Upstream.start(refuse(503), refuse(503), speak("back"));
    open.push(upstream);
    const config = {
      ...remoteConfig(upstream.url, {
        retry: { attempts: 1, backoff: 1, longest: 1 },
        breaker: { failures: 2, pause: 1_000 },
      }),
      name: "openai-compatible",
      usage: true,
    };
    const clock = { now: () => now, sleep: realClock.sleep };
    const model = new RemoteModel(openAICompatible("x"), config, { id: "gpt", clock, log: silentLog });
    open.push(model);
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_OVERLOADED" });
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_OVERLOADED" });
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_PAUSED", retryAfter: 1_000 });
    expect(upstream.bodies).toHaveLength(2);
    now = 1_000;
    const [first, second] = await Promise.all([collect(model), collect(model)]);
    expect(first.text).toBe("back");
    expect(second.error).toMatchObject({ code: "SLUICE_MODEL_PAUSED" });
    expect((await collect(model)).text).toBe("back");
  });
});

describe("llm-openai-compatible: list, probe and live options", () => {
  it("should list the server's models and know its own", async () => {
    const { upstream, model } = await serve({}, refuse(200, { data: [{ id: "test-model" }, { id: "other" }] }));
    expect(await model.list(new AbortController().signal)).toEqual([{ id: "test-model" }, { id: "other" }]);
    expect(await model.probe(new AbortController().signal)).toMatchObject({ reachable: true, modelKnown: true });
    expect(upstream.paths).toEqual(["/v1/models", "/v1/models"]);
  });

  it("should tell a refused key and a strange answer in a probe", async () => {
    const { model } = await serve({}, refuse(401, { error: { message: "bad key sk-planted-key-0123456789" } }));
    const refused = await model.probe(new AbortController().signal).catch((error) => error);
    expect(refused).toMatchObject({ code: "SLUICE_MODEL_AUTH" });
    expect(inspect(refused)).not.toContain("planted");
    const { model: strange } = await serve({}, refuse(200, { models: 3 }));
    await expect(strange.probe(new AbortController().signal)).rejects.toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
  });

  it("should use changed options for the next request and keep those of the one under way", async () => {
    let proceed = () => {};
    const { upstream, model } = await serve(
      {},
      (response) => {
        sse(response).write(chunk({ content: "old " }));
        proceed = () => response.end(`${chunk({ content: "still" })}${chunk({}, "stop")}${done}`);
      },
      speak("new"),
    );
    const first = collect(model);
    while (upstream.bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const changed = remoteConfig(`${upstream.url}/v2`, {
      model: "other",
      apiKey: "sk-second-key-9876543210",
      temperature: 0.5,
    });
    model.reconfigure({ ...changed, name: "openai-compatible", usage: true });
    proceed();
    expect((await first).text).toBe("old still");
    expect((await collect(model)).text).toBe("new");
    expect(model.modelId).toBe("other");
    expect(upstream.bodies.map((body) => [body["model"], body["temperature"]])).toEqual([
      ["test-model", undefined],
      ["other", 0.5],
    ]);
    expect(upstream.paths[1]).toBe("/v2/chat/completions");
    expect(upstream.headers[1]?.authorization).toBe("Bearer sk-second-key-9876543210");
  });
});
