import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { png } from "../../core/kit/upstream/pictures.ts";
import { collect, refuse, seen, speak } from "../../core/kit/upstream/upstream.ts";
import { closeAll, serve } from "./serve.ts";

afterEach(closeAll);

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

  it("should show pictures as OpenAI's interface has them, before the words", async () => {
    const { upstream, model } = await serve({ vision: true }, speak("A chart."));
    const base64 = png.toString("base64");
    const pictures = [{ mime: "image/png" as const, base64 }];
    await collect(model, { system: "", codeWanted: false, messages: [{ role: "user", text: "See", pictures }] });
    expect(upstream.bodies[0]?.["messages"]).toEqual([seen(base64)]);
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
