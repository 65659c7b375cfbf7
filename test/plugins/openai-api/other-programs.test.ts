import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestHost, type TestHost } from "../../../core/testing/index.ts";

const system = { role: "system", content: "You are a helpful assistant." };
const hi = { role: "user", content: "hi" };
const sampling = { temperature: 0.7, top_p: 1, frequency_penalty: 0, presence_penalty: 0 };

/** What programs send that speak to any server of OpenAI's interface, as their sources and logs have it. */
const programs: Readonly<Record<string, { readonly body: object; readonly headers?: Record<string, string> }>> = {
  "open-webui, a chat": {
    body: { stream: true, messages: [system, hi], stream_options: { include_usage: true } },
    headers: { "x-openwebui-user-name": "Ann", "x-openwebui-user-id": "1", "x-openwebui-user-role": "user" },
  },
  "open-webui, a title": { body: { messages: [hi], stream: false, max_completion_tokens: 1000 } },
  "open-webui, a picture": {
    body: { stream: true, messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }] },
  },
  LibreChat: { body: { ...sampling, user: "5f2b", stream: true, messages: [{ ...system, name: "instructions" }, hi] } },
  "LangChain, ChatOpenAI": {
    body: { messages: [system, hi], n: 1, stream: true, stream_options: { include_usage: true } },
  },
  "LlamaIndex, OpenAILike": { body: { messages: [hi], temperature: 0.1, stream: false, max_tokens: 256 } },
  "litellm, as aider calls it": { body: { messages: [system, hi], temperature: 0, stream: true, extra_headers: null } },
  Continue: { body: { messages: [hi], max_tokens: 4096, stream: true, stop: [], tools: [] } },
  "LiteLLM's proxy, with metadata": { body: { messages: [hi], metadata: { a: "b" }, user: "me", stream: false } },
  "the SDK of Vercel": { body: { messages: [system, hi], stream: true, max_tokens: undefined, temperature: 0 } },
  AutoGen: {
    body: {
      messages: [
        { ...system, name: "admin" },
        { ...hi, name: "user_proxy" },
      ],
      stream: false,
      cache_seed: 42,
    },
  },
  Zed: { body: { messages: [hi], stream: true, temperature: 1, stop: [], parallel_tool_calls: false } },
  "Home Assistant": {
    body: { messages: [system, hi], max_completion_tokens: 150, top_p: 1, temperature: 1, user: "c1", store: false },
  },
  curl: { body: { messages: [hi] }, headers: { "content-type": "application/x-www-form-urlencoded" } },
};

/** What the same programs ask for where somebody turned it on, and is refused by its name rather than left out. */
const refused: Readonly<Record<string, readonly [object, string]>> = {
  "smolagents' code agent": [{ messages: [hi], stop: ["Observation:", "Calling tools:"] }, "stop"],
  "LangChain, structured output": [
    { messages: [hi], response_format: { type: "json_schema", json_schema: {} } },
    "response_format",
  ],
  "LangChain, tools": [{ messages: [hi], tools: [{ type: "function", function: { name: "f" } }] }, "tools"],
  "Instructor, for functions": [
    { messages: [hi], functions: [{ name: "f" }], function_call: { name: "f" } },
    "function_call",
  ],
  "lm-evaluation-harness": [{ messages: [hi], logprobs: true, top_logprobs: 5 }, "logprobs"],
};

describe("requests of other people's programs", () => {
  let started: TestHost;
  beforeAll(async () => {
    const chat = { use: "llm-scripted", with: { script: ["Hello."], repeat: true } };
    const api = { use: "openai-api", with: { listen: "127.0.0.1:0" } };
    started = await startTestHost({
      transports: true,
      store: false,
      config: { version: 1, plugins: { chat, api }, flows: {} },
    });
  });
  afterAll(() => started?.[Symbol.asyncDispose]());

  function ask(body: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${started.host.addresses[0]}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${started.host.info.token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "chat", ...body }),
    });
  }

  it.each(Object.entries(programs))("should be answered: %s", async (_name, { body, headers }) => {
    const response = await ask(body, headers);
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.stringContaining("Hello.")]);
    const streamed = response.headers.get("content-type") === "text/event-stream";
    expect(streamed).toBe((body as { stream?: boolean }).stream === true);
    if (streamed) expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it.each(Object.entries(refused))(
    "should be refused by the name of what they ask for: %s",
    async (_name, [body, param]) => {
      const response = await ask(body);
      expect([response.status, await response.json()]).toMatchObject([400, { error: { param } }]);
    },
  );

  it("should find the models that they list before anything else", async () => {
    const headers = { authorization: `Bearer ${started.host.info.token}`, "x-openwebui-user-name": "Ann" };
    const listed = await fetch(`${started.host.addresses[0]}/v1/models`, { headers });
    const model = { id: "chat", object: "model", created: expect.any(Number), owned_by: expect.any(String) };
    expect(await listed.json()).toEqual({ object: "list", data: [model] });
  });
});
