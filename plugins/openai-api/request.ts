import { type HistoryMessage, SluiceError } from "../../core/index.ts";

/** What of a request matters here; the rest, such as sampling, is the flow's own affair. */
export interface CompletionRequest {
  readonly model: string;
  readonly text: string;
  readonly history: readonly HistoryMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for what is no request, or asks for what flows cannot do */
export function readRequest(body: Buffer): CompletionRequest {
  const request = parse(body);
  const { model, messages, stream, stream_options: options, n, tools } = request;
  if (typeof model !== "string") throw refused("model is missing");
  if (!Array.isArray(messages) || messages.length === 0) throw refused("messages is missing or empty");
  if (n !== undefined && n !== null && n !== 1) throw refused("n other than 1 is not supported");
  if (Array.isArray(tools) && tools.length > 0) {
    throw refused("tools are not supported: a flow runs its code by itself");
  }
  const history = messages.map((message, index) => readMessage(message, index));
  const last = history.pop();
  if (last?.role !== "user") throw refused("the last message must be the user's");
  return {
    model,
    text: last.text,
    history,
    stream: stream === true,
    includeUsage: isObject(options) && options["include_usage"] === true,
  };
}

function readMessage(message: unknown, index: number): HistoryMessage {
  if (!isObject(message)) throw refused(`messages[${index}] is not an object`);
  const { role, content } = message;
  const text = textOf(content, index);
  if (role === "assistant") return { role, text };
  // Models here take their instructions from the flow; a client's stand first in the conversation.
  if (role === "user" || role === "system" || role === "developer") return { role: "user", text };
  throw refused(`messages[${index}] has the role ${JSON.stringify(role)}, which is not supported`);
}

function textOf(content: unknown, index: number): string {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) throw refused(`messages[${index}].content is neither a text nor a list`);
  return content
    .map((part) => {
      if (isObject(part) && typeof part["text"] === "string") return part["text"];
      throw refused(`messages[${index}] has content other than text, which is not supported`);
    })
    .join("");
}

function parse(body: Buffer): Json {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw refused("the body is not a JSON object");
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(message: string): SluiceError {
  return new SluiceError("SLUICE_WIRE_PROTOCOL", message, { cure: "Send a chat completion request." });
}
