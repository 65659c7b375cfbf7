import type { SandboxFile } from "../../core/contract/index.ts";
import { cutText, isBase64, pictureType } from "../../core/kit/index.ts";
import type { ChunkFrame } from "./chunks.ts";

/** What a client said, once it is complete. */
export type ClientMessage =
  | { readonly kind: "message"; readonly text: string; readonly files: readonly SandboxFile[] }
  | { readonly kind: "command"; readonly command: string };

export type InboxResult =
  | ClientMessage
  /** A message begins. */
  | { readonly kind: "start" }
  /** More is to come, or the frame means nothing. */
  | { readonly kind: "nothing" }
  | { readonly kind: "fault"; readonly reason: string };

/** What may come beside words: as a path in the workspace, or as base64. */
const attached = new Set(["image", "file", "audio"]);
const shown = (text: string) => JSON.stringify(cutText(text, 40));
const nothing: InboxResult = { kind: "nothing" };
/** Bytes of one message with its files. */
const limit = 32 * 1024 * 1024;

/** Puts a client's message together from its start, its parts and its end. */
export class Inbox {
  #open:
    | { readonly command: boolean; texts: string[]; lastType: string; files: SandboxFile[]; size: number }
    | undefined;

  receive(frame: ChunkFrame): InboxResult {
    if (frame["role"] !== "user") return nothing;
    const { content } = frame;
    const type = frame["type"] ?? "message";
    const format = frame["format"] ?? "";
    // Neither is turned into a text, which a client can make throw.
    if (typeof type !== "string" || typeof format !== "string")
      return { kind: "fault", reason: "type and format are texts" };
    if (frame["start"] === true) {
      this.#open = { command: type === "command", texts: [], lastType: "", files: [], size: 0 };
      const started: InboxResult = this.#open.command ? nothing : { kind: "start" };
      if (content === undefined) return started;
      const fault = this.#part(type, frame);
      return fault ?? started;
    }
    if (content !== undefined) {
      const fault = this.#part(type, frame);
      if (fault !== undefined) return fault;
    }
    return frame["end"] === true ? this.#end() : nothing;
  }

  #part(type: string, frame: ChunkFrame): InboxResult | undefined {
    const open = this.#open;
    if (open === undefined) return { kind: "fault", reason: "content came without a start" };
    const { content, format } = frame;
    if (typeof content !== "string") return { kind: "fault", reason: "content is not a text" };
    open.size += content.length;
    if (open.size > limit) {
      return this.#refuse(`a message is larger than ${limit} bytes`);
    }
    if (type === "message" || type === "command") {
      if (open.lastType === type) open.texts.push((open.texts.pop() ?? "") + content);
      else open.texts.push(content);
    } else if (!attached.has(type)) {
      return this.#refuse(`content of the type ${shown(type)} is not supported`);
    } else if (format === "path") {
      // The client's paths mean nothing here but in the workspace: nothing of the host is read.
      open.texts.push(`The ${type} is at ${content} in the workspace.`);
    } else {
      const fault = this.#file(type, typeof format === "string" ? format : "", content);
      if (fault !== undefined) return this.#refuse(fault);
    }
    open.lastType = type;
    return undefined;
  }

  /** Without one of its parts a message is another one: nothing of it is answered. */
  #refuse(reason: string): InboxResult {
    this.#open = undefined;
    return { kind: "fault", reason };
  }

  /** Takes a file that came as base64; why it is none. */
  #file(type: string, format: string, content: string): string | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    const bytes = isBase64(content) ? Buffer.from(content, "base64") : Buffer.alloc(0);
    if (bytes.byteLength === 0) return `the ${type} of the format ${shown(format)} is not base64`;
    if (type === "image" && pictureType(bytes) === undefined) return "the image is no PNG, JPEG, GIF or WebP";
    const path = `${type}-${open.files.length + 1}.${format.split(".").at(-1) || "bin"}`.replaceAll(/[^\w.-]/g, "_");
    open.files.push({ path, content: bytes });
    open.texts.push(`The ${type} is at ${path} in the workspace.`);
    return undefined;
  }

  #end(): InboxResult {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return { kind: "fault", reason: "an end came without a start" };
    const text = open.texts.join("\n");
    if (open.command) return { kind: "command", command: text };
    return text === "" ? nothing : { kind: "message", text, files: open.files };
  }
}
