import { inspect } from "node:util";
import { LLMock } from "@copilotkit/aimock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ModelRequest } from "../../../../core/contract/index.ts";
import { RemoteModel, type RemoteModelConfig, type RemoteProvider } from "../../../../core/kit/index.ts";
import { png } from "./pictures.ts";
import { type Answer, ask, collect, realClock, refuse, remoteConfig, silentLog, sse, Upstream } from "./upstream.ts";

export interface ProviderCase<Config extends RemoteModelConfig> {
  readonly name: string;
  readonly provider: RemoteProvider<Config>;
  /** Options beyond those that every provider has. */
  readonly extra: Omit<Config, keyof RemoteModelConfig>;
  readonly model: string;
  /** From a server's address to the baseURL. */
  readonly base: (address: string) => string;
  /** The beginning of an answer on the wire, with some text and no end. */
  readonly half: string;
  /** An error in the stream that says the provider is overloaded, where the provider has such a thing. */
  readonly overloaded?: string;
  /** The header that carries the key. */
  readonly keyHeader: string;
  /** The part of the request's body in which a picture and the word "See" stand. */
  readonly shown: (base64: string) => Readonly<Record<string, unknown>>;
  readonly catalogue: { readonly body: unknown; readonly path: string };
}

const key = "sk-planted-key-0123456789";

interface Bench {
  readonly modelAt: (address: string, changes?: Partial<RemoteModelConfig>) => RemoteModel<RemoteModelConfig>;
  readonly serve: (
    changes: Partial<RemoteModelConfig>,
    ...answers: readonly Answer[]
  ) => Promise<{ readonly upstream: Upstream; readonly model: RemoteModel<RemoteModelConfig> }>;
}

const oneAttempt = { attempts: 1, backoff: 1, longest: 1 };

/** What every provider behind HTTP has to do, against a mock of its interface and against a raw server. */
export function describeProvider<Config extends RemoteModelConfig>(subject: ProviderCase<Config>): void {
  const open: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  });

  function modelAt(address: string, changes: Partial<RemoteModelConfig> = {}) {
    const common = remoteConfig(subject.base(address), { model: subject.model, apiKey: key, ...changes });
    const config = { ...common, ...subject.extra } as Config;
    const model = new RemoteModel(subject.provider, config, { id: "it", clock: realClock, log: silentLog });
    open.push(model);
    return model;
  }

  async function serve(changes: Partial<RemoteModelConfig>, ...answers: readonly Answer[]) {
    const upstream = await Upstream.start(...answers);
    open.push(upstream);
    return { upstream, model: modelAt(upstream.url, changes) };
  }

  const bench: Bench = { modelAt, serve };
  describe(`${subject.name} against a mock of its interface`, () => answersOfAMock(bench));
  describe(`${subject.name} against a faulty server`, () => {
    brokenStreams(subject, bench);
    refusals(subject, bench);
    requests(subject, bench);
  });
}

function answersOfAMock({ modelAt }: Bench): void {
  const mock = new LLMock({ port: 0, chunkSize: 4 });

  beforeAll(async () => {
    mock.onMessage("hello", { content: "Good morning, 世界 😀" });
    mock.onMessage("think", { content: "Because.", reasoning: "Let me see" });
    mock.onMessage("run", {
      toolCalls: [{ name: "execute", arguments: JSON.stringify({ language: "python", code: "print('é\\n')\n" }) }],
    });
    await mock.start();
  });
  afterAll(() => mock.stop());

  it("should stream text and end with usage", async () => {
    const { text, events, error } = await collect(modelAt(mock.url), ask("hello"));
    expect(error).toBeUndefined();
    expect(text).toBe("Good morning, 世界 😀");
    expect(events.length).toBeGreaterThan(3);
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
    expect(events.filter((event) => event.type === "finish")).toHaveLength(1);
  });

  it("should give a tool call out as code", async () => {
    const { events } = await collect(modelAt(mock.url, { tools: "auto" }), ask("run"));
    const code = events.filter((event) => event.type === "code-delta");
    expect(code.map((event) => event.text).join("")).toBe("print('é\\n')\n");
    expect(code.every((event) => event.language === "python" && event.index === 0)).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "tool" });
  });

  it("should take a conversation of several speakers", async () => {
    const request: ModelRequest = {
      ...ask(),
      messages: [
        { role: "user", text: "Begin." },
        { role: "assistant", text: "```python\nprint(1)\n```" },
        { role: "user", name: "box", text: "It printed 1." },
        { role: "user", name: "claude", text: "hello" },
        { role: "user", text: "" },
      ],
    };
    expect((await collect(modelAt(mock.url), request)).text).toBe("Good morning, 世界 😀");
  });

  it("should answer after an overload", async () => {
    mock.nextRequestError(503, { message: "come back" });
    expect((await collect(modelAt(mock.url), ask("hello"))).text).toBe("Good morning, 世界 😀");
  });
}

