import type { Model } from "../../../core/contract/index.ts";
import { RemoteModel, type RemoteModelConfig } from "../../../core/kit/index.ts";
import { anthropic } from "../../../plugins/llm-anthropic/provider.ts";
import { google } from "../../../plugins/llm-google/provider.ts";
import { OllamaModel } from "../../../plugins/llm-ollama/ollama-model.ts";
import { openAI } from "../../../plugins/llm-openai/provider.ts";
import { openAICompatible } from "../../../plugins/llm-openai-compatible/provider.ts";
import { realClock, silentLog } from "../../core/kit/upstream/upstream.ts";

/** What a model says, without the words of any interface. `arguments` is what stands where arguments stand. */
export type Part =
  | { readonly text: string }
  | { readonly thought: string }
  | { readonly call: string; readonly arguments: unknown };

export type Finish = "stop" | "length" | "tool" | "filter" | "odd";
type Json = Readonly<Record<string, unknown>>;

/** One of the five interfaces that models are asked by. */
export interface Interface {
  readonly name: string;
  model(baseURL: string, common: RemoteModelConfig): Model;
  /** The parts as the interface's events, without an end. */
  begin(parts: readonly Part[]): readonly Json[];
  end(finish: Finish, usage: Json): readonly Json[];
  /** A whole answer, where a stream was asked for. */
  whole(parts: readonly Part[], finish: Finish): unknown;
  /** Token counts in the interface's words. */
  usage(input: unknown, output: unknown): Json;
  /** Whether a stream ends with `[DONE]`, and whether its events are lines. */
  readonly done?: boolean;
  readonly lines?: boolean;
  /** Whether calls carry objects, and not JSON as a text. */
  readonly objects?: boolean;
  /** An event that nobody knows. */
  readonly unknown: Json;
}

const services = (id: string) => ({ id, clock: realClock, log: silentLog });
const texts = (parts: readonly Part[]) => parts.map((part) => ("text" in part ? part.text : "")).join("");
const thoughts = (parts: readonly Part[]) => parts.map((part) => ("thought" in part ? part.thought : "")).join("");
const calls = (parts: readonly Part[]) => parts.flatMap((part) => ("call" in part ? [part] : []));

function pick(finish: Finish, words: Readonly<Record<Finish, string>>): string {
  return words[finish];
}

const chatWords = { stop: "stop", length: "length", tool: "tool_calls", filter: "content_filter", odd: "whatever" };
const chat: Interface = {
  name: "chat completions",
  model: (baseURL, common) =>
    new RemoteModel(
      openAICompatible("openai-compatible"),
      { ...common, baseURL, name: "openai-compatible", usage: true } as never,
      services("gpt"),
    ),
  begin: (parts) =>
    parts.map((part, index) => {
      const delta =
        "text" in part
          ? { content: part.text }
          : "thought" in part
            ? { reasoning_content: part.thought }
            : { tool_calls: [{ index, id: `c${index}`, function: { name: part.call, arguments: part.arguments } }] };
      return { choices: [{ index: 0, delta, finish_reason: null }] };
    }),
  end: (finish, usage) => [
    { choices: [{ index: 0, delta: {}, finish_reason: pick(finish, chatWords) }] },
    { choices: [], usage },
  ],
  whole: (parts, finish) => ({
    object: "chat.completion",
    choices: [
      {
        index: 0,
        finish_reason: pick(finish, chatWords),
        message: {
          role: "assistant",
          content: texts(parts),
          tool_calls: calls(parts).map((call, index) => ({
            id: `c${index}`,
            function: { name: call.call, arguments: call.arguments },
          })),
        },
      },
    ],
  }),
  usage: (prompt_tokens, completion_tokens) => ({ prompt_tokens, completion_tokens }),
  done: true,
  unknown: { object: "chat.completion.ping" },
};

const outputOf = (parts: readonly Part[]) => [
  ...(texts(parts) === "" ? [] : [{ type: "message", content: [{ type: "output_text", text: texts(parts) }] }]),
  ...calls(parts).map((call) => ({ type: "function_call", name: call.call, arguments: call.arguments })),
];
const responseEnd = (finish: Finish, usage: Json, output: unknown) => {
  const reasons: Partial<Record<Finish, string>> = {
    length: "max_output_tokens",
    filter: "content_filter",
    odd: "whatever",
  };
  const reason = reasons[finish];
  const status = reason === undefined ? "completed" : "incomplete";
  return { object: "response", status, output, usage, incomplete_details: reason === undefined ? null : { reason } };
};
const responses: Interface = {
  name: "responses",
  model: (baseURL, common) =>
    new RemoteModel(openAI, { ...common, baseURL, api: "responses" } as never, services("gpt")),
  begin: (parts) =>
    parts.flatMap((part, output_index): Json[] => {
      if ("text" in part) {
        return [{ type: "response.output_text.delta", output_index, content_index: 0, delta: part.text }];
      }
      if ("thought" in part) return [{ type: "response.reasoning_summary_text.delta", delta: part.thought }];
      const item = { type: "function_call", name: part.call, call_id: "c" };
      return [
        { type: "response.output_item.added", output_index, item: { ...item, arguments: "" } },
        ...(typeof part.arguments === "string"
          ? [{ type: "response.function_call_arguments.delta", output_index, delta: part.arguments }]
          : [{ type: "response.output_item.done", output_index, item: { ...item, arguments: part.arguments } }]),
      ];
    }),
  end: (finish, usage) => {
    const response = responseEnd(finish, usage, []);
    return [{ type: `response.${response.status}`, response }];
  },
  whole: (parts, finish) => responseEnd(finish, {}, outputOf(parts)),
  usage: (input_tokens, output_tokens) => ({ input_tokens, output_tokens }),
  unknown: { type: "response.queued.again" },
};

