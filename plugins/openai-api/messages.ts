import type { HistoryMessage, SandboxFile } from "../../core/contract/index.ts";
import { cutText, isJsonObject, pictureType } from "../../core/kit/index.ts";
import { RefusedParameter } from "./parameters.ts";

/** A picture that is still to be fetched; its place in the conversation is taken already. */
export interface WantedPicture {
  readonly url: string;
  /** Where it stands in the request. */
  readonly param: string;
  readonly file: { path: string; content: Uint8Array };
}

/** What an assistant's message may hold besides words, and nothing here makes anything of. */
const notKept = ["tool_calls", "function_call", "audio"];
const texts = ["text", "input_text", "output_text"];
const dataUrl = /^data:image\/[\w.+-]+(?:;[\w=.+-]+)*;base64,/i;

/** Reads the messages of one request, and numbers their pictures so that each has a file name of its own. */
export class Messages {
  readonly wanted: WantedPicture[] = [];
  #pictures = 0;

  /** @throws RefusedParameter for what is no message, or holds what a conversation here cannot */
  read(message: unknown, param: string): HistoryMessage {
    if (!isJsonObject(message)) throw refused(param, "is not an object");
    const { role, content } = message;
    if (role !== "assistant" && role !== "user" && role !== "system" && role !== "developer") {
      throw refused(`${param}.role`, `${short(role)} is not supported`);
    }
    for (const name of notKept) if (!isNothing(message[name])) throw refused(`${param}.${name}`, "is not supported");
    const { text, files } = this.#content(content ?? message["refusal"], `${param}.content`);
    if (role === "assistant") {
      if (files.length > 0)
        throw refused(`${param}.content`, "has pictures of the assistant's, which is not supported");
      return { role, text };
    }
    // Models here take their instructions from the flow; a client's stand first in the conversation.
    return { role: "user", text, ...(files.length > 0 ? { files } : {}) };
  }

  #content(content: unknown, param: string): { text: string; files: SandboxFile[] } {
    const files: SandboxFile[] = [];
    if (typeof content === "string") return { text: content, files };
    if (content === null || content === undefined) return { text: "", files };
    if (!Array.isArray(content)) throw refused(param, "is neither a text nor a list");
    let text = "";
    for (const [index, part] of content.entries()) {
      const { type, ...fields } = isJsonObject(part) ? part : {};
      const said = type === "refusal" ? fields["refusal"] : fields["text"];
      if (type === "image_url") files.push(this.#picture(fields["image_url"], `${param}[${index}].image_url`));
      else if (typeof said === "string" && (texts.includes(String(type ?? "text")) || type === "refusal")) text += said;
      else throw refused(`${param}[${index}]`, "is neither a text nor a picture, and nothing else is supported");
    }
    return { text, files };
  }

  #picture(value: unknown, param: string): SandboxFile {
    const url = isJsonObject(value) && typeof value["url"] === "string" ? value["url"] : "";
    this.#pictures += 1;
    const path = `image-${this.#pictures}`;
    if (/^https?:/i.test(url)) {
      const file = { path, content: Buffer.alloc(0) };
      this.wanted.push({ url, param, file });
      return file;
    }
    const [beginning] = dataUrl.exec(url) ?? [];
    const content = Buffer.from(beginning === undefined ? "" : url.slice(beginning.length), "base64");
    const type = pictureType(content);
    if (type !== undefined) return { path: `${path}.${type.slice("image/".length)}`, content };
    const message = "is neither a data: URL of a PNG, JPEG, GIF or WebP in base64, nor an address";
    throw refused(param, message, "Send the picture as a data: URL.");
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function refused(param: string, what: string, cure = "Leave it away."): RefusedParameter {
  return new RefusedParameter(param, `${param} ${what}`, cure);
}

/** Never shows more of what a client sent than fits a line: it may be deep, or long. */
function short(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(cutText(value, 40)) : `of type ${typeof value}`;
}
