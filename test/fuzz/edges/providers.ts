import { SluiceError } from "../../../core/contract/index.ts";
import { type AnswerFormat, chatFormat } from "../../../core/kit/index.ts";
import { systemClock } from "../../../core/kit/timing/system-clock.ts";
import { readAnswer } from "../../../core/kit/upstream/answer/read-answer.ts";
import { AnswerReading } from "../../../core/kit/upstream/answer/reading.ts";
import { messagesFormat } from "../../../plugins/llm-anthropic/messages.ts";
import { contentFormat } from "../../../plugins/llm-google/content.ts";
import { chatLines } from "../../../plugins/llm-ollama/chat.ts";
import { readLines } from "../../../plugins/llm-ollama/wire.ts";
import { responsesFormat } from "../../../plugins/llm-openai/responses.ts";
import { texts } from "../mutate.ts";
import type { Edge } from "../run.ts";

const errors = {
  source: "fuzz",
  ofBody: () => new SluiceError("SLUICE_MODEL_OVERLOADED", "it failed"),
  mask: (text: string) => text,
};

/** Bytes as a provider sends them, cut somewhere. */
function bodyOf(input: Buffer): ReadableStream<Uint8Array> {
  const middle = Math.floor(input.length / 2);
  return new ReadableStream({
    start(controller) {
      if (middle > 0) controller.enqueue(input.subarray(0, middle));
      controller.enqueue(input.subarray(middle));
      controller.close();
    },
  });
}

function reader(format: AnswerFormat, ...answers: readonly string[]): Edge {
  return {
    corpus: texts(...answers),
    async take(input) {
      const reading = new AnswerReading(errors, () => undefined);
      const context = { format, errors, clock: systemClock, upstream: new AbortController(), token: () => undefined };
      await readAnswer(new Response(bodyOf(input)), reading, context);
    },
  };
}

const sse = (...events: readonly unknown[]) =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
const named = (...events: readonly { readonly type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
const call = { index: 0, id: "c", function: { name: "execute", arguments: '{"language":"python","code":"print(1)"}' } };

export const chat = reader(
  chatFormat,
  sse(
    { choices: [{ index: 0, delta: { content: "hé 😀", reasoning_content: "r" } }] },
    {
      choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: "tool_calls" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    },
    "[DONE]",
  ),
  JSON.stringify({
    choices: [{ message: { content: "whole", tool_calls: [call] }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1 },
  }),
  '{"error":{"message":"no","code":"x"}}',
);

export const responses = reader(
  responsesFormat,
  named(
    { type: "response.output_text.delta", item_id: "a", delta: "hi" } as never,
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { type: "function_call", id: "f", name: "execute", arguments: "" },
    } as never,
    { type: "response.function_call_arguments.delta", item_id: "f", delta: '{"code":"1"}' } as never,
    {
      type: "response.completed",
      response: { status: "completed", usage: { input_tokens: 1, output_tokens: 2 } },
    } as never,
  ),
);

export const messages = reader(
  messagesFormat,
  named(
    { type: "message_start", message: { usage: { input_tokens: 1, output_tokens: 1 } } } as never,
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as never,
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } } as never,
    {
      type: "content_block_start",
      index: 1,
      content_block: { type: "tool_use", id: "t", name: "execute", input: {} },
    } as never,
    {
      type: "content_block_delta",
      index: 1,
      delta: { type: "input_json_delta", partial_json: '{"code":"1"}' },
    } as never,
    { type: "content_block_stop", index: 1 } as never,
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } } as never,
    { type: "message_stop" },
  ),
);

export const content = reader(
  contentFormat,
  sse(
    { candidates: [{ content: { parts: [{ text: "hi" }, { text: "t", thought: true }] } }] },
    {
      candidates: [
        { content: { parts: [{ functionCall: { name: "execute", args: { code: "1" } } }] }, finishReason: "STOP" },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
    },
  ),
);

export const ollama = reader(
  chatLines,
  '{"message":{"content":"hi","thinking":"t"},"done":false}\n{"message":{"content":"","tool_calls":[{"function":{"name":"execute","arguments":{"code":"1"}}}]},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}\n',
);

/** Lines of a pull. */
export const pull: Edge = {
  corpus: texts('{"status":"pulling","total":10,"completed":1}\n{"status":"success"}\n', '{"error":"no"}'),
  async take(input) {
    for await (const _ of readLines(bodyOf(input)));
  },
};
