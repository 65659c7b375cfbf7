import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import { readRequest } from "../../../plugins/openai-api/request.ts";
import { errorBody } from "../../../plugins/openai-api/response.ts";

const request = { model: "chat", messages: [{ role: "user", content: "hi" }] };
const read = (more: object) => readRequest(Buffer.from(JSON.stringify({ ...request, ...more })));

describe("parameters of a completion", () => {
  it.each([
    ["response_format", { type: "json_object" }],
    ["response_format", { type: "json_schema", json_schema: { name: "x" } }],
    ["response_format", "text"],
    ["functions", [{ name: "f" }]],
    ["function_call", { name: "f" }],
    ["tools", [{ type: "function", function: { name: "f" } }]],
    ["tools", "f"],
    ["tool_choice", "required"],
    ["logprobs", true],
    ["top_logprobs", 3],
    ["n", 2],
    ["n", 0],
    ["audio", { voice: "alloy", format: "wav" }],
    ["modalities", ["text", "audio"]],
    ["store", true],
    ["stop", ["\n"]],
    ["stop", "x"],
    ["logit_bias", { "50256": -100 }],
    ["prediction", { type: "content", content: "x" }],
    ["web_search_options", {}],
    ["stream", "true"],
    ["stream", 1],
    ["stream_options", { include_usage: "yes" }],
    ["stream_options", "usage"],
    ["best_of", 3],
    ["echo", true],
    ["suffix", "end"],
    ["format", "json"],
    ["grammar", "root ::= x"],
    ["guided_json", {}],
    ["guided_choice", ["a"]],
    ["json_schema", {}],
    ["structured_outputs", { choice: ["a"] }],
    ["model", ""],
    ["model", 5],
    ["messages", []],
    ["messages", { 0: "hi" }],
  ])("should be refused by name where they ask for what is not done (%s: %j)", (param, value) => {
    let error: unknown;
    try {
      read({ [param]: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SluiceError);
    expect(errorBody(error as SluiceError)).toMatchObject({ error: { type: "invalid_request_error", param } });
  });

  it("should pass where they ask for nothing, or have no effect", () => {
    const nothing = { tools: [], functions: [], n: 1, logprobs: false, store: false, stop: [], logit_bias: {} };
    const text = {
      response_format: { type: "text" },
      modalities: ["text"],
      tool_choice: "auto",
      audio: null,
      stop: null,
    };
    const profile = {
      temperature: 0,
      top_p: 1,
      seed: 1,
      max_tokens: 5,
      user: "u",
      metadata: {},
      reasoning_effort: "low",
    };
    expect(read({ ...nothing, ...text, ...profile }).text).toBe("hi");
  });
});
