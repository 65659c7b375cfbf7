import { type HistoryMessage, type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import { cutText, parseJsonObject } from "../../core/kit/index.ts";
import { checkParameters, RefusedParameter } from "./parameters.ts";

/** What of a request matters here; the rest, such as sampling, is the flow's own affair. */
export interface CompletionRequest {
  readonly model: string;
  readonly text: string;
  /** Pictures of the last message. */
  readonly files: readonly SandboxFile[];
  readonly history: readonly HistoryMessage[];
  /** Pictures of any message that are still to be fetched. */
  readonly wanted: readonly WantedPicture[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** A picture that is still to be fetched; its place in the conversation is taken already. */
export interface WantedPicture {
  readonly url: string;
  /** Where it stands in the request. */
  readonly param: string;
  readonly file: { path: string; content: Uint8Array };
}

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for what is no request, or asks for what flows cannot do */
export function readRequest(body: Buffer): CompletionRequest {
  const request = parse(body);
  const { model, messages, stream, stream_options: options } = request;
  if (typeof model !== "string") throw refused("model is missing");
  if (!Array.isArray(messages) || messages.length === 0) throw refused("messages is missing or empty");
  checkParameters(request);
  const reading = new Reading();
  const history = messages.map((message, index) => reading.message(message, index));
  const last = history.pop();
  if (last?.role !== "user") throw refused("the last message must be the user's");
  return {
    model,
    text: last.text,
    files: last.files ?? [],
    history,
    wanted: reading.wanted,
    stream: stream === true,
    includeUsage: isObject(options) && options["include_usage"] === true,
  };
}

/** Reads the messages of one request, and numbers their pictures so that each has a file name of its own. */
class Reading {
  readonly wanted: WantedPicture[] = [];
  #pictures = 0;

  message(message: unknown, index: number): HistoryMessage {
    if (!isObject(message)) throw refused(`messages[${index}] is not an object`);
    const { role, content } = message;
    const { text, files } = this.#content(content, index);
    if (role === "assistant" && files.length === 0) return { role, text };
    // Models here take their instructions from the flow; a client's stand first in the conversation.
    if (role === "user" || role === "system" || role === "developer") {
      return { role: "user", text, ...(files.length > 0 ? { files } : {}) };
    }
    if (role === "assistant")
      throw refused(`messages[${index}] has pictures of the assistant's, which are not supported`);
    throw refused(`messages[${index}] has the role ${short(role)}, which is not supported`);
  }

  #content(content: unknown, index: number): { text: string; files: SandboxFile[] } {
    const files: SandboxFile[] = [];
    if (typeof content === "string") return { text: content, files };
    if (content === null || content === undefined) return { text: "", files };
    if (!Array.isArray(content)) throw refused(`messages[${index}].content is neither a text nor a list`);
    let text = "";
    for (const [at, part] of content.entries()) {
      if (isObject(part) && typeof part["text"] === "string") text += part["text"];
      else if (isObject(part) && part["type"] === "image_url") {
        files.push(this.#picture(part["image_url"], `messages[${index}].content[${at}].image_url`));
      } else throw refused(`messages[${index}] has content other than text and pictures, which is not supported`);
    }
    return { text, files };
  }

  #picture(value: unknown, param: string): SandboxFile {
    const url = isObject(value) && typeof value["url"] === "string" ? value["url"] : "";
    this.#pictures += 1;
    const path = `image-${this.#pictures}`;
    const [beginning = "", type = ""] = /^data:image\/(png|jpe?g|gif|webp);base64,/i.exec(url) ?? [];
    if (type !== "") {
      return { path: `${path}.${type.toLowerCase()}`, content: Buffer.from(url.slice(beginning.length), "base64") };
    }
    if (!/^https?:/i.test(url)) {
      const message = `${param} is neither a data: URL of a PNG, JPEG, GIF or WebP in base64, nor an address`;
      throw new RefusedParameter(param, message, "Send the picture as a data: URL.");
    }
    const file = { path, content: Buffer.alloc(0) };
    this.wanted.push({ url, param, file });
    return file;
  }
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