const messageWords = { stop: "end_turn", length: "max_tokens", tool: "tool_use", filter: "content_filter", odd: "x" };
const messages: Interface = {
  name: "messages",
  model: (baseURL, common) => new RemoteModel(anthropic, { ...common, baseURL } as never, services("claude")),
  begin: (parts) => [
    { type: "message_start", message: { usage: { input_tokens: 7, output_tokens: 1 } } },
    ...parts.flatMap((part, index): Json[] => {
      const [block, delta] =
        "text" in part
          ? [
              { type: "text", text: "" },
              { type: "text_delta", text: part.text },
            ]
          : "thought" in part
            ? [
                { type: "thinking", thinking: "" },
                { type: "thinking_delta", thinking: part.thought },
              ]
            : typeof part.arguments === "string"
              ? [
                  { type: "tool_use", name: part.call, input: {} },
                  { type: "input_json_delta", partial_json: part.arguments },
                ]
              : [{ type: "tool_use", name: part.call, input: part.arguments }, undefined];
      return [
        { type: "content_block_start", index, content_block: block },
        ...(delta ? [{ type: "content_block_delta", index, delta }] : []),
        { type: "content_block_stop", index },
      ];
    }),
  ],
  end: (finish, usage) => [
    { type: "message_delta", delta: { stop_reason: pick(finish, messageWords) }, usage },
    { type: "message_stop" },
  ],
  whole: (parts, finish) => ({
    type: "message",
    content: [
      ...(texts(parts) === "" ? [] : [{ type: "text", text: texts(parts) }]),
      ...calls(parts).map((call) => ({ type: "tool_use", name: call.call, input: call.arguments })),
    ],
    stop_reason: pick(finish, messageWords),
  }),
  usage: (input_tokens, output_tokens) => ({ input_tokens, output_tokens }),
  unknown: { type: "content_block_sparkle", index: 0 },
};

const contentWords = { stop: "STOP", length: "MAX_TOKENS", tool: "STOP", filter: "SAFETY", odd: "FINISH_REASON_NEW" };
const contentParts = (parts: readonly Part[]) =>
  parts.map((part) =>
    "text" in part
      ? { text: part.text }
      : "thought" in part
        ? { text: part.thought, thought: true }
        : { functionCall: { name: part.call, args: part.arguments } },
  );
const content: Interface = {
  name: "generateContent",
  model: (baseURL, common) => new RemoteModel(google, { ...common, baseURL } as never, services("gemini")),
  begin: (parts) => contentParts(parts).map((part) => ({ candidates: [{ content: { parts: [part] } }] })),
  end: (finish, usage) => [{ candidates: [{ finishReason: pick(finish, contentWords) }], usageMetadata: usage }],
  whole: (parts, finish) => [
    { candidates: [{ content: { parts: contentParts(parts) }, finishReason: pick(finish, contentWords) }] },
  ],
  usage: (promptTokenCount, candidatesTokenCount) => ({ promptTokenCount, candidatesTokenCount }),
  objects: true,
  unknown: { modelVersion: "gemini", responseId: 5 },
};

const lineWords = { stop: "stop", length: "length", tool: "stop", filter: "content_filter", odd: "whatever" };
const ollamaMessage = (parts: readonly Part[]) => ({
  content: texts(parts),
  thinking: thoughts(parts),
  tool_calls: calls(parts).map((call) => ({ function: { name: call.call, arguments: call.arguments } })),
});
const ollama: Interface = {
  name: "ollama",
  model: (baseURL, common) => new OllamaModel({ ...common, apiKey: undefined, baseURL } as never, services("ollama")),
  begin: (parts) => parts.map((part) => ({ message: ollamaMessage([part]), done: false })),
  end: (finish, usage) => [{ message: { content: "" }, done: true, done_reason: pick(finish, lineWords), ...usage }],
  whole: (parts, finish) => ({ message: ollamaMessage(parts), done: true, done_reason: pick(finish, lineWords) }),
  usage: (prompt_eval_count, eval_count) => ({ prompt_eval_count, eval_count }),
  lines: true,
  objects: true,
  unknown: { status: "still at it" },
};

export const interfaces: readonly Interface[] = [chat, responses, messages, content, ollama];

/** The body of a stream of these events. */
export function bodyOf(each: Interface, events: readonly unknown[], done = each.done ?? false): string {
  const lines = events.map((event) => JSON.stringify(event));
  if (each.lines) return lines.map((line) => `${line}\n`).join("");
  return [...lines, ...(done ? ["[DONE]"] : [])].map((line) => `data: ${line}\n\n`).join("");
}

export function answerOf(each: Interface, parts: readonly Part[], finish: Finish): string {
  return bodyOf(each, [...each.begin(parts), ...each.end(finish, each.usage(7, 5))]);
}
