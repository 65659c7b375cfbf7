import {
  type AnswerFormat,
  type BuildRequest,
  joinURL,
  objectOf,
  objectsOf,
  type StreamCall,
} from "../../core/kit/index.ts";
import type { OllamaConfig } from "./config.ts";

/** Requests of Ollama's own chat interface, which says more than the one that copies OpenAI's. */
export function chatRequests(config: OllamaConfig): BuildRequest {
  return async (call) => ({
    url: joinURL(config.baseURL, "/api/chat"),
    headers: { "content-type": "application/json", ...headersOf(config) },
    body: JSON.stringify(bodyOf(config, call)),
  });
}

export function headersOf(config: OllamaConfig): Record<string, string> {
  return { ...(config.apiKey ? { authorization: `Bearer ${config.apiKey}` } : {}), ...config.headers };
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

/** Lines of `/api/chat`, as in docs/api.md of Ollama; the last one says `done`. */
export const chatLines: AnswerFormat = () => {
  let calls = 0;
  return (line, sink) => {
    const message = objectOf(line["message"]);
    sink.reasoning(message["thinking"]);
    sink.text(message["content"]);
    for (const call of objectsOf(message["tool_calls"])) {
      const called = objectOf(call["function"]);
      sink.call(calls, { name: called["name"], arguments: called["arguments"] });
      calls += 1;
    }
    if (line["done"] !== true) return;
    sink.usage(line["prompt_eval_count"], line["eval_count"]);
    sink.finish(line["done_reason"] || "stop");
    sink.over();
  };
};