type Subject = Omit<ProviderCase<RemoteModelConfig>, "provider" | "extra">;

function brokenStreams(subject: Subject, { serve }: Bench): void {
  it("should call an end without a finish incomplete", async () => {
    const { model } = await serve({}, (response) => void sse(response).end(subject.half));
    const { error, text } = await collect(model);
    expect(text).not.toBe("");
    expect(error).toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should bear one byte at a time, characters split in the middle included", async () => {
    const { model } = await serve({}, async (response) => {
      sse(response);
      for (const byte of Buffer.from(subject.half.replace('"half"', '"hälf 😀 世"'))) {
        await new Promise<void>((resolve) => response.write(Buffer.of(byte), () => resolve()));
      }
      response.end();
    });
    expect((await collect(model)).text).toBe("hälf 😀 世");
  });

  it("should call a connection cut in the middle incomplete", async () => {
    const { model } = await serve({}, (response) => {
      sse(response).write(subject.half, () => response.destroy());
    });
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should call an empty stream incomplete", async () => {
    const { model } = await serve({ retry: oneAttempt }, (response) => void sse(response).end());
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_INCOMPLETE" });
  });

  it("should call broken JSON malformed", async () => {
    const { model } = await serve({ retry: oneAttempt }, (response) => void sse(response).end("data: {oops\n\n"));
    expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_MALFORMED" });
  });
}

function refusals(subject: Subject, { serve }: Bench): void {
  it("should send its key in one header and show it nowhere", async () => {
    const { upstream, model } = await serve({}, refuse(401, { error: { message: `No such key: ${key}`, type: "x" } }));
    const { error } = await collect(model);
    expect(error).toMatchObject({ code: "SLUICE_MODEL_AUTH" });
    expect(upstream.headers[0]?.[subject.keyHeader]).toContain(key);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("planted");
    expect(upstream.paths[0]).not.toContain("planted");
  });

  it("should wait as long as a 429 asks", async () => {
    const { upstream, model } = await serve({}, refuse(429, {}, { "retry-after": "0" }), (response) => {
      sse(response).end(subject.half);
    });
    await collect(model);
    expect(upstream.bodies).toHaveLength(2);
  });

  if (subject.overloaded !== undefined) {
    it("should try again after an error that is the stream's first word", async () => {
      const { upstream, model } = await serve({}, (response) => void sse(response).end(subject.overloaded));
      expect((await collect(model)).error).toMatchObject({ code: "SLUICE_MODEL_OVERLOADED", retryable: true });
      expect(upstream.bodies).toHaveLength(3);
    });
  }
}

function requests(subject: Subject, { serve }: Bench): void {
  it("should close the socket when it is left during the text", async () => {
    const { upstream, model } = await serve({}, (response) => void sse(response).write(subject.half));
    const subscription = model
      .generate(ask("hello"), new AbortController().signal)
      .subscribe({ next: () => subscription.unsubscribe() });
    await upstream.abandoned;
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should show pictures as the provider's interface has them, before the words", async () => {
    const { upstream, model } = await serve({ vision: true }, refuse(400));
    expect(model.vision).toBe(true);
    const base64 = png.toString("base64");
    const pictures = [{ mime: "image/png" as const, base64, path: "chart.png" }];
    await collect(model, { system: "", codeWanted: false, messages: [{ role: "user", text: "See", pictures }] });
    const expected = subject.shown(base64);
    const [body = {}] = upstream.bodies;
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]]))).toEqual(expected);
  });

  it("should list the provider's models", async () => {
    const { upstream, model } = await serve({}, refuse(200, subject.catalogue.body));
    const signal = new AbortController().signal;
    expect(await model.probe(signal)).toMatchObject({ reachable: true, modelKnown: true });
    expect(upstream.paths[0]).toBe(subject.catalogue.path);
    expect(upstream.headers[0]?.[subject.keyHeader]).toContain(key);
  });
}
