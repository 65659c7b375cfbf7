import { randomUUID } from "node:crypto";
import { ReadableStream as Stream } from "node:stream/web";
import {
  type Fetch,
  joinURL,
  parseJson,
  type StreamCall,
  type StreamingModel,
  type StreamPart,
} from "../../core/index.ts";
import type { OllamaConfig } from "./config.ts";
import { type ChatLine, readLines } from "./wire.ts";

/** Ollama's own chat interface in the form of an AI SDK model. It says more than the one that copies OpenAI's. */
export function ollamaChat(config: OllamaConfig, fetch: Fetch): StreamingModel {
  return {
    async doStream(call) {
      const response = await fetch(joinURL(config.baseURL, "/api/chat"), {
        method: "POST",
        headers: { "content-type": "application/json", ...headersOf(config) },
        body: JSON.stringify(bodyOf(config, call)),
        signal: call.abortSignal,
      });
      if (!response.ok || response.body === null) throw await refusal(response);
      return {
        stream: Stream.from(parts(response.body)) as ReadableStream<StreamPart>,
        response: { headers: Object.fromEntries(response.headers) },
      };
    },
  };
}

export function headersOf(config: OllamaConfig): Record<string, string> {
  return { ...(config.apiKey ? { authorization: `Bearer ${config.apiKey}` } : {}), ...config.headers };
}

/** What the shared adapter reads of a refusal. */
export async function refusal(response: Response): Promise<object> {
  const text = await response.text();
  const responseHeaders = Object.fromEntries(response.headers);
  let message = "";
  try {
    message = (parseJson(text) as { error?: string }).error ?? "";
  } catch {
    message = text.startsWith("<") ? "" : text;
  }
  return { statusCode: response.status, message, responseHeaders };
}

function bodyOf(config: OllamaConfig, call: StreamCall): object {
  return {
    model: config.model,
    stream: true,
    messages: call.prompt.map(toMessage),
    think: config.think,
    keep_alive: config.keepAlive,
    options: {
      temperature: call.temperature,
      seed: call.seed,
      num_predict: call.maxOutputTokens,
      num_ctx: config.context,
    },
    tools: call.tools?.flatMap((tool) =>
      tool.type === "function"
        ? [
            {
              type: "function",
              function: { name: tool.name, description: tool.description, parameters: tool.inputSchema },
            },
          ]
        : [],
    ),
  };
}

interface Message {
  readonly role: string;
  readonly content: string;
  /** Base64 without a type; the server looks at the content. */
  readonly images?: readonly string[];
}

function toMessage(message: StreamCall["prompt"][number]): Message {
  if (message.role === "system") return { role: "system", content: message.content };
  const content = message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const images = message.content.flatMap((part) =>
    part.type === "file" && part.data.type === "data" && typeof part.data.data === "string" ? [part.data.data] : [],
  );
  return { role: message.role, content, ...(images.length > 0 ? { images } : {}) };
}

async function* parts(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamPart> {
  for await (const line of readLines<ChatLine>(body)) {
    if (line.error !== undefined) {
      yield { type: "error", error: { message: line.error } };
      return;
    }
    const { thinking, content, tool_calls } = line.message ?? {};
    if (thinking) yield { type: "reasoning-delta", id: "reasoning", delta: thinking };
    if (content) yield { type: "text-delta", id: "text", delta: content };
    for (const { function: called } of tool_calls ?? []) {
      const input = JSON.stringify(called.arguments);
      yield { type: "tool-call", toolCallId: randomUUID(), toolName: called.name, input };
    }
    if (line.done) yield finishOf(line);
  }
}

function finishOf(line: ChatLine): StreamPart {
  const raw = line.done_reason ?? "stop";
  const unified = raw === "stop" || raw === "length" ? raw : "other";
  return {
    type: "finish",
    finishReason: { unified, raw },
    usage: {
      inputTokens: { total: line.prompt_eval_count, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: line.eval_count, text: undefined, reasoning: undefined },
    },
  };
}
