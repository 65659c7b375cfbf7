import { type HistoryMessage, type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import { cutText, parseJsonObject } from "../../core/kit/index.ts";
import { checkParameters } from "./parameters.ts";

/** What of a request matters here; the rest, such as sampling, is the flow's own affair. */
export interface CompletionRequest {
  readonly model: string;
  readonly text: string;
  /** Pictures of the last message. */
  readonly files: readonly SandboxFile[];
  readonly history: readonly HistoryMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for what is no request, or asks for what flows cannot do */
export function readRequest(body: Buffer): CompletionRequest {
  const request = parse(body);
  const { model, messages, stream, stream_options: options } = request;
  if (typeof model !== "string") throw refused("model is missing");
  if (!Array.isArray(messages) || messages.length === 0) throw refused("messages is missing or empty");
  checkParameters(request);
  let pictures = 0;
  const history = messages.map((message, index) => readMessage(message, index, () => ++pictures));
  const last = history.pop();
  if (last?.role !== "user") throw refused("the last message must be the user's");
  return {
    model,
    text: last.text,
    files: last.files ?? [],
    history,
    stream: stream === true,
    includeUsage: isObject(options) && options["include_usage"] === true,
  };
}

/** `next` numbers the conversation's pictures, so that each has a file name of its own. */
function readMessage(message: unknown, index: number, next: () => number): HistoryMessage {
  if (!isObject(message)) throw refused(`messages[${index}] is not an object`);
  const { role, content } = message;
  const { text, files } = readContent(content, index, next);
  if (role === "assistant" && files.length === 0) return { role, text };
  // Models here take their instructions from the flow; a client's stand first in the conversation.
  if (role === "user" || role === "system" || role === "developer") {
    return { role: "user", text, ...(files.length > 0 ? { files } : {}) };
  }
  if (role === "assistant")
    throw refused(`messages[${index}] has pictures of the assistant's, which are not supported`);
  throw refused(`messages[${index}] has the role ${short(role)}, which is not supported`);
}

function readContent(content: unknown, index: number, next: () => number): { text: string; files: SandboxFile[] } {
  const files: SandboxFile[] = [];
  if (typeof content === "string") return { text: content, files };
  if (content === null || content === undefined) return { text: "", files };
  if (!Array.isArray(content)) throw refused(`messages[${index}].content is neither a text nor a list`);
  let text = "";
  for (const part of content) {
    if (isObject(part) && typeof part["text"] === "string") text += part["text"];
    else if (isObject(part) && part["type"] === "image_url") files.push(readPicture(part["image_url"], index, next));
    else throw refused(`messages[${index}] has content other than text and pictures, which is not supported`);
  }
  return { text, files };
}

function readPicture(value: unknown, index: number, next: () => number): SandboxFile {
  const url = isObject(value) && typeof value["url"] === "string" ? value["url"] : "";
  const [beginning = "", type] = /^data:image\/(png|jpe?g|gif|webp);base64,/.exec(url) ?? [];
  if (type === undefined) {
    // Fetching an address for whoever asks would let them reach what only this machine can.
    throw refused(`messages[${index}] has a picture that is no data: URL of a PNG, JPEG, GIF or WebP in base64`);
  }
  return { path: `image-${next()}.${type}`, content: Buffer.from(url.slice(beginning.length), "base64") };
}

function parse(body: Buffer): Json {
  try {
    return parseJsonObject(body);
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

/** Of what a client sent, never more than fits a line: it may be deep, or long. */
function short(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(cutText(value, 40)) : `of type ${typeof value}`;
}
