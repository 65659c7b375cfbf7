import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { RemoteModel } from "../../../core/kit/index.ts";
import { openAICompatible } from "../../../plugins/llm-openai-compatible/provider.ts";
import {
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
} from "../../core/kit/upstream/upstream.ts";
import { closeAll, open, serve } from "./serve.ts";

afterEach(closeAll);

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

  it("should take what one run sets, for its request alone", async () => {
    const { upstream, model } = await serve({}, speak("hot"), speak("plain"), speak("cold"));
    await collect(model, { ...ask("Hello"), parameters: { temperature: 1.5 } });
    await collect(model);
    await collect(model, { ...ask("Hello"), parameters: { temperature: 0 } });
    expect(upstream.bodies.map((body) => body["temperature"])).toEqual([1.5, undefined, 0]);
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
