import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestHost, type TestHost } from "../../../core/testing/index.ts";
import { png } from "../../core/kit/upstream/pictures.ts";
import { refuse, seen, speak, Upstream } from "../../core/kit/upstream/upstream.ts";
import { pythonForClients } from "./packages.ts";
import { stepsOf } from "./steps.ts";

type Step = { readonly step: string } & Readonly<Record<string, unknown>>;

const picture = png.toString("base64");

/** Models for each case. The one that recovers is refused at first, and tries nothing again by itself. */
function models(upstream: Upstream): Record<string, object> {
  const scripted = (answer: object | string) => ({ use: "llm-scripted", with: { script: [answer], repeat: true } });
  const remote = { model: "m", baseURL: `${upstream.url}/v1`, vision: true, retry: { attempts: 1 } };
  return {
    chat: scripted("Hello there, reader."),
    busy: scripted({ error: { code: "SLUICE_MODEL_RATE_LIMIT", message: "slow down", retryAfter: "7s" } }),
    down: scripted({ error: { status: 503, message: "gone for lunch" } }),
    breaks: scripted({ text: "half an ans", error: { status: 500, message: "broke" } }),
    hangs: scripted({ text: "waiting", hang: true }),
    silent: scripted({ wait: "60s", text: "late" }),
    eye: { use: "llm-openai-compatible", with: remote },
  };
}

describe("the official Python client of OpenAI, of our transport", () => {
  let steps: ReadonlyMap<string, Step>;
  let started: TestHost | undefined;
  const step = (name: string): Step => steps.get(name) ?? { step: `the client said nothing of ${name}` };
  const bodies: unknown[] = [];

  beforeAll(async () => {
    const python = await pythonForClients();
    await using eye = await Upstream.start(speak("A dot."));
    await using flaky = await Upstream.start(refuse(429, {}, { "retry-after": "0" }), speak("At last."));
    const recovers = models(flaky)["eye"] ?? {};
    const api = { use: "openai-api", with: { listen: "127.0.0.1:0" } };
    started = await startTestHost({
      transports: true,
      store: false,
      config: { version: 1, plugins: { ...models(eye), recovers, api }, flows: {} },
    });
    const { host } = started;
    const url = `${host.addresses[0]}/v1`;
    const args = [url, host.info.token ?? "", `data:image/png;base64,${picture}`];
    steps = await stepsOf<Step>(python, "openai_client.py", args);
    bodies.push(...eye.bodies);
  });
  afterAll(() => started?.[Symbol.asyncDispose]());

  it("should list models, and be answered whole and in a stream, alone and at once", () => {
    expect(step("models")).toMatchObject({ ids: expect.arrayContaining(["chat", "eye"]), one: "sluicebox" });
    const message = { role: "assistant", content: "Hello there, reader." };
    const whole = { object: "chat.completion", model: "chat", choices: [{ finish_reason: "stop", message }] };
    expect(step("whole")).toMatchObject(whole);
    expect(step("stream")).toMatchObject({ text: message.content, roles: "assistant", usage: expect.any(Number) });
    expect(step("helper")).toMatchObject({ text: message.content, finish: "stop" });
    expect(step("slash")["text"]).toBe(message.content);
    expect(step("async")["texts"]).toEqual(Array(8).fill(message.content));
    expect(step("async stream")["text"]).toBe(message.content);
  });

  it("should be told which run answered, as the id of its request", () => {
    expect(step("raw")).toMatchObject({ status: 200, request: expect.stringMatching(/./) });
  });

  it("should be answered where it asks for nothing that is not done", () => {
    expect(step("harmless")["text"]).toBe("Hello there, reader.");
  });

  const params = ["tools", "tool_choice", "functions", "response_format", "logprobs", "top_logprobs", "n", "stop"];
  it.each([...params, "logit_bias", "web_search_options"])("should be refused %s by its name", (param) => {
    const refused = { kind: "BadRequestError", status: 400, param, message: expect.stringContaining(param) };
    for (const stream of ["False", "True"]) expect(step(`refused: ${param}, ${stream}`)).toMatchObject(refused);
  });

  it("should be refused speech and parsed answers", () => {
    expect(step("refused: audio, False")).toMatchObject({ kind: "BadRequestError", param: "audio" });
    expect(step("refused: parse")).toMatchObject({ kind: "BadRequestError", param: "response_format" });
  });

  const unserved = ["responses", "embeddings", "completions", "images", "files", "moderations"];
  it.each(unserved)("should find nothing at %s, and be told so in words", (name) => {
    expect(step(`unserved: ${name}`)).toMatchObject({
      kind: "NotFoundError",
      message: expect.stringContaining("/v1/"),
    });
  });

  it("should get the error class of each failure, with our code", () => {
    const failed = (name: string) => {
      const { kind, status, code } = step(`error: ${name}`);
      return [kind, status, code];
    };
    expect(failed("model")).toEqual(["NotFoundError", 404, "SLUICE_FLOW_NOT_FOUND"]);
    expect(failed("models")).toEqual(["NotFoundError", 404, "SLUICE_FLOW_NOT_FOUND"]);
    expect(failed("empty")).toEqual(["BadRequestError", 400, "SLUICE_WIRE_PROTOCOL"]);
    expect(failed("role")).toEqual(["BadRequestError", 400, "SLUICE_WIRE_PROTOCOL"]);
    expect(failed("key")).toEqual(["AuthenticationError", 401, "SLUICE_WIRE_AUTH"]);
    for (const stream of ["False", "True"]) {
      expect(failed(`busy, ${stream}`)).toEqual(["RateLimitError", 429, "SLUICE_MODEL_RATE_LIMIT"]);
      expect(failed(`down, ${stream}`)).toEqual(["InternalServerError", 503, expect.stringMatching(/^SLUICE_MODEL_/)]);
    }
    expect(step("error: within")).toMatchObject({ kind: "APIError", message: expect.stringContaining("broke") });
    expect(failed("nobody")[0]).toBe("APIConnectionError");
  });

  it("should time out, and try again what is worth it", () => {
    expect(step("error: timeout")["kind"]).toBe("APITimeoutError");
    expect(step("error: silence")["kind"]).toBe("APITimeoutError");
    expect(step("retried")["text"]).toBe("At last.");
  });

  it("should leave no run behind when it gives up, stops reading or is cancelled", async () => {
    expect(step("left")["text"]).toBe("waiting");
    expect(step("async cancelled")["cancelled"]).toBe(true);
    await expect.poll(() => started?.host.runs.active).toBe(0);
  });

  it("should show a picture that it brings, and be refused what it only names", () => {
    expect(step("picture")["text"]).toBe("A dot.");
    expect(bodies).toHaveLength(1);
    expect(bodies).toMatchObject([
      { messages: [seen(picture, "What is it?\n\nFiles in the working directory: image-1.png")] },
    ]);
    expect(step("picture by address")).toMatchObject({ kind: "BadRequestError", status: 400 });
    expect(step("a file")).toMatchObject({ kind: "BadRequestError", status: 400 });
  });
});
