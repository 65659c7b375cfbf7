import { describe, expect, it } from "vitest";
import { errorOfStatus } from "../../../../core/kit/upstream/upstream-error.ts";
import { errorOfFailure } from "../../../../core/kit/upstream/upstream-failure.ts";

/** What providers and servers say of a conversation that is too long, as in their documentation and issue trackers. */
const tooLong: readonly (readonly [string, number, string])[] = [
  [
    "OpenAI",
    400,
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
  ],
  ["OpenAI's Responses", 400, "Your input exceeds the context window of this model."],
  ["Anthropic", 400, "prompt is too long: 208310 tokens > 200000 maximum"],
  ["Anthropic, by size", 413, "Request exceeds the maximum size"],
  ["Google", 400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."],
  ["vLLM", 400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"],
  ["llama.cpp", 400, "the request exceeds the available context size, try increasing it"],
];

describe("a refusal for a conversation that is too long", () => {
  it.each(tooLong)("should be told apart in the words of %s", (_who, status, message) => {
    expect(errorOfStatus({ source: "gpt", status, message })).toMatchObject({
      code: "SLUICE_MODEL_CONTEXT",
      retryable: false,
    });
  });

  it("should be told apart where it comes as an error in the stream", () => {
    const error = { type: "error", code: "context_length_exceeded", message: "Your input exceeds the context window." };
    const context = { source: "gpt", secrets: [], responded: true };
    expect(errorOfFailure(error, context)).toMatchObject({ code: "SLUICE_MODEL_CONTEXT" });
    expect(errorOfFailure({ ...error, message: "Too much." }, context)).toMatchObject({ code: "SLUICE_MODEL_CONTEXT" });
  });

  it("should not be seen in another refusal", () => {
    expect(errorOfStatus({ source: "gpt", status: 400, message: "Unknown parameter: context" })).toMatchObject({
      code: "SLUICE_MODEL_REQUEST",
    });
  });
});
